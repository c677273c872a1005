//! The command line: what is common to its commands. Each command's own arguments stand beside what it does.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use ipnet::Ipv4Net;

use crate::commands::{
    agent, cluster, completions, deploy, diagnose, doctor, down, env, events, image, inspect, logs, manual, node, ps, run, scale,
    server, services, stats, stop, task_definition, top, trace, up, validate, version, volume, why,
};

/// Amazon ECS and Fargate on machines you own.
///
/// Speaks the AWS APIs: point the AWS CLI, an SDK or a deploy tool at it with AWS_ENDPOINT_URL.
#[derive(Debug, Parser)]
#[command(name = "berth", version, propagate_version = true, arg_required_else_help = true, max_term_width = 110)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
A first tour, as root:
  berth up                              start Berth on this machine; leave it running
  berth image import IMAGE.tar          take in what `docker save` wrote
  berth run IMAGE COMMAND...            run it as a task and see what it says
  eval \"$(berth env)\"; aws ecs ...      or use the AWS CLI

Ids may be shortened to what they begin with. --json prints for scripts, --watch goes on for people.

Exit codes:
  0    done
  1    failed: what failed, why, and what to do stands on standard error; `validate` and `doctor` found something
  2    the command line is wrong
  130  Ctrl-C
  `berth run` exits as its container does.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the whole system on this machine, with defaults for everything
    Up(up::Up),
    /// Stop all tasks, end the system, and remove what it made on this machine
    Down(down::Down),
    /// List tasks
    Ps(ps::Ps),
    /// Show all that is known of a task
    Inspect(inspect::Inspect),
    /// Run one container as a task, show what it prints, and exit as it does
    Run(Box<run::Run>),
    /// Show what a task's containers print
    Logs(logs::Logs),
    /// Show what tasks use: processor, memory, network, disks, processes
    Stats(stats::Stats),
    /// Show the cluster at work: nodes, services, tasks by what they use, and what happened last
    Top(top::Top),
    /// Show what happened to tasks and nodes
    Events(events::Events),
    /// Stop tasks
    Stop(stop::Stop),
    /// Show where the milliseconds of a task's launch went
    Trace(trace::Trace),
    /// List services, or show one with its deployments and events
    Services(services::Services),
    /// Say why a task or a service is as it is: what it waits for, and how what failed ended
    Why(why::Why),
    /// Give a service another image or task definition, and see how it goes
    Deploy(deploy::Deploy),
    /// Say how many tasks services are to have, and wait until they have them
    Scale(scale::Scale),
    /// Import, list and remove this machine's container images
    Image(image::Image),
    /// List and remove this machine's shared volumes
    Volume(volume::Volume),
    /// List, make and delete clusters
    Cluster(cluster::Cluster),
    /// List nodes, and take them out of use
    Node(node::Node),
    /// List, print and deregister task definitions
    TaskDefinition(task_definition::TaskDefinition),
    /// Print the lines that point AWS clients at this installation: eval "$(berth env)"
    Env(env::Env),
    /// Check a task definition without running anything: each finding with its line and field
    Validate(validate::Validate),
    /// Start the control plane alone, in the foreground
    Server(server::Server),
    /// Start a node alone: join a control plane and run its tasks on this machine
    Agent(agent::Agent),
    /// Say what this machine lacks to run tasks, and how to mend it
    Doctor(doctor::Doctor),
    /// Write a file for whoever helps: state, versions and findings, without secrets
    Diagnose(diagnose::Diagnose),
    /// Write the manual's pages into a folder
    #[command(hide = true)]
    Manual(manual::Manual),
    /// Print a script that completes berth's commands in a shell
    Completions(completions::Completions),
    /// Print the version
    Version(version::Version),
}

/// Where an installation keeps its data.
#[derive(Debug, Clone, Args)]
pub(crate) struct Data {
    /// The folder of the installation's data
    #[arg(long, env = "BERTH_DATA_DIR", default_value = "/var/lib/berth", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
}

/// A cluster of an installation.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    #[command(flatten)]
    pub(crate) data: Data,

    /// The cluster
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub(crate) cluster: String,
}

/// What a control plane is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Plane {
    #[command(flatten)]
    pub(crate) data: Data,

    /// The address to listen on; port 0 takes a free one, 0.0.0.0 lets other machines join
    #[arg(long, default_value = "127.0.0.1:7300", value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,

    /// The region that `berth env` names; clients may sign for any
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,

    /// The account of 12 digits that everything belongs to
    #[arg(long, default_value = "000000000000", value_name = "DIGITS")]
    pub(crate) account_id: String,

    /// The addresses of task networks, chosen at the first start and kept: a block of /16 to /24. 172.31.0.0/16 if nothing is said;
    /// `berth up` takes another one if this machine has a route to it
    #[arg(long, value_name = "BLOCK")]
    pub(crate) vpc_cidr: Option<Ipv4Net>,

    #[command(flatten)]
    pub(crate) log: Log,
}

/// What is logged, to standard error, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct Log {
    /// What to log: error, warn, info, debug or trace, also by part (info,berth_front=debug)
    #[arg(long, env = "BERTH_LOG", default_value = "info", value_name = "LEVEL")]
    pub(crate) log_level: String,

    /// How to log: text for people, json for machines
    #[arg(long, default_value = "text", value_name = "FORM")]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    /// As the command line has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// Whether a node takes tasks of launch type FARGATE.
#[derive(Debug, Clone, Args)]
pub(crate) struct Offer {
    /// Run tasks of launch type FARGATE here, of any cluster: yes, no, or only them; with `only` the machine is no instance of a cluster
    #[arg(long, default_value = "yes", value_name = "WHETHER")]
    pub(crate) fargate: Fargate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Fargate {
    Yes,
    No,
    Only,
}

impl Fargate {
    /// As the command line has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Only => "only",
        }
    }
}

/// The program that holds containers.
#[derive(Debug, Clone, Args)]
pub(crate) struct Shim {
    /// The berth-shim program; the one beside `berth` if nothing is said
    #[arg(long, env = "BERTH_SHIM", value_name = "FILE")]
    pub(crate) shim: Option<PathBuf>,
}

#[cfg(test)]
mod tests;
