//! Containers that are started once more, and processes in them whose time is limited.

use std::time::Duration;

use berth_runtime::{Position, Runtime, SegmentReader, Standing, TIMED_OUT};

use crate::node::{Node, process, readable};

#[test]
fn a_container_that_is_started_once_more_keeps_its_files_and_goes_on_writing_behind_what_it_wrote() {
    let node = Node::new();
    let folder = node.start(&node.spec("a", &["notch", "/notches"]));
    let first = node.wait(&folder);
    let mut reader = SegmentReader::open(&folder, Position::default());
    let read = |reader: &mut SegmentReader| {
        let chunk = reader.next().unwrap().unwrap();
        reader.discard_before(Position { segment: chunk.position_after.segment + 1, offset: 0 }).unwrap();
        String::from_utf8(chunk.bytes).unwrap()
    };
    assert_eq!(read(&mut reader), "1\n");
    for life in 2..4 {
        assert!(matches!(node.runtime.look(&folder).unwrap(), Standing::Ended(_)));
        node.runtime.recreate(&folder).unwrap();
        assert_eq!(node.runtime.look(&folder).unwrap(), Standing::Created);
        let Standing::Running { started_at, .. } = node.runtime.start(&folder).unwrap() else { panic!("it does not run") };
        assert!(started_at >= first.ended_at);
        assert_eq!(node.wait(&folder).code, 0);
        assert_eq!(read(&mut reader), format!("{life}\n"));
    }
    node.runtime.delete(&folder).unwrap();
    assert!(!folder.exists());
}

#[test]
fn making_a_container_once_more_can_be_cut_off_and_repeated() {
    let node = Node::new();
    let folder = node.start(&node.spec("a", &["notch", "/notches"]));
    node.wait(&folder);
    node.runtime.recreate(&folder).unwrap();
    // Another agent finds it, in the place of the one that was killed.
    let other = berth_runtime::Embedded::open(node.options.clone()).unwrap();
    other.recreate(&folder).unwrap();
    other.start(&folder).unwrap();
    assert_eq!(node.wait(&folder).code, 0);
    assert_eq!(node.output(&folder).0, "1\n2\n");
}

/// How many processes run in a node's containers with this as an argument. The dead wait for a first process that never collects them.
fn alive(node: &Node, word: &str) -> usize {
    let of_node = |pid: &std::path::Path| {
        let read = |name: &str| std::fs::read_to_string(pid.join(name)).unwrap_or_default();
        let is_dead = read("stat").rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'));
        !is_dead && read("cgroup").contains(&format!("{}/task/", node.options.cgroup)) && read("cmdline").contains(word)
    };
    std::fs::read_dir("/proc").unwrap().filter(|entry| of_node(&entry.as_ref().unwrap().path())).count()
}

#[test]
fn a_process_whose_time_is_over_ends_with_all_it_started() {
    let node = Node::new();
    let folder = node.start(&node.spec("a", &["wait"]));
    let within = Some(Duration::from_millis(500));
    let (code, out, _) = node.exec_within(&folder, &process(&["brood"]), within).unwrap();
    assert_eq!((code, out.as_str()), (TIMED_OUT, "brooding\n"));
    assert_eq!(alive(&node, "brood"), 0, "none of them is left");
    assert_eq!(alive(&node, "wait"), 1, "the container goes on");
    let (code, out, _) = node.exec_within(&folder, &process(&["say", "soon"]), Some(Duration::from_secs(60))).unwrap();
    assert_eq!((code, out.as_str()), (0, "soon\n"));
    assert_eq!(node.exec_within(&folder, &process(&["exit", "3"]), within).unwrap().0, 3);
}

#[test]
fn what_a_limited_process_leaves_behind_ends_with_it() {
    let node = Node::new();
    let folder = node.start(&node.spec("a", &["wait"]));
    // Its output is read to the end, which an orphan holds open.
    let (code, _, _) = node.exec_within(&folder, &process(&["orphan"]), Some(Duration::from_secs(60))).unwrap();
    assert_eq!(code, 0);
    assert_eq!(alive(&node, "orphan"), 0);
}

#[test]
fn a_limited_process_ends_in_time_though_whoever_asked_for_it_is_gone() {
    let node = Node::new();
    let folder = node.start(&node.spec("a", &["wait"]));
    let (_, output) = std::io::pipe().unwrap();
    let executed = {
        let asking = berth_runtime::Embedded::open(node.options.clone()).unwrap();
        let stdio = node.stdio(output.try_clone().unwrap().into(), output.into());
        asking.exec(&folder, &process(&["brood"]), stdio, Some(Duration::from_millis(300))).unwrap()
    };
    // The launcher that forked who waits for it has ended with the one that asked.
    readable(&executed.exit);
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while alive(&node, "brood") > 0 {
        assert!(std::time::Instant::now() < until, "it goes on");
        std::thread::yield_now();
    }
}
