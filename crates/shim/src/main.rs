//! The process behind every container: `launcher`, which forks; a shim per container, which is the launcher's child; and `hold`,
//! what a shim becomes when its container runs; and `init`, the first process of containers that want one.
//!
//! - Only one thread, ever: everything here forks.
//! - A process that works on a container is not one that can be looked into from it: it is not dumpable until it is the container's.
//! - Nothing of a container's own files is trusted: paths are resolved with its root as root, and what is read is bounded.

mod bundle;
mod check_ids;
mod confinement;
mod devices;
mod exec;
mod executor;
mod failure;
mod groups;
mod hold;
mod identity;
mod init;
mod launcher;
mod oci;
mod profile;
mod program;
mod root;
mod running;
mod seccomp;
mod shared;
mod shim;
mod stage;
mod steps;
mod streams;
mod system;
mod user_namespace;
mod volume;
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let rest: Vec<_> = arguments.collect();
    match (mode.to_str(), rest.as_slice()) {
        (Some("launcher"), [cgroup, namespaces @ ..]) => launcher::run_read_only(cgroup, namespaces.first()),
        (Some(launcher::READ_ONLY), [cgroup, namespaces @ ..]) => launcher::run(cgroup, namespaces.first()),
        (Some("hold"), rest) => hold::run(rest),
        (Some(init::MODE), rest) => init::run(rest),
        (Some("check-ids"), [folder, first]) => check_ids::run(folder, first),
        (Some("version"), []) => {
            let version = format!("berth-shim {}\n", env!("CARGO_PKG_VERSION"));
            exit(rustix::io::write(rustix::stdio::stdout(), version.as_bytes()).is_ok())
        }
        _ => {
            let usage =
                b"berth-shim is started by berth, not by hand: launcher CGROUP [NAMESPACES], hold ..., init ..., check-ids FOLDER FIRST, version\n";
            let _ = rustix::io::write(rustix::stdio::stderr(), usage);
            ExitCode::from(2)
        }
    }
}

fn exit(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
