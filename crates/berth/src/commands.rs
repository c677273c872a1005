//! The commands of the command line.

pub(crate) mod agent;
pub(crate) mod cluster;
pub(crate) mod completions;
pub(crate) mod deploy;
pub(crate) mod diagnose;
pub(crate) mod doctor;
pub(crate) mod down;
pub(crate) mod env;
pub(crate) mod events;
pub(crate) mod image;
pub(crate) mod inspect;
pub(crate) mod logs;
pub(crate) mod manual;
pub(crate) mod node;
pub(crate) mod ps;
pub(crate) mod run;
pub(crate) mod scale;
pub(crate) mod server;
pub(crate) mod services;
pub(crate) mod stats;
pub(crate) mod stop;
pub(crate) mod task_definition;
pub(crate) mod top;
pub(crate) mod trace;
pub(crate) mod up;
pub(crate) mod validate;
pub(crate) mod version;
pub(crate) mod volume;
pub(crate) mod why;

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::cli::{Cli, Command};

/// Runs one command to its end; answers what to exit with.
pub(crate) fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Up(arguments) => up::run(&arguments)?,
        Command::Down(arguments) => wait(down::run(&arguments))?,
        Command::Ps(arguments) => wait(ps::run(&arguments))?,
        Command::Inspect(arguments) => wait(inspect::run(&arguments))?,
        Command::Services(arguments) => wait(services::run(&arguments))?,
        Command::Why(arguments) => wait(why::run(&arguments))?,
        Command::Deploy(arguments) => return wait(deploy::run(&arguments)),
        Command::Scale(arguments) => return wait(scale::run(&arguments)),
        Command::Stats(arguments) => wait(stats::run(&arguments))?,
        Command::Top(arguments) => return wait(top::run(&arguments)),
        Command::Events(arguments) => wait(events::run(&arguments))?,
        Command::Cluster(arguments) => wait(cluster::run(&arguments))?,
        Command::Node(arguments) => wait(node::run(&arguments))?,
        Command::TaskDefinition(arguments) => wait(task_definition::run(&arguments))?,
        Command::Doctor(arguments) => return wait(doctor::run(&arguments)),
        Command::Diagnose(arguments) => wait(diagnose::run(&arguments))?,
        Command::Manual(arguments) => manual::run(&arguments)?,
        Command::Run(arguments) => return wait(run::run(&arguments)),
        Command::Logs(arguments) => wait(logs::run(&arguments))?,
        Command::Stop(arguments) => wait(stop::run(&arguments))?,
        Command::Trace(arguments) => trace::run(&arguments)?,
        Command::Image(arguments) => wait(image::run(&arguments))?,
        Command::Volume(arguments) => wait(volume::run(&arguments))?,
        Command::Validate(arguments) => return validate::run(&arguments),
        Command::Env(arguments) => env::run(&arguments)?,
        Command::Server(arguments) => server::run(&arguments)?,
        Command::Agent(arguments) => agent::run(&arguments)?,
        Command::Completions(arguments) => completions::run(&arguments)?,
        Command::Version(arguments) => version::run(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs what waits for others, on this thread.
fn wait<T>(command: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let outcome = runtime.block_on(command);
    // A thread may still wait for standard input.
    runtime.shutdown_background();
    outcome
}
