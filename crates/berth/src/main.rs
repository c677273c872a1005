//! Amazon ECS and Fargate on machines you own: one executable for the control plane, a node and the operator.

mod addresses;
mod cli;
mod commands;
mod confinement;
mod connection;
mod doctor;
mod fargate;
mod files;
mod installation;
mod interrupts;
mod keys;
mod launches;
mod listing;
mod lock;
mod log_expiry;
mod logging;
mod mounts;
mod network;
mod node;
mod node_file;
mod oci_runtime;
mod own_ids;
mod preflight;
mod readiness;
mod remains;
mod server;
mod services;
mod supervisor;
mod tail;
mod tasks;
mod terminal;
mod usage;
mod validate;

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) if error.is::<terminal::ReaderGone>() => std::process::ExitCode::SUCCESS,
        Err(error) => {
            logging::failure(&error);
            std::process::ExitCode::FAILURE
        }
    }
}
