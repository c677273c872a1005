//! What containers write.

use std::thread;

use crate::node::{Node, readable};
use berth_runtime::{Output, Position, Runtime, SegmentReader, WhenFull};

const BYTES: usize = 3 << 20;

fn keep(when_full: WhenFull) -> Output {
    Output::Keep { segment_bytes: 100_000, segments: 3, when_full }
}

#[test]
fn a_container_that_writes_faster_than_it_is_read_waits() {
    let node = Node::new();
    let mut spec = node.spec("a", &["flood", &BYTES.to_string()]);
    spec.output = keep(WhenFull::Block);
    let folder = node.start(&spec);
    let mut reader = SegmentReader::open(&folder, Position::default());
    let changes = reader.changes().unwrap();
    let mut read = 0;
    while !reader.at_end().unwrap() {
        while let Some(chunk) = reader.next().unwrap() {
            read += chunk.bytes.len();
            reader.discard_before(chunk.position_after).unwrap();
        }
        if !reader.at_end().unwrap() {
            readable(&changes);
            let mut events = [0; 4096];
            while rustix::io::read(&changes, &mut events).is_ok_and(|length| length > 0) {}
        }
    }
    assert_eq!((read, node.wait(&folder).output_dropped), (BYTES, 0));
}

#[test]
fn or_loses_what_it_writes_and_says_how_much() {
    let node = Node::new();
    let mut spec = node.spec("a", &["flood", &BYTES.to_string()]);
    spec.output = keep(WhenFull::Drop);
    let folder = node.start(&spec);
    let ended = node.wait(&folder);
    let kept = node.output(&folder).0.len();
    assert!(ended.output_dropped > 0 && kept >= 200_000, "{kept} kept");
    assert_eq!(kept + usize::try_from(ended.output_dropped).unwrap(), BYTES);
}

#[test]
fn the_last_words_are_kept_without_a_line_end_and_with_full_segments() {
    let node = Node::new();
    assert_eq!(node.run(&node.spec("a", &["write", "last"])).1, "last");
    let mut spec = node.spec("b", &["write", &"x".repeat(60_000)]);
    spec.output = Output::Keep { segment_bytes: 1000, segments: 1, when_full: WhenFull::Block };
    assert_eq!(node.run(&spec).1.len(), 60_000);
    spec.output = Output::Discard;
    assert_eq!(node.run(&spec).1, "");
}

#[test]
fn a_process_left_behind_does_not_keep_the_container() {
    let node = Node::new();
    assert_eq!(node.run(&node.spec("a", &["orphan"])).0.code, 0);
}

#[test]
fn many_containers_run_at_once() {
    let node = Node::new();
    thread::scope(|scope| {
        for number in 0..12 {
            let node = &node;
            scope.spawn(move || {
                let text = number.to_string();
                let (ended, out, _) = node.run(&node.spec(&format!("c{number}"), &["say", &text]));
                assert_eq!((ended.code, out.trim()), (0, text.as_str()));
            });
        }
    });
    assert!(node.runtime.usage(&node.container("c0")).unwrap().is_none());
}
