//! Disks of tasks' own: file systems of a size, each in a file that takes as much of the machine as is in it.
//!
//! The file has no name once it is mounted: it goes when nobody uses the mount any more, whatever becomes of this process.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;

/// Where the machine's own programs are, whatever this process was started with.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
/// Characters of what a program said that are passed on.
const LONGEST: usize = 500;

/// Makes a file system of that many bytes and mounts it at a folder. `file` is where it can be until it is mounted.
pub(super) fn mount(file: &Path, bytes: u64, folder: &Path) -> io::Result<()> {
    let made = make(file, bytes, folder);
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => made.and(Err(error)),
        _ => made,
    }
}

fn make(file: &Path, bytes: u64, folder: &Path) -> io::Result<()> {
    File::options().write(true).create(true).truncate(true).mode(0o600).open(file)?.set_len(bytes)?;
    // No journal: the containers of a machine that loses its power are gone. Nothing is written that need not be.
    let format = ["-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard"];
    run(Command::new("mkfs.ext4").args(format).arg(file))?;
    // What is removed in it is given back to the machine at once.
    run(Command::new("mount").args(["-t", "ext4", "-o", "loop,nodev,noatime,discard"]).arg(file).arg(folder))
}

/// Runs a program to its end. It is started without a copy of this process (`posix_spawn`).
fn run(command: &mut Command) -> io::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let missing = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            io::Error::other(format!("this machine has no {name}: install e2fsprogs and util-linux (`berth doctor`)"))
        }
        _ => error,
    };
    let outcome = command.env_clear().env("PATH", PATH).output().map_err(missing)?;
    if outcome.status.success() {
        return Ok(());
    }
    let said: String = String::from_utf8_lossy(&outcome.stderr).trim().chars().take(LONGEST).collect();
    Err(io::Error::other(format!("{name} ended with {}: {said}", outcome.status)))
}
