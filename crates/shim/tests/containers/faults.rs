//! Processes that are killed, at every phase: what is known afterwards is true, and nothing is left. (That nothing is left is checked
//! by every test when its node goes.)

use std::fs;
use std::path::Path;
use std::thread;

use crate::node::{Node, process, readable, until};
use berth_runtime::{Embedded, Folder, Group, Holder, Mark, Runtime, RuntimeError, Standing};
use rustix::process::{Pid, Signal, kill_process};

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

fn holder(folder: &Path) -> Option<Holder> {
    Holder::last(&fs::read(Folder::new(folder).holder()).ok()?).unwrap()
}

/// Kills a container's shim and waits until it is dead.
fn kill_shim(node: &Node, folder: &Path) {
    let watch = node.runtime.watch(folder).unwrap().unwrap();
    kill(holder(folder).unwrap().shim.pid);
    readable(&watch);
}

#[test]
fn a_killed_shim_loses_the_container_and_deleting_it_ends_all_of_it() {
    let node = Node::new();
    let folder = node.start(&node.spec("a", &["wait"]));
    let container = holder(&folder).unwrap().container.unwrap();
    kill_shim(&node, &folder);
    assert!(matches!(node.runtime.look(&folder).unwrap(), Standing::Lost { why } if why.contains("killed")));
    assert!(node.runtime.watch(&folder).unwrap().is_none());
    assert!(container.alive().unwrap().is_some(), "nobody has ended it yet");
    node.runtime.delete(&folder).unwrap();
    assert!(container.alive().unwrap().is_none());
}

#[test]
fn a_killed_shim_of_a_container_that_waits_leaves_nothing_that_ran() {
    let node = Node::new();
    let folder = node.container("a");
    node.runtime.create(&folder, &node.spec("a", &["wait"])).unwrap();
    kill_shim(&node, &folder);
    assert_eq!(node.runtime.look(&folder).unwrap(), Standing::Absent);
    assert!(matches!(node.runtime.start(&folder), Err(RuntimeError::Shim { .. })));
    node.runtime.delete(&folder).unwrap();
}

#[test]
fn a_shim_killed_while_it_makes_a_container_leaves_nothing_that_ran() {
    let node = Node::new();
    let has = |path: &Path, text: &str| match text {
        "" => path.exists(),
        text => fs::read_to_string(path).is_ok_and(|found| found.contains(text)),
    };
    for (name, text) in crate::ON_THE_WAY {
        let path = node.container("a");
        let spec = node.spec("a", &["wait"]);
        let created = thread::scope(|scope| {
            let making = scope.spawn(|| node.runtime.create(&path, &spec));
            // It may come further in the meantime, even to be created.
            let shim = loop {
                let shim = holder(&path).map(|holder| holder.shim);
                let come = |shim: &Mark| has(&crate::on_the_way(&path, shim.pid).join(name), text) || making.is_finished();
                match shim.filter(come) {
                    Some(shim) => break shim,
                    None => thread::yield_now(),
                }
            };
            if let Some(watch) = shim.alive().unwrap() {
                kill(shim.pid);
                readable(&watch);
            }
            making.join().unwrap()
        });
        if let Err(error) = created {
            assert!(matches!(error, RuntimeError::Shim { .. }), "{error}");
        }
        let standing = node.runtime.look(&path).unwrap();
        node.runtime.delete(&path).unwrap();
        assert_eq!(standing, Standing::Absent);
    }
}

