use std::fs;
use std::path::Path;

use super::Cgroups;
use super::hierarchy::Legacy;
use crate::spec::Limits;

#[test]
fn hybrid_mounts_are_read_with_their_controllers() {
    let mounts = "30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n\
                  31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:1 - cgroup cgroup rw,cpu,cpuacct\n\
                  32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n\
                  33 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    let found = Cgroups::of(mounts);
    assert_eq!(found.folder("cpuacct", "/a/b").unwrap(), Path::new("/sys/fs/cgroup/cpu,cpuacct/a/b"));
    assert_eq!(found.folder("memory", "/a/b"), None);
    assert_eq!(found.folders("/a").count(), 3);
}

/// A folder that looks like version 2, as far as plain files can.
fn version_two(root: &Path) -> Cgroups {
    for folder in ["", "berth", "berth/x", "berth/x/task"] {
        fs::create_dir_all(root.join(folder)).unwrap();
        fs::write(root.join(folder).join("cgroup.controllers"), "cpuset cpu io memory hugetlb pids\n").unwrap();
    }
    Cgroups { legacy: Vec::new(), unified: Some(root.to_owned()) }
}

#[test]
fn limits_of_version_two_are_written_as_the_kernel_reads_them() {
    let root = tempfile::tempdir().unwrap();
    let cgroups = version_two(root.path());
    let read = |name: &str| fs::read_to_string(root.path().join("berth/x/task").join(name)).unwrap();
    cgroups.limit("/berth/x/task", Some(250), Some(1 << 20)).unwrap();
    assert_eq!((read("cpu.max").as_str(), read("memory.max").as_str()), ("25000 100000", "1048576"));
    cgroups.limit("/berth/x/task", None, None).unwrap();
    assert_eq!((read("cpu.max").as_str(), read("memory.max").as_str()), ("max 100000", "max"));
    let handed_down = fs::read_to_string(root.path().join("berth/x/cgroup.subtree_control")).unwrap();
    assert!(!handed_down.is_empty() && !root.path().join("berth/x/task/cgroup.subtree_control").exists());
}

#[test]
fn limits_of_version_one_are_written_as_the_kernel_reads_them() {
    let root = tempfile::tempdir().unwrap();
    let legacy = |name: &str| {
        let mount = root.path().join(name);
        fs::create_dir_all(mount.join("a")).unwrap();
        Legacy { mount, controllers: vec![name.to_owned()] }
    };
    let cgroups = Cgroups { legacy: vec![legacy("cpu"), legacy("memory")], unified: None };
    cgroups.limit("/a", Some(2000), None).unwrap();
    assert_eq!(fs::read_to_string(root.path().join("cpu/a/cpu.cfs_quota_us")).unwrap(), "200000");
    assert_eq!(fs::read_to_string(root.path().join("memory/a/memory.limit_in_bytes")).unwrap(), "-1");
}

#[test]
fn a_containers_limits_are_counted_as_each_version_counts_them() {
    let root = tempfile::tempdir().unwrap();
    let limits = Limits {
        cpu_shares: Some(1024),
        memory: Some(5),
        swap: Some(3),
        swappiness: Some(9),
        pids: Some(7),
        ..Limits::default()
    };
    let read = |name: &str| fs::read_to_string(root.path().join("berth/x/task").join(name)).unwrap();
    let legacy = |name: &str| {
        let mount = root.path().join(name);
        fs::create_dir_all(mount.join("a")).unwrap();
        Legacy { mount, controllers: vec![name.to_owned()] }
    };
    let one = Cgroups { legacy: vec![legacy("cpu"), legacy("memory"), legacy("pids")], unified: None };
    fs::write(root.path().join("memory/a/memory.memsw.limit_in_bytes"), "").unwrap();
    one.limit_container("/a", &limits).unwrap();
    let of = |name: &str| fs::read_to_string(root.path().join(name)).unwrap();
    assert_eq!((of("memory/a/memory.memsw.limit_in_bytes"), of("memory/a/memory.swappiness")), ("8".into(), "9".into()));
    let two = version_two(root.path());
    fs::write(root.path().join("berth/x/task/memory.swap.max"), "").unwrap();
    two.limit_container("/berth/x/task", &limits).unwrap();
    assert_eq!(read("memory.swap.max"), "3");
    assert_eq!((read("cpu.weight").as_str(), read("memory.max").as_str(), read("pids.max").as_str()), ("39", "5", "7"));
    let cgroups = Cgroups { legacy: Vec::new(), unified: None };
    let refusal =
        Cgroups { legacy: vec![Legacy { mount: root.path().to_owned(), controllers: vec!["cpu".to_owned()] }], ..cgroups }
            .limit_container("/berth/x/task", &limits)
            .unwrap_err();
    assert!(refusal.to_string().contains("there is no controller memory"), "{refusal}");
}

