//! Loads an AWS endpoint over many keep-alive connections, with requests signed beforehand so that the client leaves the cores
//! to the server, and says what came of it: rate, latency, processor time of both sides; or launches tasks from several clients and
//! waits for them. `bench/run.sh` drives it.
//!
//! Never here: what a request asks for. Bodies and target come from the caller, every answer must be a 200.

mod cli;
mod connection;
mod launch;
mod load;
mod process;
mod report;
mod request;
mod serve_static;
mod window;

use std::process::ExitCode;

use clap::Parser as _;

#[allow(clippy::print_stderr)] // A program that says why it failed.
fn main() -> ExitCode {
    let outcome = match cli::Cli::parse().command {
        cli::Command::Load(load) => load::run(&load),
        cli::Command::Launch(launch) => launch::run(&launch),
        cli::Command::ServeStatic(server) => serve_static::run(&server),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("loadgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}
