//! What the kernel has: read from `/proc` and `/sys` into [`Facts`], and judged without asking anything more.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::Finding;

/// Id-mapped mounts, read-only bind mounts of the shim's program.
const MOUNTS_SINCE: (u32, u32) = (5, 12);
/// Controllers without which limits of tasks do not hold.
const NEEDED: [&str; 3] = ["cpu", "memory", "pids"];
/// Where the program is that makes disks of tasks' own.
const MAKES_DISKS: [&str; 2] = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"];
/// Open files of the agent: some for each container.
const FILES: u64 = 16_384;

/// What is known of a kernel and of what this process may do.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) is_root: bool,
    /// Such as `6.1.0-18-amd64`.
    pub(super) release: String,
    /// Cgroup controllers that can be used, of either version.
    pub(super) controllers: BTreeSet<String>,
    /// Whether there is only version 2.
    pub(super) is_unified: bool,
    pub(super) has_overlay: bool,
    pub(super) has_seccomp: bool,
    pub(super) has_nftables: bool,
    /// Whether file systems in files can be mounted, and made.
    pub(super) has_disks: bool,
    /// How many user namespaces a user may make.
    pub(super) user_namespaces: u64,
    /// Files that this process may have open, at most.
    pub(super) files: u64,
}

impl Facts {
    pub(super) fn read() -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let unified = text("/sys/fs/cgroup/cgroup.controllers");
        let filesystems = text("/proc/filesystems");
        Self {
            is_root: crate::confinement::is_root(),
            release: rustix::system::uname().release().to_string_lossy().into_owned(),
            controllers: controllers(&text("/proc/self/mountinfo"), &unified),
            is_unified: !unified.is_empty(),
            has_overlay: filesystems.lines().any(|line| line.split_whitespace().next_back() == Some("overlay")),
            has_seccomp: Path::new("/proc/sys/kernel/seccomp/actions_avail").exists(),
            has_nftables: has_nftables(),
            has_disks: Path::new("/dev/loop-control").exists() && MAKES_DISKS.iter().any(|path| Path::new(path).exists()),
            user_namespaces: text("/proc/sys/user/max_user_namespaces").trim().parse().unwrap_or_default(),
            files: rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap_or(u64::MAX),
        }
    }
}

/// Whether the kernel lets nftables be spoken to, loading the module if it is one.
fn has_nftables() -> bool {
    use rustix::net::{AddressFamily, SocketType, netlink, socket};
    socket(AddressFamily::NETLINK, SocketType::RAW, Some(netlink::NETFILTER)).is_ok()
}

/// Of mounted hierarchies of version 1, and of version 2.
pub(super) fn controllers(mounts: &str, unified: &str) -> BTreeSet<String> {
    let of_mount = |line: &str| {
        let (_, rest) = line.split_once(" - ")?;
        let mut words = rest.split(' ');
        if words.next() != Some("cgroup") {
            return None;
        }
        words.nth(1).map(|options| options.split(',').map(str::to_owned).collect::<Vec<_>>())
    };
    let first = mounts.lines().filter_map(of_mount).flatten();
    first.chain(unified.split_whitespace().map(str::to_owned)).collect()
}

/// What there is to say.
pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    vec![
        root(facts),
        kernel(facts),
        cgroups(facts),
        overlay(facts),
        seccomp(facts),
        nftables(facts),
        disks(facts),
        user_namespaces(facts),
        files(facts),
    ]
}

fn root(facts: &Facts) -> Finding {
    if facts.is_root {
        return Finding::good("user", "root");
    }
    Finding::lacking(
        "user",
        "not root",
        "containers are made by root: use sudo, or run `berth up --no-agent` for a control plane alone",
    )
}

fn kernel(facts: &Facts) -> Finding {
    let mut numbers = facts.release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    if version >= MOUNTS_SINCE {
        return Finding::good("kernel", &facts.release);
    }
    let (major, minor) = MOUNTS_SINCE;
    Finding::limited("kernel", &facts.release, format!("Fargate tasks need {major}.{minor} or newer, for id-mapped mounts"))
}

fn cgroups(facts: &Facts) -> Finding {
    let missing: Vec<&str> = NEEDED.into_iter().filter(|name| !facts.controllers.contains(*name)).collect();
    let version = if facts.is_unified { "version 2" } else { "version 1" };
    if missing.is_empty() {
        return Finding::good("cgroups", version);
    }
    let found = format!("{version} without {}", missing.join(", "));
    let advice =
        "mount the controllers, or turn them on at boot (cgroup_enable=memory on some boards): limits of tasks need them";
    Finding::lacking("cgroups", found, advice)
}

fn overlay(facts: &Facts) -> Finding {
    if facts.has_overlay {
        return Finding::good("overlayfs", "there");
    }
    Finding::lacking(
        "overlayfs",
        "the kernel does not list it",
        "load it with `modprobe overlay`: containers share their images by it",
    )
}

fn seccomp(facts: &Facts) -> Finding {
    if facts.has_seccomp {
        return Finding::good("seccomp", "there");
    }
    Finding::lacking("seccomp", "not in this kernel", "use a kernel with CONFIG_SECCOMP_FILTER: containers are confined by it")
}

fn nftables(facts: &Facts) -> Finding {
    if facts.has_nftables {
        return Finding::good("nftables", "there");
    }
    let advice = "load it with `modprobe nf_tables`: networks of tasks need it, tasks of network mode host do not";
    Finding::limited("nftables", "the kernel does not answer", advice)
}

fn disks(facts: &Facts) -> Finding {
    if facts.has_disks {
        return Finding::good("task disks", "there");
    }
    let advice = "tasks with ephemeralStorage need them: `modprobe loop`, and install e2fsprogs";
    Finding::limited("task disks", "no loop devices, or no mkfs.ext4", advice)
}

fn user_namespaces(facts: &Facts) -> Finding {
    if facts.user_namespaces > 0 {
        return Finding::good("user namespaces", "there");
    }
    let advice = "Fargate tasks need them: sysctl -w user.max_user_namespaces=15000";
    Finding::limited("user namespaces", "none may be made", advice)
}

fn files(facts: &Facts) -> Finding {
    if facts.files >= FILES {
        return Finding::good("open files", format!("{} at most", facts.files));
    }
    let advice = format!("raise it to {FILES} or more (`ulimit -Hn`, or LimitNOFILE= of the unit): each container needs some");
    Finding::limited("open files", format!("{} at most", facts.files), advice)
}
