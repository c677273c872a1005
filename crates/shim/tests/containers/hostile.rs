//! Containers that mean harm. What each of them tries, and what it can do at most, is listed in docs/hostile-input.md. That nothing is left
//! of any of them is checked by every test when its node goes.

use std::fs;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use berth_runtime::{ContainerSpec, Folder, Holder, IdMap, Limits, Output, ProcessSpec, Runtime, Standing, WhenFull};
use rustix::process::{Pid, Signal, kill_process};

use crate::node::{IDS, Node, process, until};

fn holder(folder: &Path) -> Holder {
    Holder::last(&fs::read(Folder::new(folder).holder()).unwrap()).unwrap().unwrap()
}

/// The host's ids, and ids of the container's own.
const BOTH: [Option<IdMap>; 2] = [None, Some(IDS)];

#[test]
fn a_fork_bomb_stays_within_its_limit_and_ends_while_it_forks() {
    const MOST: u64 = 24;
    let node = Node::new();
    for (id_map, is_first) in BOTH.into_iter().flat_map(|ids| [(ids, true), (ids, false)]) {
        let spec = ContainerSpec {
            id_map,
            limits: Limits { pids: Some(MOST), ..Limits::default() },
            ..node.spec("bomb", if is_first { &["bomb"] } else { &["wait"] })
        };
        let folder = node.start(&spec);
        thread::scope(|scope| {
            if !is_first {
                // It ends with the container; or by itself, should this fail.
                scope.spawn(|| node.exec_within(&folder, &process(&["bomb"]), Some(Duration::from_secs(120))).map(drop));
            }
            let pids = || node.runtime.usage(&folder).unwrap().unwrap().pids;
            until("the bomb is as large as it may be", || pids() == MOST);
            let (ended, out, _) = node.run(&node.spec("other", &["say", "unharmed"]));
            assert_eq!((ended.code, out.as_str()), (0, "unharmed\n"));
            assert!(pids() <= MOST);
            node.runtime.delete(&folder).unwrap();
        });
    }
}

#[test]
fn a_flood_without_a_line_end_takes_no_more_room_than_it_may() {
    let node = Node::new();
    let mut spec = node.spec("a", &["pour", &(3 << 20).to_string()]);
    spec.output = Output::Keep { segment_bytes: 100_000, segments: 3, when_full: WhenFull::Drop };
    let folder = node.start(&spec);
    let ended = node.wait(&folder);
    let files = fs::read_dir(Folder::new(&folder).output()).unwrap();
    let kept: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    // A segment is full once it has that much; the last words, as much as two pipes hold, are kept beyond that.
    assert!(kept < 700_000, "{kept}");
    assert!(ended.output_dropped > 2 << 20, "{ended:?}");
}

#[test]
fn a_container_that_closes_every_descriptor_goes_on_and_its_end_is_known() {
    let node = Node::new();
    for init in [false, true] {
        let mut spec = node.spec("a", &["close"]);
        spec.init = init;
        for (code, out) in node.everywhere(&spec) {
            assert_eq!((code, out.as_str()), (7, "closing\n"));
        }
    }
}

#[test]
fn nothing_is_open_in_a_container_but_its_three_streams() {
    let node = Node::new();
    for init in [false, true] {
        let mut spec = node.spec("a", &["list", "/proc/self/fd"]);
        spec.init = init;
        for (_, text) in node.everywhere(&spec) {
            // The fourth is the folder that is listed.
            assert_eq!(text, "0 1 2 3\n", "{init}");
        }
    }
    // An init has no more than the program that it started.
    let mut spec = node.spec("b", &["list", "/proc/1/fd"]);
    spec.init = true;
    spec.process.capabilities.insert(berth_runtime::Capability("SYS_PTRACE".to_owned()));
    // It closes the last one while its program begins.
    until("an init has nothing else open", || node.run(&spec).1 == crate::INIT_HAS);
}

