//! The kernel work of a container, by hand: what no launch can be faster than here. `floor FOLDER PROGRAM` prints milliseconds from nothing to
//! the program's first instruction: cgroups, namespaces, an overlay, its own root, exec.

#![allow(unsafe_code, clippy::print_stdout, reason = "a measurement of system calls")]

use std::error::Error;
use std::ffi::CString;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{WaitOptions, chdir, getpid, pivot_root, waitpid};

const HIERARCHIES: [&str; 4] = ["memory", "cpu", "pids", "devices"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(folder), Some(program)) = (arguments.next(), arguments.next()) else { return Err("floor FOLDER PROGRAM".into()) };
    for name in ["lower", "upper", "work", "root"] {
        fs::create_dir_all(folder.join(name))?;
    }
    for name in ["proc", "dev", "old"] {
        fs::create_dir_all(folder.join("lower").join(name))?;
    }
    fs::copy(&program, folder.join("lower/program"))?;
    let cgroups: Vec<PathBuf> = HIERARCHIES
        .iter()
        .map(|name| Path::new("/sys/fs/cgroup").join(name))
        .chain([PathBuf::from("/sys/fs/cgroup")])
        .filter(|path| path.join("cgroup.procs").exists())
        .map(|path| path.join(format!("floor-{}", getpid().as_raw_nonzero())))
        .collect();
    let took = launch(&folder, &cgroups);
    for cgroup in &cgroups {
        fs::remove_dir(cgroup)?;
    }
    fs::remove_dir_all(&folder)?;
    println!("{:.3}", took?);
    Ok(())
}

/// Milliseconds.
fn launch(folder: &Path, cgroups: &[PathBuf]) -> Result<f64, Box<dyn Error>> {
    let (mut begun, begins) = pipe_with(PipeFlags::CLOEXEC).map(|(from, to)| (File::from(from), to))?;
    let (held, holds) = pipe_with(PipeFlags::CLOEXEC).map(|(from, to)| (File::from(from), to))?;
    let began = Instant::now();
    for cgroup in cgroups {
        fs::create_dir(cgroup)?;
    }
    let flags = libc::CLONE_NEWPID | libc::CLONE_NEWNS | libc::CLONE_NEWUTS | libc::CLONE_NEWIPC | libc::CLONE_NEWCGROUP;
    // SAFETY: this process has one thread; without a stack the child goes on with a copy of this one, as after fork.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags | libc::SIGCHLD, 0, 0, 0, 0) };
    if child == 0 {
        drop(holds);
        // The parent puts this process into its cgroups first.
        let mut held = held;
        let _ = held.read(&mut [0]);
        let _ = become_program(folder);
        // SAFETY: ends the child without running what the parent registered for its own end.
        unsafe { libc::_exit(127) }
    }
    let pid = i32::try_from(child)?;
    for cgroup in cgroups {
        fs::write(cgroup.join("cgroup.procs"), pid.to_string())?;
    }
    drop((holds, begins));
    // The pipe's end is closed by exec, and by nothing else.
    begun.read_to_end(&mut Vec::new())?;
    let took = began.elapsed().as_secs_f64() * 1000.0;
    let pid = rustix::process::Pid::from_raw(pid).ok_or("no child")?;
    let status = waitpid(Some(pid), WaitOptions::empty())?;
    match status.and_then(|(_, status)| status.exit_status()) {
        Some(0) => Ok(took),
        other => Err(format!("the program ended with {other:?}").into()),
    }
}

fn become_program(folder: &Path) -> Result<(), Box<dyn Error>> {
    mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)?;
    let of = |name: &str| folder.join(name);
    let options = format!("lowerdir={},upperdir={},workdir={}", of("lower").display(), of("upper").display(), of("work").display());
    mount("overlay", &of("root"), "overlay", MountFlags::empty(), CString::new(options)?.as_c_str())?;
    chdir(of("root"))?;
    pivot_root(".", "old")?;
    mount("proc", "/proc", "proc", MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC, None)?;
    mount("tmpfs", "/dev", "tmpfs", MountFlags::NOSUID, None)?;
    unmount("/old", UnmountFlags::DETACH)?;
    let program = CString::new("/program")?;
    let arguments = [program.as_ptr(), c"exit".as_ptr(), c"0".as_ptr(), std::ptr::null()];
    // SAFETY: both arrays end with a null pointer and outlive the call, which replaces this process.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), [std::ptr::null()].as_ptr()) };
    Err(std::io::Error::last_os_error().into())
}
