//! How fast the same kernel work can be at all: `floor FOLDER PROGRAM` makes cgroups, namespaces, an overlay of an empty layer with
//! PROGRAM in it, moves its root there and executes it, and prints the milliseconds until that has worked. As root.
#![allow(unsafe_code, clippy::print_stdout, clippy::unwrap_used, reason = "a program for measuring")]

use std::ffi::CString;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use berth_runtime::cgroup::Cgroups;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};
use rustix::process::{Pid, WaitOptions, chdir, pivot_root, waitpid};
use rustix::thread::{UnshareFlags, unshare_unsafe};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(&arguments[0]);
    let _ = fs::remove_dir_all(folder);
    for name in ["layer", "upper", "work", "root"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::copy(&arguments[1], folder.join("layer/program")).unwrap();
    let cgroups = Cgroups::find().unwrap();
    let group = format!("/berth/floor-{}", std::process::id());
    let (mut worked, writer) = std::io::pipe().unwrap();
    let began = Instant::now();
    // SAFETY: this program has one thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        contain(folder, &cgroups, &group);
    }
    drop(writer);
    // Closed by execve, as everything the standard library opens.
    worked.read_to_end(&mut Vec::new()).unwrap();
    println!("{:.3}", began.elapsed().as_secs_f64() * 1000.0);
    waitpid(Pid::from_raw(child), WaitOptions::empty()).unwrap();
    cgroups.kill(&group).unwrap();
    cgroups.remove(&group).unwrap();
    fs::remove_dir_all(folder).unwrap();
}

fn contain(folder: &Path, cgroups: &Cgroups, group: &str) -> ! {
    cgroups.enter(group).unwrap();
    let namespaces = UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP
        | UnshareFlags::NEWNET;
    // SAFETY: this program has one thread.
    unsafe { unshare_unsafe(namespaces) }.unwrap();
    // SAFETY: this program has one thread.
    let child = unsafe { libc::fork() };
    if child != 0 {
        waitpid(Pid::from_raw(child), WaitOptions::empty()).unwrap();
        std::process::exit(0);
    }
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let options = format!("lowerdir={},upperdir={},workdir={}", path("layer"), path("upper"), path("work"));
    let options = CString::new(options).unwrap();
    mount("overlay", path("root"), "overlay", MountFlags::empty(), Some(options.as_c_str())).unwrap();
    chdir(path("root")).unwrap();
    pivot_root(".", ".").unwrap();
    unmount(".", UnmountFlags::DETACH).unwrap();
    let arguments = [c"/program".as_ptr(), std::ptr::null()];
    // SAFETY: the strings are constants, and the lists end with a null pointer.
    unsafe { libc::execve(arguments[0], arguments.as_ptr(), arguments[1..].as_ptr()) };
    std::process::exit(1)
}
