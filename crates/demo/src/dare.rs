//! What this process may not do, tried.

use std::fs;
use std::io::{self, Write as _};
use std::net::TcpListener;

use anyhow::{Context as _, Result};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use rustix::mount::{MountFlags, mount};
use rustix::net::{AddressFamily, SocketType, ipproto, socket};
use rustix::system::init_module;
use serde_json::json;

/// Tries it, and prints how each attempt went, and what tells of the ids and processes around, as one JSON object.
pub(crate) fn run() -> Result<()> {
    let map = |name: &str| -> Result<Vec<String>> {
        let text = fs::read_to_string(format!("/proc/self/{name}")).with_context(|| format!("reading {name}"))?;
        Ok(text.split_whitespace().map(str::to_owned).collect())
    };
    let processes = fs::read_dir("/proc").context("listing processes")?;
    let processes = processes.flatten().filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok()).count();
    // Of /dev/kvm, which is nobody's but the host's.
    let device = makedev(10, 232);
    let tried = json!({
        "mount": outcome(mount("tmpfs", "/proc", "tmpfs", MountFlags::empty(), None)),
        "device": outcome(mknodat(CWD, "/device", FileType::CharacterDevice, Mode::RUSR, device)),
        "module": outcome(init_module(&[], c"")),
        "sysctl": outcome(fs::write("/proc/sys/kernel/panic", "1")),
        "shadow": outcome(fs::read("/proc/1/root/../etc/shadow").map(drop)),
        "raw socket": outcome(socket(AddressFamily::INET, SocketType::RAW, Some(ipproto::ICMP)).map(drop)),
        "port 80": outcome(TcpListener::bind("0.0.0.0:80").map(drop)),
    });
    let seen = json!({ "tried": tried, "uids": map("uid_map")?, "gids": map("gid_map")?, "processes": processes });
    writeln!(io::stdout(), "{seen}").context("printing it")
}

fn outcome<E: Into<io::Error>>(result: Result<(), E>) -> String {
    result.map_or_else(|error| error.into().kind().to_string(), |()| "ok".to_owned())
}
