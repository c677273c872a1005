//! What a process in a container may not do: the first one, and every one that is run in it later.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::node::{IDS, Node};
use berth_runtime::cgroup::Cgroups;
use berth_runtime::{Bind, Capability, ContainerSpec, Limits, Network, ResourceLimit, Rootfs, Runtime};

/// The capabilities that Docker gives, as the kernel prints them.
const DEFAULT: &str = "00000000a80425fb";
const NONE: &str = "0000000000000000";
/// The same where groups have no list of devices: without MKNOD.
const WITHOUT_A_LIST: &str = "00000000a00425fb";

/// Whether version 2 has the controllers, which has no list of devices.
fn unified() -> bool {
    Cgroups::find().unwrap().is_unified()
}

/// The capabilities of a container's root on this machine.
fn everything() -> &'static str {
    if unified() { WITHOUT_A_LIST } else { DEFAULT }
}

/// The lines of what the probe wrote, by their first word.
fn lines(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let (name, value) = line.split_once([' ', ':', '\t'])?;
        Some((name.to_owned(), value.trim_matches([' ', ':', '\t']).to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[test]
fn system_calls_beyond_the_profile_are_refused() {
    let node = Node::new();
    let refused = [
        "mount",
        "umount2",
        "unshare",
        "setns",
        "keyctl",
        "add_key",
        "request_key",
        "bpf",
        "userfaultfd",
        "io_uring_setup",
        "kexec_load",
        "reboot",
        "open_by_handle_at",
        "perf_event_open",
        "clone_newuser",
        "vsock",
        "alg",
        "personality_norandomize",
    ];
    for (code, text) in node.everywhere(&node.spec("a", &["calls"])) {
        let answers = lines(&text);
        assert_eq!(code, 0);
        for name in refused {
            assert_eq!(answers[name], "EPERM", "{name}");
        }
        // Newer than what the filter library of another runtime may know, which then says that there is no such call.
        let newest = answers["open_tree_attr"].as_str();
        assert!(newest == "EPERM" || (!crate::MAKES_ITSELF && newest == "ENOSYS"), "{newest}");
        // What a library finds missing it does in an older way; refused, it would give up.
        assert_eq!((answers["clone3"].as_str(), answers["unknown"].as_str()), ("ENOSYS", "ENOSYS"));
        assert_eq!(answers["personality_ask"], "ok");
        assert_ne!(answers["futex_wake"], "EPERM");
    }
}

#[test]
fn a_capability_opens_its_system_calls_and_no_others() {
    let node = Node::new();
    let mut spec = node.spec("a", &["calls"]);
    spec.process.capabilities.insert(Capability("SYS_ADMIN".to_owned()));
    for (_, text) in node.everywhere(&spec) {
        let answers = lines(&text);
        assert_ne!(answers["mount"], "EPERM");
        assert_ne!(answers["clone3"], "ENOSYS");
        assert_eq!(answers["keyctl"], "EPERM");
    }
}

#[test]
fn capabilities_are_exactly_those_of_docker() {
    let node = Node::new();
    let mut user = node.spec("user", &["status"]);
    user.process.user = "1000:1001".to_owned();
    let cases = [(node.spec("root", &["status"]), everything(), "0"), (user, NONE, "1001")];
    for (spec, own, groups) in cases {
        for (_, text) in node.everywhere(&spec) {
            let status = lines(&text);
            assert_eq!(status["CapBnd"], everything());
            assert_eq!((status["CapPrm"].as_str(), status["CapEff"].as_str()), (own, own), "{}", spec.id);
            assert_eq!((status["CapInh"].as_str(), status["CapAmb"].as_str()), (NONE, NONE));
            assert_eq!((status["Seccomp"].as_str(), status["NoNewPrivs"].as_str()), ("2", "0"));
            assert_eq!(status["Groups"], groups);
            // The probe's own runtime ignores the one of broken pipes.
            assert_eq!((status["SigIgn"].as_str(), status["SigBlk"].as_str()), ("0000000000001000", NONE));
        }
    }
}

#[test]
fn fewer_capabilities_are_fewer() {
    let node = Node::new();
    let mut spec = node.spec("a", &["status"]);
    spec.process.capabilities = [Capability("CHOWN".to_owned())].into();
    for (_, text) in node.everywhere(&spec) {
        let status = lines(&text);
        assert_eq!(status["CapBnd"], "0000000000000001");
        assert_eq!(status["CapEff"], "0000000000000001");
    }
    spec.process.capabilities = [Capability("FLYING".to_owned())].into();
    let refusal = node.runtime.create(&node.container("b"), &ContainerSpec { id: "b".to_owned(), ..spec }).unwrap_err();
    assert!(refusal.to_string().contains("FLYING"), "{refusal}");
}

/// A copy of the probe that runs as root, whoever runs it.
fn set_user_id(node: &Node) {
    let path = node.layer().join("bin/root-probe");
    fs::copy(node.layer().join("bin/probe"), &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o4755)).unwrap();
}

#[test]
fn a_set_user_id_program_gains_what_the_container_has_unless_forbidden() {
    let node = Node::new();
    set_user_id(&node);
    for (id, forbidden, gained) in [("gains", false, everything()), ("gains-not", true, NONE)] {
        let mut spec = node.spec(id, &["become", "/bin/root-probe", "status"]);
        spec.process.user = "1000".to_owned();
        spec.process.no_new_privileges = forbidden;
        for (_, text) in node.everywhere(&spec) {
            let status = lines(&text);
            assert_eq!(status["CapEff"], gained, "{id}");
            assert_eq!(status["NoNewPrivs"], if forbidden { "1" } else { "0" });
            assert_eq!(status["Seccomp"], "2");
        }
    }
}

#[test]
fn threads_start() {
    let node = Node::new();
    for (code, text) in node.everywhere(&node.spec("a", &["threads"])) {
        assert_eq!((code, text.as_str()), (0, "28\n"));
    }
}

/// A program of 32 bits that writes a word, tries to mount, and ends with the error as its code.
fn program_of_32_bits() -> Vec<u8> {
    const BASE: u32 = 0x0804_8000;
    let mut code: Vec<u8> = Vec::new();
    let text = BASE + 0x54 + 64;
    let mut load = |register: u8, value: u32| {
        code.push(0xb8 + register);
        code.extend(value.to_le_bytes());
    };
    let (eax, ecx, edx, ebx) = (0, 1, 2, 3);
    load(eax, 4);
    load(ebx, 1);
    load(ecx, text);
    load(edx, 3);
    code.extend([0xcd, 0x80]);
    code.extend([0x31, 0xdb, 0x31, 0xc9, 0x31, 0xd2, 0x31, 0xf6, 0x31, 0xff]);
    code.extend([0xb8, 21, 0, 0, 0, 0xcd, 0x80]);
    // The error, positive, is the code of exit.
    code.extend([0xf7, 0xd8, 0x89, 0xc3, 0xb8, 1, 0, 0, 0]);
    code.extend([0xcd, 0x80]);
    code.resize(64, 0x90);
    code.extend(b"32\n");
    let size = u32::try_from(0x54 + code.len()).unwrap();
    let mut file: Vec<u8> = vec![0x7f, b'E', b'L', b'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for half in [2_u16, 3] {
        file.extend(half.to_le_bytes());
    }
    for word in [1, BASE + 0x54, 0x34, 0, 0] {
        file.extend(u32::to_le_bytes(word));
    }
    for half in [0x34_u16, 0x20, 1, 0, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    for word in [1, 0, BASE, BASE, size, size, 5, 0x1000] {
        file.extend(u32::to_le_bytes(word));
    }
    file.extend(code);
    file
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_program_of_32_bits_runs_and_is_filtered_too() {
    let node = Node::new();
    let path = node.layer().join("bin/small");
    fs::write(&path, program_of_32_bits()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let mut spec = node.spec("a", &[]);
    spec.process.args = vec!["small".to_owned()];
    for (code, text) in node.everywhere(&spec) {
        assert_eq!((code, text.as_str()), (1, "32\n"), "EPERM is 1");
    }
}

#[test]
fn a_profile_of_apparmor_that_is_not_there_is_named() {
    let node = Node::new();
    let mut spec = node.spec("a", &["wait"]);
    spec.process.apparmor = Some("berth-not-loaded".to_owned());
    let folder = node.container("a");
    let made = node.runtime.create(&folder, &spec).and_then(|()| node.runtime.start(&folder));
    let refusal = made.unwrap_err().to_string();
    assert!(refusal.to_lowercase().contains("apparmor"), "{refusal}");
}

#[test]
fn limits_above_the_machines_own_are_lowered_to_them() {
    let node = Node::new();
    let mut spec = node.spec("a", &["nofile"]);
    spec.process.resource_limits = vec![ResourceLimit { name: "nofile".to_owned(), soft: 1000, hard: 2000 }];
    for (_, text) in node.everywhere(&spec) {
        // A runc that was built with Go 1.19 or 1.20 raises every soft limit of open files to the hard one.
        assert!(text == "1000 2000\n" || (!crate::MAKES_ITSELF && text == "2000 2000\n"), "{text}");
    }
    spec.id = "b".to_owned();
    spec.process.resource_limits = vec![ResourceLimit { name: "nofile".to_owned(), soft: 1 << 40, hard: 1 << 40 }];
    let own = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap();
    for (_, text) in node.everywhere(&spec) {
        assert_eq!(text, format!("{own} {own}\n"));
    }
}

#[test]
fn devices_beyond_the_list_are_refused_even_when_made() {
    let node = Node::new();
    for (id, place) in [("root", "/made"), ("dev", "/dev/made"), ("shm", "/dev/shm/made")] {
        // The memory of the kernel, and a terminal of the host.
        let answers = node.everywhere(&node.spec(id, &["mknod", place, "10", "232"])).map(|(_, text)| lines(&text));
        // Nobody but the host's root makes a device at all, and where there is no list nobody does.
        let made = if unified() { ["EPERM"; 4] } else { ["ok", "ok", "EPERM", "EPERM"] };
        for (answers, made) in answers.iter().zip(made) {
            assert_eq!((answers["made"].as_str(), answers["open"] == "ok"), (made, false), "{place}");
        }
    }
    let listed = node.run(&node.spec("list", &["list", "/dev"])).1;
    assert_eq!(
        // The kernel's memory, a link to what is masked, where the kernel shows it.
        listed.replace("kcore ", "").trim_start_matches("core "),
        "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero\n"
    );
    for device in ["/dev/null", "/dev/zero", "/dev/urandom"] {
        assert_eq!(node.run(&node.spec("open", &["open", device])).1, "ok\n");
    }
}

#[test]
fn kernel_paths_are_masked_and_read_only() {
    let node = Node::new();
    for path in ["/proc/keys", "/proc/timer_list", "/proc/kcore", "/proc/interrupts"] {
        if !Path::new(path).exists() {
            continue;
        }
        for (_, text) in node.everywhere(&node.spec("mask", &["cat", path])) {
            assert_eq!(text, "", "{path}");
        }
    }
    for (_, text) in node.everywhere(&node.spec("firmware", &["list", "/sys/firmware"])) {
        assert_eq!(text, "\n");
    }
    let group = if unified() { "/sys/fs/cgroup/x" } else { "/sys/fs/cgroup/memory/x" };
    for path in ["/proc/sys/kernel/domainname", "/sys/kernel/uevent_seqnum", group] {
        for (_, text) in node.everywhere(&node.spec("readonly", &["create", path])) {
            assert!(["EROFS\n", "EACCES\n"].contains(&text.as_str()), "{path}: {text}");
        }
    }
}

#[test]
fn a_read_only_root_is_not_written_and_mounts_are_as_they_were_asked_for() {
    let node = Node::new();
    let shared = node.folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    // Who prepares a bind for a container with ids of its own gives it away.
    std::os::unix::fs::chown(&shared, Some(IDS.first), Some(IDS.first)).unwrap();
    let bind = |target: &str, read_only| Bind { source: shared.clone(), target: target.into(), read_only, fill: None };
    let mut spec = node.spec("a", &["create", "/file"]);
    spec.rootfs.read_only = true;
    spec.binds = vec![bind("/deep/in/data", false), bind("/fixed", true)];
    let answers = [("/file", "EROFS\n"), ("/deep/in/data/file", "ok\n"), ("/fixed/file", "EROFS\n"), ("/dev/shm/x", "ok\n")];
    for id_map in [None, Some(IDS)] {
        spec.id_map = id_map;
        for (path, answer) in answers {
            spec.process.args[2] = path.to_owned();
            for (_, text) in node.both(&spec) {
                assert_eq!(text, answer, "{path} {id_map:?}");
            }
        }
        fs::remove_file(shared.join("file")).unwrap();
    }
}

#[test]
fn a_container_has_its_own_network_name_and_user_from_its_own_files() {
    let node = Node::new();
    fs::create_dir(node.layer().join("etc")).unwrap();
    fs::write(node.layer().join("etc/passwd"), "web:x:33:34::/srv/web:/bin/false\n").unwrap();
    fs::write(node.layer().join("etc/group"), "log:x:50:web\n").unwrap();
    let mut spec = node.spec("a", &["cat", "/proc/sys/kernel/hostname"]);
    for (_, text) in node.everywhere(&spec) {
        assert_eq!(text, "berth\n");
    }
    spec.process.args[2] = "/sys/class/net/lo/flags".to_owned();
    for (_, text) in node.everywhere(&spec) {
        assert_eq!(text, "0x9\n", "loopback is up");
    }
    let port_start = || fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    let before = port_start();
    spec.process.args = crate::node::process(&["link", "/proc/self/ns/net"]).args;
    for (_, text) in node.everywhere(&spec) {
        assert_ne!(text.trim(), own_network());
    }
    spec.process.args = crate::node::process(&["cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"]).args;
    for (_, text) in node.everywhere(&spec) {
        assert_eq!(text, "0\n");
    }
    assert_eq!(port_start(), before, "the host's own is as it was");
    spec.process.args = crate::node::process(&["env", "HOME"]).args;
    spec.process.user = "web".to_owned();
    spec.process.cwd = "/srv/../made/for/it".to_owned();
    for (_, text) in node.everywhere(&spec) {
        assert_eq!(text, "/srv/web\n");
    }
    spec.process.args = crate::node::process(&["cwd"]).args;
    for (_, text) in node.everywhere(&spec) {
        assert_eq!(text, "/made/for/it\n");
    }
    spec.process.user = "nobody".to_owned();
    let refusal = node.runtime.create(&node.container("b"), &ContainerSpec { id: "b".to_owned(), ..spec }).unwrap_err();
    assert!(refusal.to_string().contains("nobody"), "{refusal}");
}

/// This process's network namespace.
fn own_network() -> String {
    fs::read_link("/proc/self/ns/net").unwrap().to_str().unwrap().to_owned()
}

#[test]
fn the_hosts_network_is_the_hosts() {
    let node = Node::new();
    let mut spec = node.spec("a", &["list", "/sys/class/net"]);
    spec.network = Network::Host;
    let names = || -> BTreeSet<String> {
        fs::read_dir("/sys/class/net").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let before = names();
    let seen = node.both(&spec);
    // Others on this machine make and remove interfaces all the time.
    let stayed: BTreeSet<String> = before.intersection(&names()).cloned().collect();
    for (_, text) in seen {
        let seen: BTreeSet<String> = text.split_whitespace().map(str::to_owned).collect();
        assert!(seen.is_superset(&stayed), "{seen:?} lacks some of {stayed:?}");
    }
    spec.process.args = crate::node::process(&["link", "/proc/self/ns/net"]).args;
    for (_, text) in node.both(&spec) {
        assert_eq!(text.trim(), own_network());
    }
}

#[test]
fn more_memory_than_allowed_is_the_end_and_more_processes_are_refused() {
    let node = Node::new();
    let mut spec = node.spec("memory", &["grow", "200000000"]);
    spec.limits = Limits { memory: Some(32 << 20), ..Limits::default() };
    let (ended, ..) = node.run(&spec);
    assert_eq!((ended.code, ended.out_of_memory), (137, true));
    let mut spec = node.spec("pids", &["forks", "50"]);
    spec.limits = Limits { pids: Some(10), ..Limits::default() };
    let (ended, text, _) = node.run(&spec);
    assert_eq!((ended.code, text.as_str(), ended.out_of_memory), (0, "9\n", false));
}

#[test]
fn a_privileged_container_is_root_in_all_but_name() {
    let node = Node::new();
    let mut spec = node.spec("a", &["status"]);
    spec.privileged = true;
    let own = fs::read_to_string("/proc/self/status").unwrap();
    for (_, text) in node.both(&spec) {
        let status = lines(&text);
        assert_eq!((status["CapEff"].as_str(), status["Seccomp"].as_str()), (lines(&own)["CapPrm"].as_str(), "0"));
    }
    spec.process = crate::node::process(&["create", "/proc/sys/kernel/domainname"]);
    assert_eq!(node.run(&spec).1, "ok\n");
}

#[test]
fn layers_lie_on_top_of_each_other_and_take_away_what_lies_below() {
    use rustix::fs::{CWD, FileType, Mode, XattrFlags, mknodat, setxattr};
    let node = Node::new();
    let (lower, upper) = (node.layer(), node.folder.path().join("upper, with: marks"));
    for name in ["gone", "hidden/a", "hidden/b", "kept/a"] {
        fs::create_dir_all(lower.join(name).parent().unwrap()).unwrap();
        fs::write(lower.join(name), "low").unwrap();
    }
    fs::create_dir_all(upper.join("hidden")).unwrap();
    fs::create_dir_all(upper.join("kept")).unwrap();
    // As the image store marks them: see crates/oci/src/unpack/whiteout.rs.
    mknodat(CWD, upper.join("gone"), FileType::CharacterDevice, Mode::empty(), 0).unwrap();
    setxattr(upper.join("hidden"), "trusted.overlay.opaque", b"y", XattrFlags::empty()).unwrap();
    fs::write(upper.join("hidden/c"), "high").unwrap();
    fs::write(upper.join("kept/b"), "high").unwrap();
    let mut spec = node.spec("a", &["list", "/hidden"]);
    spec.rootfs = Rootfs { layers: vec![lower, upper], read_only: false, changes: None };
    for (path, expected) in [("/hidden", "c"), ("/kept", "a b")] {
        spec.process.args[2] = path.to_owned();
        for (_, text) in node.everywhere(&spec) {
            assert_eq!(text.trim(), expected);
        }
    }
    spec.process.args = crate::node::process(&["open", "/gone"]).args;
    assert_eq!(node.run(&spec).1, "ENOENT\n");
}

#[test]
fn as_many_layers_as_an_image_may_have_can_be_mounted() {
    let node = Node::new();
    let mut spec = node.spec("a", &["cat", "/number"]);
    for number in 0..126 {
        let layer = node.folder.path().join(format!("layer-{number}-{}", "x".repeat(60)));
        fs::create_dir(&layer).unwrap();
        fs::write(layer.join("number"), number.to_string()).unwrap();
        spec.rootfs.layers.push(layer);
    }
    assert_eq!(node.run(&spec).1, "125");
}