#[test]
fn processes_of_the_host_are_out_of_reach() {
    let node = Node::new();
    let (shim, own) = (holder(&node.start(&node.spec("other", &["wait"]))).shim.pid.to_string(), std::process::id().to_string());
    for pid in [&shim, &own] {
        for words in [&["signal", pid, "9"][..], &["trace", pid]] {
            for (_, text) in node.everywhere(&node.spec("a", words)) {
                assert_eq!(text, "ESRCH\n", "{words:?}");
            }
        }
    }
    // All that it sees are its own: a signal to everybody is one to nobody.
    let (ended, out, _) = node.run(&node.spec("b", &["signal", "-1", "9"]));
    assert_eq!((ended.code, out.as_str()), (0, "ESRCH\n"));
    assert!(matches!(node.runtime.look(&node.container("other")).unwrap(), Standing::Running { .. }));
}

#[test]
fn a_shim_does_not_end_with_the_signals_that_end_services() {
    let node = Node::new();
    let folder = node.start(&node.spec("a", &["wait"]));
    let shim = Pid::from_raw(holder(&folder).shim.pid).unwrap();
    // It ignores them once it is the small program that holds.
    until("it holds", || fs::read_to_string(format!("/proc/{}/cmdline", shim.as_raw_nonzero())).unwrap().contains("hold"));
    let ignores = || {
        let status = fs::read_to_string(format!("/proc/{}/status", shim.as_raw_nonzero())).unwrap();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        u64::from_str_radix(ignored.trim(), 16).unwrap() & (1 << (15 - 1)) != 0
    };
    until("it ignores them", ignores);
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        kill_process(shim, signal).unwrap();
    }
    node.runtime.signal(&folder, 9).unwrap();
    assert_eq!(node.wait(&folder).code, 137, "it is still there to say how the container ended");
}

#[test]
fn abstract_sockets_of_the_host_are_not_there() {
    let node = Node::new();
    let name = format!("berth-test-{}", std::process::id());
    let _listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    for (_, text) in node.everywhere(&node.spec("a", &["abstract", &name])) {
        assert_eq!(text, "ECONNREFUSED\n");
    }
}

#[test]
fn settings_of_the_kernel_are_not_written() {
    let node = Node::new();
    let paths = [
        "/proc/sysrq-trigger",
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/vm/drop_caches",
        "/proc/irq/default_smp_affinity",
        "/sys/kernel/uevent_helper",
        "/sys/kernel/mm/transparent_hugepage/enabled",
        "/sys/module/kernel/parameters/panic",
    ];
    for path in paths.into_iter().filter(|path| Path::new(path).exists()) {
        for (_, text) in node.everywhere(&node.spec("a", &["create", path])) {
            assert!(["EROFS\n", "EACCES\n", "EPERM\n"].contains(&text.as_str()), "{path}: {text}");
        }
    }
    // Nobody makes itself one that the kernel does not end when memory is short.
    for (_, text) in node.everywhere(&node.spec("b", &["put", "/proc/self/oom_score_adj", "-1000"])) {
        assert_eq!(text, "EACCES\n");
    }
}

#[test]
fn entering_a_container_that_is_going_away_confines_or_fails() {
    let node = Node::new();
    for (life, id_map) in (0..3).flat_map(|life| BOTH.map(|ids| (life, ids))) {
        let folder = node.start(&ContainerSpec { id_map, ..node.spec(&format!("a{life}"), &["wait"]) });
        let status = ProcessSpec { ..process(&["status"]) };
        thread::scope(|scope| {
            let (entered, heard) = mpsc::channel();
            let (node, folder) = (&node, &folder);
            scope.spawn(move || {
                while let Ok((code, out, _)) = node.exec(folder, &status) {
                    // It was killed with the container, or said all that there is to say.
                    assert!(code == 137 || (code == 0 && out.contains("Seccomp:\t2")), "{code}: {out}");
                    let _ = entered.send(());
                }
            });
            heard.recv().unwrap();
            node.runtime.signal(folder, 9).unwrap();
        });
        assert_eq!(node.wait(&folder).code, 137);
        assert!(node.exec(&folder, &process(&["status"])).is_err());
        node.runtime.delete(&folder).unwrap();
    }
}
