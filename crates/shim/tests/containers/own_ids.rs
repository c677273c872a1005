//! Containers whose ids are not the host's: what the host sees of them. What they may do is what all may: see `confinement`.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use berth_runtime::{Capability, ContainerSpec, Holder, IdMap, Network, ResourceLimit, Runtime, Tmpfs};

use crate::node::{IDS, Node, process, shim};

fn spec(node: &Node, id: &str, arguments: &[&str]) -> ContainerSpec {
    ContainerSpec { id_map: Some(IDS), ..node.spec(id, arguments) }
}

/// The ids of a file on disk.
fn owner(path: &Path) -> (u32, u32) {
    let found = fs::symlink_metadata(path).unwrap();
    (found.uid(), found.gid())
}

/// All ids of a process, as the host sees them.
fn ids(pid: u32) -> Vec<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let lines = status.lines().filter(|line| line.starts_with("Uid:") || line.starts_with("Gid:"));
    lines.flat_map(|line| line.split_whitespace().skip(1)).map(|id| id.parse().unwrap()).collect()
}

/// A network namespace that belongs to a user namespace with some ids, as a node prepares them; gone when it is dropped.
struct Prepared {
    path: PathBuf,
    process: Child,
    /// Not the node's: what is mounted there is seen in every mount namespace that is made meanwhile.
    _folder: tempfile::TempDir,
}

