//! Amazon ECS and Fargate on machines you own: one executable for the control plane, a node and the operator.

mod cli;
mod commands;
mod confinement;
mod files;
mod installation;
mod keys;
mod log_expiry;
mod logging;
mod mounts;
mod server;
mod supervisor;

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            logging::failure(&error);
            std::process::ExitCode::FAILURE
        }
    }
}
