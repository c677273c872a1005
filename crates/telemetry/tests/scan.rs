//! Scanning many groups: every event once, the latest first.

#![cfg(test)]

use std::ops::ControlFlow;

use berth_model::{LogGroupId, Timestamp};
use berth_telemetry::logs::{LogStore, NewEvent, Options, Position, Range};

fn id(group: u8) -> LogGroupId {
    LogGroupId::from_bytes([group; 16])
}

async fn filled(folder: &std::path::Path) -> LogStore {
    let store = LogStore::open(folder, Options { segment_bytes: 2_000, segment_frames: 7 }).unwrap();
    for group in 0..3 {
        for stream in ["a", "b"] {
            store.create_stream(id(group), stream, Timestamp::EPOCH).await.unwrap();
        }
    }
    for batch in 0..20_i64 {
        let group = u8::try_from(batch % 3).unwrap();
        let stream = if batch % 2 == 0 { "a" } else { "b" };
        let event = |number: i64| NewEvent {
            timestamp: Timestamp::from_millis(1000 + batch * 7 % 40 + number * 3),
            message: format!("{group}{stream} {batch} {number}"),
        };
        let events: Vec<NewEvent> = (0..10).map(event).collect();
        store.append(id(group), stream, Timestamp::from_millis(5000 + batch), &events, None).await.unwrap();
    }
    store
}

#[tokio::test]
async fn every_event_is_passed_once_and_the_latest_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    let groups = [(id(0), Range::ALL), (id(1), Range::ALL), (id(2), Range::ALL), (id(9), Range::ALL)];
    let (mut seen, mut positions) = (Vec::new(), Vec::new());
    store
        .scan(&groups, &mut |passed| {
            assert!(passed.message.starts_with(&format!("{}{} ", passed.group, passed.stream)), "{passed:?}");
            seen.push(passed.message.to_owned());
            positions.push((passed.timestamp, passed.position));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen.len(), 200);
    assert!(positions.is_sorted_by(|one, other| one > other));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 200);
}

#[tokio::test]
async fn scan_keeps_to_ranges_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    let at = |millis| Position::at(Timestamp::from_millis(millis));
    let groups = [(id(0), Range { from: at(1010), to: at(1020) }), (id(1), Range { from: at(1050), to: at(1060) })];
    let mut count = 0;
    store
        .scan(&groups, &mut |passed| {
            let times = if passed.group == 0 { 1010..1020 } else { 1050..1060 };
            assert!(times.contains(&passed.timestamp.as_millis()));
            count += 1;
            if count == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(count, 5);
}
