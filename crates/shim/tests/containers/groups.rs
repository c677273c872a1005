//! The control groups of containers: that they are in theirs, see no others, and change none.

use std::fs;
use std::path::Path;

use berth_runtime::cgroup::Cgroups;
use berth_runtime::{Folder, Holder, Limits, Runtime};

use crate::node::{Node, process};

#[test]
fn a_container_is_in_a_group_of_its_own_everywhere_and_sees_it_as_the_root() {
    let node = Node::new();
    for (code, groups) in node.both(&node.spec("a", &["cat", "/proc/self/cgroup"])) {
        assert_eq!(code, 0);
        for line in groups.lines().filter(|line| !line.is_empty()) {
            assert!(line.ends_with(":/"), "{groups}");
        }
    }
    let folder = node.start(&node.spec("b", &["wait"]));
    let holder = Holder::last(&fs::read(Folder::new(&folder).holder()).unwrap()).unwrap().unwrap();
    let groups = |pid: i32| fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let own = format!(":{}/task/b", node.options.cgroup);
    let container = groups(holder.container.unwrap().pid);
    assert!(container.lines().all(|line| line.ends_with(&own)), "{container}");
    let shim = groups(holder.shim.pid);
    assert!(shim.lines().all(|line| !line.ends_with(&own)), "the shim is not the container's to pay: {shim}");
}

#[test]
fn what_a_container_sees_of_its_groups_cannot_be_written() {
    let node = Node::new();
    let limits = Limits { memory: Some(64 << 20), ..Limits::default() };
    let (file, limit) = if Cgroups::find().unwrap().is_unified() {
        ("/sys/fs/cgroup/memory.max", "67108864")
    } else {
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "67108864")
    };
    let mut spec = node.spec("a", &["cat", file]);
    spec.limits = limits.clone();
    for (_, text) in node.both(&spec) {
        assert_eq!(text.trim(), limit);
    }
    spec.process = process(&["create", file]);
    for (_, text) in node.both(&spec) {
        assert_eq!(text, "EROFS\n");
    }
    for folder in ["/sys/fs/cgroup/x", "/sys/fs/cgroup/memory/x"] {
        for (_, text) in node.both(&node.spec("b", &["create", folder])) {
            assert!(["EROFS\n", "ENOENT\n"].contains(&text.as_str()), "{folder}: {text}");
        }
    }
}

#[test]
fn limits_are_written_where_the_kernel_reads_them_and_go_with_the_container() {
    let node = Node::new();
    let mut spec = node.spec("a", &["wait"]);
    spec.limits = Limits {
        cpu_shares: Some(512),
        memory: Some(64 << 20),
        memory_reservation: Some(32 << 20),
        pids: Some(20),
        ..Limits::default()
    };
    let folder = node.start(&spec);
    let cgroups = Cgroups::find().unwrap();
    let path = format!("{}/task/a", node.options.cgroup);
    let read = |name: &str| {
        let found = cgroups.seen(&path).into_iter().map(|seen| seen.folder.join(name)).find(|file| file.exists());
        fs::read_to_string(found.unwrap_or_default()).unwrap_or_else(|error| panic!("{name}: {error}")).trim().to_owned()
    };
    let expected = if cgroups.is_unified() {
        [("cpu.weight", "20"), ("memory.max", "67108864"), ("memory.low", "33554432"), ("pids.max", "20")]
    } else {
        [
            ("cpu.shares", "512"),
            ("memory.limit_in_bytes", "67108864"),
            ("memory.soft_limit_in_bytes", "33554432"),
            ("pids.max", "20"),
        ]
    };
    for (name, value) in expected {
        assert_eq!(read(name), value, "{name}");
    }
    node.runtime.delete(&folder).unwrap();
    assert!(cgroups.seen(&path).iter().all(|seen| !seen.folder.exists()));
}

#[test]
fn the_hosts_groups_stay_mounted_whatever_becomes_of_containers() {
    let node = Node::new();
    let before = mounts();
    node.run(&node.spec("a", &["exit", "0"]));
    let mut spec = node.spec("b", &["wait"]);
    spec.process.cwd = "/bin/probe".to_owned();
    assert!(node.runtime.create(&node.container("b"), &spec).is_err());
    assert_eq!(mounts(), before);
}

fn mounts() -> Vec<String> {
    let mounts = fs::read_to_string(Path::new("/proc/self/mountinfo")).unwrap();
    mounts.lines().filter(|line| line.contains(" /sys/fs/cgroup")).map(str::to_owned).collect()
}