impl Prepared {
    fn new(map: Option<IdMap>) -> Self {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let path = folder.path().join("network");
        fs::write(&path, "").unwrap();
        let options: &[&str] = if map.is_some() { &["--user", "--net", "cat"] } else { &["--net", "cat"] };
        let mut process = Command::new("unshare").args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // Once it answers, its namespaces are there.
        process.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        process.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        for name in ["uid_map", "gid_map"] {
            if let Some(IdMap { first, count }) = map {
                fs::write(format!("/proc/{}/{name}", process.id()), format!("0 {first} {count}")).unwrap();
            }
        }
        let from = format!("/proc/{}/ns/net", process.id());
        rustix::mount::mount_bind(from.as_str(), &path).unwrap();
        Self { path, process, _folder: folder }
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        let _ = rustix::mount::unmount(&self.path, rustix::mount::UnmountFlags::DETACH);
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn no_process_of_it_is_root_on_the_host() {
    let node = Node::new();
    for (id, user, expected) in [("root", "", IDS.first), ("user", "1000:1000", IDS.first + 1000)] {
        let mut spec = spec(&node, id, &["wait"]);
        spec.process.user = user.to_owned();
        let folder = node.start(&spec);
        let holder = Holder::last(&fs::read(folder.join("holder.json")).unwrap()).unwrap().unwrap();
        assert_eq!(ids(holder.container.unwrap().pid.unsigned_abs()), [expected; 8]);
        let second = std::thread::scope(|scope| {
            let (mut output, writer) = std::io::pipe().unwrap();
            let waiting = scope.spawn(|| {
                let input = fs::File::open("/dev/null").unwrap();
                let error = writer.try_clone().unwrap();
                let stdio = berth_runtime::ExecStdio { input: input.into(), output: writer.into(), error: error.into() };
                node.runtime.exec(&folder, &spec.process, stdio, None).unwrap()
            });
            let executed = waiting.join().unwrap();
            let found = ids(executed.pid);
            node.runtime.delete(&folder).unwrap();
            output.read_to_end(&mut Vec::new()).unwrap();
            found
        });
        assert_eq!(second, [expected; 8]);
    }
}

#[test]
fn it_sees_its_own_ids_from_zero_on_and_no_others() {
    let node = Node::new();
    for path in ["/proc/self/uid_map", "/proc/self/gid_map"] {
        for (_, text) in node.both(&spec(&node, "map", &["cat", path])) {
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(words, ["0", "1900000000", "65536"]);
        }
    }
    let mut groups = spec(&node, "groups", &["status"]);
    fs::create_dir(node.layer().join("etc")).unwrap();
    fs::write(node.layer().join("etc/passwd"), "web:x:33:34::/:/bin/false\n").unwrap();
    fs::write(node.layer().join("etc/group"), "log:x:50:web\n").unwrap();
    groups.process.user = "web".to_owned();
    for (_, text) in node.both(&groups) {
        let line = text.lines().find(|line| line.starts_with("Groups:")).unwrap();
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["Groups:", "34", "50"]);
    }
}

#[test]
fn what_it_writes_has_its_ids_on_disk_and_the_layers_stay_as_they_were() {
    let node = Node::new();
    let layer = node.layer().join("data");
    fs::create_dir(&layer).unwrap();
    fs::set_permissions(&layer, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(layer.join("ours"), "as it was").unwrap();
    fs::write(layer.join("theirs"), "as it was").unwrap();
    chown(layer.join("theirs"), Some(1000), Some(1000)).unwrap();
    for (id, user, file, owned) in [("root", "", "ours", 0), ("user", "1000:1000", "theirs", 1000)] {
        let mut wait = spec(&node, id, &["wait"]);
        wait.process.user = user.to_owned();
        wait.process.cwd = "/data/made/here".to_owned();
        let folder = node.start(&wait);
        let path = format!("/data/{file}");
        let own = format!("/data/new-{id}");
        for (arguments, said) in [
            (["owner", path.as_str()], format!("{owned} {owned}\n")),
            (["append", path.as_str()], "ok\n".to_owned()),
            (["create", own.as_str()], "ok\n".to_owned()),
            (["owner", "/"], "0 0\n".to_owned()),
            (["owner", "/data/made/here"], "0 0\n".to_owned()),
        ] {
            let mut run = process(&arguments);
            run.user = user.to_owned();
            assert_eq!(node.exec(&folder, &run).unwrap().1, said, "{arguments:?}");
        }
        let upper = folder.join("upper/data");
        for name in [file.to_owned(), format!("new-{id}")] {
            assert_eq!(owner(&upper.join(&name)), (IDS.first + owned, IDS.first + owned), "{name}");
        }
        assert_eq!(owner(&folder.join("upper")), (IDS.first, IDS.first));
        node.runtime.delete(&folder).unwrap();
        assert_eq!(
            (fs::read_to_string(layer.join(file)).unwrap().as_str(), owner(&layer.join(file))),
            ("as it was", (owned, owned))
        );
    }
    assert_eq!(fs::read_dir(&layer).unwrap().count(), 2);
}

#[test]
fn a_network_that_was_prepared_for_its_ids_is_its_own() {
    let node = Node::new();
    let network = Prepared::new(Some(IDS));
    let mut raw = spec(&node, "raw", &["raw"]);
    raw.network = Network::Namespace(network.path.clone());
    for (_, text) in node.both(&raw) {
        assert_eq!(text, "ok\n");
    }
    raw.process.user = "1000".to_owned();
    for (_, text) in node.both(&raw) {
        assert_eq!(text, "EPERM\n");
    }
    raw.process = process(&["link", "/proc/self/ns/net"]);
    let inside = fs::read_link(format!("/proc/{}/ns/net", network.process.id())).unwrap();
    for (_, text) in node.both(&raw) {
        assert_eq!(text.trim(), inside.to_str().unwrap());
    }
    // Containers of one task have one user namespace.
    raw.process = process(&["link", "/proc/self/ns/user"]);
    let inside = fs::read_link(format!("/proc/{}/ns/user", network.process.id())).unwrap();
    for (_, text) in node.both(&raw) {
        assert_eq!(text.trim(), inside.to_str().unwrap());
    }
}

#[test]
fn a_network_of_the_hosts_ids_or_of_others_is_refused() {
    let other = IdMap { first: IDS.first + 65_536, ..IDS };
    for map in [None, Some(other)] {
        let node = Node::new();
        let network = Prepared::new(map);
        let mut spec = spec(&node, "a", &["say", "never"]);
        spec.network = Network::Namespace(network.path.clone());
        let refusal = node.runtime.create(&node.container("a"), &spec).unwrap_err().to_string();
        assert!(refusal.contains("ids"), "{refusal}");
        node.runtime.delete(&node.container("a")).unwrap();
    }
}

#[test]
fn what_would_undo_its_ids_is_refused() {
    let node = Node::new();
    let with_root = |id: &str| ContainerSpec { id_map: Some(IdMap { first: 0, count: 65_536 }), ..node.spec(id, &["status"]) };
    let privileged = ContainerSpec { privileged: true, ..spec(&node, "b", &["status"]) };
    let host = ContainerSpec { network: Network::Host, ..spec(&node, "c", &["status"]) };
    for spec in [with_root("a"), privileged, host] {
        let refusal = node.runtime.create(&node.container(&spec.id), &spec).unwrap_err().to_string();
        assert!(refusal.contains("ids"), "{refusal}");
    }
}

#[test]
fn whether_it_can_be_is_tried_in_a_folder() {
    let check = |folder: &Path, first: &str| {
        let output = Command::new(shim()).arg("check-ids").arg(folder).arg(first).output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let folder = tempfile::tempdir_in("/var/tmp").unwrap();
    assert_eq!(check(folder.path(), &IDS.first.to_string()), (true, String::new()));
    // A file system that ids are not mapped on: a process's own files.
    let (can, why) = check(Path::new("/proc/self"), &IDS.first.to_string());
    assert!(!can && why.contains("/proc/self"), "{why}");
    let (can, why) = check(folder.path(), "0");
    assert!(!can && why.contains("cannot be a container's own"), "{why}");
}

#[test]
fn capabilities_reach_no_further_than_its_own_namespaces() {
    let node = Node::new();
    let mut spec = spec(&node, "a", &["create", "/proc/sys/kernel/hostname"]);
    spec.process.capabilities = [Capability("SYS_PTRACE".to_owned()), Capability("SYS_ADMIN".to_owned())].into();
    // Not even with capabilities that no task gets is a kernel's file written.
    for (_, text) in node.both(&spec) {
        assert!(["EROFS\n", "EACCES\n"].contains(&text.as_str()), "{text}");
    }
    spec.process.args = process(&["open", "/proc/1/root/etc/shadow"]).args;
    for (_, text) in node.both(&spec) {
        assert_eq!(text, "ENOENT\n", "its own first process's root is its own");
    }
}

#[test]
fn what_a_container_may_ask_of_the_kernel_it_gets_within_its_ids() {
    let node = Node::new();
    let mut spec = spec(&node, "a", &["create", "/tmp/file"]);
    spec.init = true;
    spec.shm_bytes = 1 << 20;
    spec.tmpfs = vec![Tmpfs { target: "/tmp".into(), options: vec!["size=1m".to_owned(), "mode=1777".to_owned()] }];
    spec.sysctls = [("net.ipv4.tcp_syncookies".to_owned(), "0".to_owned())].into();
    spec.process.resource_limits = vec![ResourceLimit { name: "nofile".to_owned(), soft: 100, hard: 200 }];
    for (arguments, said) in [
        (&["create", "/tmp/file"][..], "ok\n"),
        (&["nofile"], "100 200\n"),
        (&["cat", "/proc/sys/net/ipv4/tcp_syncookies"], "0\n"),
        (&["owner", "/tmp"], "0 0\n"),
    ] {
        spec.process.args = process(arguments).args;
        for (_, text) in node.both(&spec) {
            // As in `confinement::limits_above_the_machines_own_are_lowered_to_them`.
            let raised = !crate::MAKES_ITSELF && text == "200 200\n";
            assert!(text == said || raised, "{arguments:?}: {text}");
        }
    }
}
