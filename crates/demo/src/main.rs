//! What Berth's demo, tests and benchmarks run in containers: a program that needs nothing but the kernel, and packs itself into an image.
//!
//! Never here: anything of Berth. It is a user's program.

mod burn;
mod cli;
mod count;
mod dare;
mod datagram;
mod eat;
mod fetch;
mod files;
mod flood;
mod look;
mod orphan;
mod pack;
mod serve;
mod shell;
mod terminal;
mod wait;

use std::process::ExitCode;

use clap::Parser as _;

#[expect(clippy::print_stderr, reason = "a program that says why it failed")]
fn main() -> ExitCode {
    match cli::Cli::parse_from(shell::arguments(std::env::args_os())).command.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("berth-demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
