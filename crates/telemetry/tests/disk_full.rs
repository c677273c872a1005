//! A full disk refuses writes clearly, loses nothing, and is over when there is space again, without a restart.

#![cfg(test)]

use std::path::Path;
use std::process::Command;

use berth_model::{LogGroupId, Timestamp};
use berth_telemetry::logs::{LogStore, Most, NewEvent, Options, Range, WriteError};

const FOLDER: &str = "BERTH_LOGS_DISK_FULL_TEST_FOLDER";
const GROUP: LogGroupId = LogGroupId::from_bytes([1; 16]);
/// Of the file system, and of a file that is deleted to make space.
const SIZE: &str = "size=2m";
const BALLAST: usize = 1 << 20;

/// Text that does not compress.
fn batch(number: u64) -> Vec<NewEvent> {
    let noise = |place: u64| (number * 1_000 + place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let event = |place| NewEvent {
        timestamp: Timestamp::from_millis(i64::try_from(number).unwrap()),
        message: format!("{number} {place} {:016x}{:016x}", noise(place), noise(place + 500)),
    };
    (0..200).map(event).collect()
}

async fn write_until_full(store: &LogStore, acknowledged: &mut u64) {
    loop {
        match store.append(GROUP, "s", Timestamp::EPOCH, &batch(*acknowledged), None).await {
            Ok(()) => *acknowledged += 1,
            Err(WriteError::NotWritten(_)) => return,
            Err(other) => panic!("{other}"),
        }
    }
}

fn assert_holds(store: &LogStore, batches: u64) {
    let (mut range, mut events) = (Range::ALL, Vec::new());
    while let Some(page) = store.read(GROUP, "s", range, false, Most { events: 10_000, bytes: 1 << 20 }).unwrap()
        && let Some(last) = page.last()
    {
        range.from = last.position.next();
        events.extend(page.into_iter().map(|event| event.message));
    }
    let expected: Vec<_> = (0..batches).flat_map(batch).map(|event| event.message).collect();
    assert_eq!(events.len(), expected.len());
    assert_eq!(events, expected);
}

/// Not a test: what runs in a mount namespace of its own, so that the file system goes away with it, however it ends.
#[test]
#[ignore = "started by the other test"]
fn in_a_small_file_system() {
    let folder = std::env::var_os(FOLDER).expect("started by the other test");
    let folder = Path::new(&folder);
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(folder).status().unwrap();
    assert!(mounted.success());
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0; BALLAST]).unwrap();
    let options = Options { segment_bytes: 100_000, ..Options::default() };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let store = LogStore::open(&folder.join("logs"), options).unwrap();
        store.create_stream(GROUP, "s", Timestamp::EPOCH).await.unwrap();
        let mut acknowledged = 0;
        write_until_full(&store, &mut acknowledged).await;
        assert!(acknowledged > 5, "{acknowledged}");
        assert_holds(&store, acknowledged);
        std::fs::remove_file(ballast).unwrap();
        let before = acknowledged;
        write_until_full(&store, &mut acknowledged).await;
        assert!(acknowledged > before + 5, "{before} to {acknowledged}");
        assert_holds(&store, acknowledged);
        store.close().await.unwrap();
        let store = LogStore::open(&folder.join("logs"), options).unwrap();
        assert_holds(&store, acknowledged);
    });
}

#[test]
fn full_disk_refuses_writes_and_is_over_when_there_is_space() {
    let folder = tempfile::TempDir::new().unwrap();
    // As another user than root, a user namespace gives the right to mount.
    let unshared = Command::new("unshare")
        .args(["--mount", "--user", "--map-root-user", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_small_file_system", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&unshared.stdout) + String::from_utf8_lossy(&unshared.stderr);
    assert!(unshared.status.success(), "{output}");
    assert!(output.contains("1 passed"), "{output}");
}