#[test]
fn a_container_sees_each_hierarchy_by_its_name_and_by_its_controllers() {
    let legacy = |mount: &str, controllers: &[&str]| Legacy {
        mount: Path::new("/sys/fs/cgroup").join(mount),
        controllers: controllers.iter().map(|&name| name.to_owned()).collect(),
    };
    let both = legacy("cpu,cpuacct", &["cpu", "cpuacct"]);
    let cgroups = Cgroups { legacy: vec![both, legacy("systemd", &["name=systemd"])], unified: Some("/unified".into()) };
    let seen = cgroups.seen("/a");
    assert_eq!((seen[0].name.to_str(), seen[0].links.join(" ")), (Some("cpu,cpuacct"), "cpu cpuacct".to_owned()));
    assert_eq!((seen[1].folder.as_path(), seen[1].links.len()), (Path::new("/sys/fs/cgroup/systemd/a"), 0));
    let version_two = Cgroups { legacy: Vec::new(), unified: Some("/unified".into()) };
    assert_eq!(version_two.seen("/a")[0].folder, Path::new("/unified/a"));
    assert!(version_two.seen("/a")[0].name.is_empty() && version_two.seen("/a").len() == 1);
}

#[test]
fn usage_of_version_two_leaves_out_what_can_be_dropped() {
    let root = tempfile::tempdir().unwrap();
    let cgroups = version_two(root.path());
    let task = root.path().join("berth/x/task");
    let files = [
        ("cpu.stat", "usage_usec 5\nuser_usec 3\n"),
        ("memory.current", "1000\n"),
        ("memory.stat", "anon 1\ninactive_file 400\n"),
        ("pids.current", "3\n"),
        ("io.stat", "8:0 rbytes=10 wbytes=20 rios=1\n8:16 rbytes=1 wbytes=2\n"),
    ];
    for (name, content) in files {
        fs::write(task.join(name), content).unwrap();
    }
    let meter = cgroups.meter("/berth/x/task").unwrap().unwrap();
    let usage = meter.read(&mut Vec::new()).unwrap().unwrap();
    assert_eq!((usage.cpu_nanos, usage.memory, usage.pids), (5000, 600, 3));
    assert_eq!((usage.read_bytes, usage.written_bytes), (11, 22));
    assert!(cgroups.meter("/berth/x/gone").unwrap().is_none());
}

#[test]
fn a_meter_of_version_one_sees_what_changes_however_long_the_files_are() {
    let root = tempfile::tempdir().unwrap();
    let legacy = |name: &str| {
        let mount = root.path().join(name);
        fs::create_dir_all(mount.join("a")).unwrap();
        Legacy { mount, controllers: vec![name.to_owned()] }
    };
    let cgroups = Cgroups { legacy: ["cpuacct", "memory", "pids"].map(legacy).into(), unified: None };
    let write = |name: &str, content: &str| fs::write(root.path().join(name), content).unwrap();
    write("cpuacct/a/cpuacct.usage", "7\n");
    write("memory/a/memory.usage_in_bytes", "500\n");
    write("memory/a/memory.stat", &format!("{}total_inactive_file 100\n", "cache 1\n".repeat(2000)));
    write("pids/a/pids.current", "2\n");
    let meter = cgroups.meter("/a").unwrap().unwrap();
    let mut text = Vec::new();
    let first = meter.read(&mut text).unwrap().unwrap();
    assert_eq!((first.cpu_nanos, first.memory, first.pids, first.read_bytes), (7, 400, 2, 0));
    write("cpuacct/a/cpuacct.usage", "9\n");
    assert_eq!(meter.read(&mut text).unwrap().unwrap().cpu_nanos, 9);
}
