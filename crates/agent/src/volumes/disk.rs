//! Disks of tasks' own: file systems of a size, each in a file that takes as much of the machine as is in it.
//!
//! The file has no name once it is mounted: it goes when nobody uses the mount any more, whatever becomes of this process.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the machine's own programs are, whatever this process was started with.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
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
    run(program("mkfs.ext4")?.args(format).arg(file))?;
    // What is removed in it is given back to the machine at once.
    run(program("mount")?.args(["-t", "ext4", "-o", "loop,nodev,noatime,discard"]).arg(file).arg(folder))
}

/// One of the machine's own programs. It has its path, so that it is started without a copy of this process (`posix_spawn`, which looks
/// programs up for nobody who changes the environment).
fn program(name: &str) -> io::Result<Command> {
    let missing = || format!("this machine has no {name}: install e2fsprogs and util-linux (`berth doctor`)");
    let path = FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
    let mut command = Command::new(path.ok_or_else(|| io::Error::other(missing()))?);
    command.env_clear().stdin(Stdio::null());
    Ok(command)
}

/// Runs a program to its end.
fn run(command: &mut Command) -> io::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let outcome = command.output()?;
    if outcome.status.success() {
        return Ok(());
    }
    let said: String = String::from_utf8_lossy(&outcome.stderr).trim().chars().take(LONGEST).collect();
    Err(io::Error::other(format!("{name} ended with {}: {said}", outcome.status)))
}
