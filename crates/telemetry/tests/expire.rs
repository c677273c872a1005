//! Retention: what has expired gives its space back, and nothing else does.

#![cfg(test)]

use std::collections::HashMap;
use std::path::Path;

use berth_model::{LogGroupId, Timestamp};
use berth_telemetry::logs::{LogStore, Most, NewEvent, Options, Range};

const OLD: LogGroupId = LogGroupId::from_bytes([1; 16]);
const KEPT: LogGroupId = LogGroupId::from_bytes([2; 16]);
const MOST: Most = Most { events: 1_000_000, bytes: usize::MAX };

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

fn segments(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "log"))
        .count()
}

fn open(folder: &Path) -> LogStore {
    LogStore::open(folder, Options { segment_bytes: 4096, segment_frames: 1000 }).unwrap()
}

async fn write(logs: &LogStore, group: LogGroupId, seconds: std::ops::Range<i64>) {
    for second in seconds {
        let events = [NewEvent { timestamp: at(second), message: format!("{second} {:x>200}", "") }];
        logs.append(group, "main", at(second), &events, None).await.unwrap();
    }
}

fn count(logs: &LogStore, group: LogGroupId) -> usize {
    logs.read(group, "main", Range::ALL, false, MOST).unwrap().unwrap().len()
}

#[tokio::test]
async fn expired_segments_go_and_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    for group in [OLD, KEPT] {
        logs.create_stream(group, "main", at(0)).await.unwrap();
    }
    write(&logs, OLD, 0..300).await;
    let before = segments(folder.path());
    assert_eq!(logs.expire(HashMap::from([(OLD, at(0))])).await.unwrap(), 0, "nothing is that old");
    assert_eq!(logs.expire(HashMap::from([(KEPT, at(1000))])).await.unwrap(), 0, "another group's events are that old");

    let deleted = logs.expire(HashMap::from([(OLD, at(200))])).await.unwrap();
    assert!(deleted > 1, "{before} segments");
    assert!(segments(folder.path()) < before);
    let left = count(&logs, OLD);
    assert!((100..300).contains(&left));
    assert_eq!(logs.bytes_of_group(OLD), logs.stream(OLD, "main").unwrap().unwrap().bytes);
    let last = logs.read(OLD, "main", Range::ALL, true, Most { events: 1, ..MOST }).unwrap().unwrap();
    assert_eq!(last[0].timestamp, at(299));

    write(&logs, KEPT, 300..320).await;
    logs.close().await.unwrap();
    let bytes = logs.bytes_of_group(OLD);
    let logs = open(folder.path());
    assert_eq!((count(&logs, OLD), count(&logs, KEPT)), (left, 20));
    assert_eq!(logs.bytes_of_group(OLD), bytes);
}

#[tokio::test]
async fn segment_with_one_event_to_keep_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    for group in [OLD, KEPT] {
        logs.create_stream(group, "main", at(0)).await.unwrap();
    }
    for second in 0..200 {
        write(&logs, OLD, second..second + 1).await;
        write(&logs, KEPT, second..second + 1).await;
    }
    assert_eq!(logs.expire(HashMap::from([(OLD, at(10_000))])).await.unwrap(), 0);
    assert_eq!(count(&logs, KEPT), 200);
    assert!(logs.expire(HashMap::from([(OLD, at(10_000)), (KEPT, at(100))])).await.unwrap() > 0);
    assert!(count(&logs, KEPT) >= 100);
}