/// The processes that a process has forked or adopted.
fn children(pid: i32) -> Vec<i32> {
    let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

#[test]
fn a_worker_killed_alone_while_it_makes_a_container_is_an_error_that_leaves_nothing() {
    let node = Node::new();
    let phases: [&dyn Fn(&Folder) -> bool; 3] = [
        // As soon as it is there.
        &|_| true,
        &|folder| folder.library().exists(),
        &|folder| folder.library().join("a/notify.sock").exists(),
    ];
    for (number, phase) in phases.into_iter().enumerate() {
        let path = node.container("a");
        let folder = Folder::new(&path);
        let spec = node.spec("a", &["wait"]);
        let created = thread::scope(|scope| {
            let making = scope.spawn(|| node.runtime.create(&path, &spec));
            // The shim's only child: its container is one only when the worker has ended.
            let worker = loop {
                let child = holder(&path).and_then(|holder| children(holder.shim.pid).first().copied());
                match child {
                    Some(child) if phase(&folder) => break Some(child),
                    // It was quicker.
                    _ if making.is_finished() => break None,
                    _ => thread::yield_now(),
                }
            };
            if let Some(worker) = worker {
                // It may have ended just now, and be waited for.
                let _ = kill_process(Pid::from_raw(worker).unwrap(), Signal::KILL);
            }
            making.join().unwrap()
        });
        match created {
            Err(error) => {
                assert!(matches!(error, RuntimeError::Shim { .. } | RuntimeError::System { .. }), "{number}: {error}");
                assert_eq!(node.runtime.look(&path).unwrap(), Standing::Absent, "{number}");
            }
            Ok(()) => assert_ne!(number, 0, "a worker that is killed at its beginning has made nothing"),
        }
        node.runtime.delete(&path).unwrap();
        // The launcher goes on.
        assert_eq!(node.run(&node.spec("b", &["exit", "3"])).0.code, 3);
    }
}

#[test]
fn containers_outlive_a_killed_launcher_and_the_next_call_starts_another() {
    let node = Node::new();
    let running = node.start(&node.spec("a", &["wait"]));
    let waiting = node.container("b");
    node.runtime.create(&waiting, &node.spec("b", &["exit", "3"])).unwrap();
    let launcher = fs::read_to_string(format!("/sys/fs/cgroup/pids{}/shim/cgroup.procs", node.options.cgroup))
        .or_else(|_| fs::read_to_string(format!("/sys/fs/cgroup{}/shim/cgroup.procs", node.options.cgroup)))
        .unwrap();
    let is_launcher =
        |pid: &&str| fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().contains(&format!(") S {} ", std::process::id()));
    kill(launcher.lines().find(is_launcher).unwrap().parse().unwrap());
    node.runtime.start(&waiting).unwrap();
    assert_eq!(node.wait(&waiting).code, 3);
    assert_eq!(node.exec(&running, &process(&["say", "x"])).unwrap().1, "x\n");
    assert_eq!(node.run(&node.spec("c", &["exit", "4"])).0.code, 4);
    assert!(matches!(node.runtime.look(&running).unwrap(), Standing::Running { .. }));
}

#[test]
fn whoever_created_a_container_and_dies_takes_it_along_unless_it_runs() {
    let node = Node::new();
    let running = node.start(&node.spec("a", &["wait"]));
    let first = Embedded::open(node.options.clone()).unwrap();
    let waiting = node.container("b");
    first.create(&waiting, &node.spec("b", &["wait"])).unwrap();
    assert_eq!(node.runtime.look(&waiting).unwrap(), Standing::Unsettled);
    let watch = node.runtime.watch(&waiting).unwrap().unwrap();
    drop(first);
    readable(&watch);
    assert_eq!(node.runtime.look(&waiting).unwrap(), Standing::Absent);
    let next = Embedded::open(node.options.clone()).unwrap();
    assert!(matches!(next.look(&running).unwrap(), Standing::Running { .. }));
    next.signal(&running, 9).unwrap();
    assert_eq!(node.wait(&running).code, 137);
    assert!(matches!(next.look(&running).unwrap(), Standing::Ended(_)));
}

#[test]
fn after_another_start_of_the_machine_nothing_of_before_runs() {
    let node = Node::new();
    let folder = node.start(&node.spec("a", &["wait"]));
    let before = holder(&folder).unwrap();
    let other = Holder { boot_id: "another".to_owned(), ..before.clone() };
    fs::write(Folder::new(&folder).holder(), other.to_line().unwrap()).unwrap();
    assert!(matches!(node.runtime.look(&folder).unwrap(), Standing::Lost { why } if why.contains("started again")));
    assert!(node.runtime.watch(&folder).unwrap().is_none());
    fs::write(Folder::new(&folder).holder(), before.to_line().unwrap()).unwrap();
}

#[test]
fn a_program_that_cannot_be_run_is_named_with_a_shells_code_and_nothing_stays() {
    let node = Node::new();
    fs::write(node.layer().join("bin/text"), "no program").unwrap();
    let running = node.start(&node.spec("running", &["wait"]));
    // Other runtimes pass over what is on the way and no program, as if it was not there.
    let no_program = if crate::MAKES_ITSELF { 126 } else { 127 };
    for (program, code) in [("nothing", 127), ("/bin/nothing", 127), ("/bin", 126), ("/bin/text", 126), ("text", no_program)] {
        let mut spec = node.spec("a", &[]);
        spec.process.args = vec![program.to_owned()];
        let folder = node.container("a");
        node.runtime.create(&folder, &spec).unwrap();
        let refusals = [node.runtime.start(&folder).unwrap_err(), node.exec(&running, &spec.process).unwrap_err()];
        for refusal in refusals {
            match refusal {
                RuntimeError::Program { program: named, code: with, .. } => assert_eq!((named.as_str(), with), (program, code)),
                other => panic!("{program}: {other}"),
            }
        }
        assert_eq!(node.runtime.look(&folder).unwrap(), Standing::Absent);
        node.runtime.delete(&folder).unwrap();
    }
}

#[test]
fn what_cannot_be_made_says_why_and_leaves_nothing_but_the_folder() {
    let node = Node::new();
    let mut spec = node.spec("a", &["wait"]);
    spec.binds = vec![berth_runtime::Bind { source: "/not/there".into(), target: "/x".into(), read_only: false, fill: None }];
    let folder = node.container("a");
    let refusal = node.runtime.create(&folder, &spec).unwrap_err();
    assert!(matches!(&refusal, RuntimeError::Specification { what } if what.contains("/not/there")), "{refusal}");
    assert_eq!(node.runtime.look(&folder).unwrap(), Standing::Absent);
    node.runtime.delete(&folder).unwrap();
    spec.binds.clear();
    spec.tmpfs = vec![berth_runtime::Tmpfs { target: "/proc/sys".into(), options: Vec::new() }];
    let refusal = node.runtime.create(&folder, &spec).unwrap_err();
    assert!(refusal.to_string().contains("nothing can be mounted at /proc/sys"), "{refusal}");
    node.runtime.delete(&folder).unwrap();
    spec.tmpfs.clear();
    spec.rootfs.layers = vec![node.folder.path().join("no-layer")];
    let refusal = node.runtime.create(&folder, &spec).unwrap_err();
    assert!(refusal.to_string().contains("no-layer"), "{refusal}");
}

#[test]
fn a_group_with_something_in_it_stays_and_says_so() {
    let node = Node::new();
    let group = Group { name: "limited".to_owned(), cpu_millis: Some(500), memory: Some(64 << 20) };
    node.runtime.make_group(&group).unwrap();
    node.runtime.make_group(&group).unwrap();
    let mut spec = node.spec("a", &["wait"]);
    spec.group = "limited".to_owned();
    let folder = node.start(&spec);
    let usage = || node.runtime.usage(&folder).unwrap().unwrap();
    assert!(usage().cpu_nanos > 0);
    // The threads of another runtime are counted for a moment after they are gone.
    until("the program alone is counted", || usage().pids == 1);
    assert!(node.runtime.remove_group("limited").is_err());
    node.runtime.delete(&folder).unwrap();
    node.runtime.remove_group("limited").unwrap();
    node.runtime.remove_group("limited").unwrap();
}

#[test]
fn the_program_that_holds_containers_cannot_be_written_through_its_processes() {
    let node = Node::new();
    let folder = node.start(&node.spec("a", &["wait"]));
    let shim = holder(&folder).unwrap().shim.pid;
    let mount = rustix::fs::statvfs(format!("/proc/{shim}/exe")).unwrap();
    assert!(mount.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
    let mut spec = node.spec("b", &[]);
    spec.process.args = vec!["/proc/self/exe".to_owned()];
    let (ended, ..) = node.run(&spec);
    assert!(!crate::MAKES_ITSELF || ended.code == 2, "it says how it is used, and ends");
}
