//! What a crash or a bad disk leaves, and what a start makes of it.

#![cfg(test)]

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use berth_model::{LogGroupId, Timestamp};
use berth_telemetry::logs::{LogError, LogStore, Most, NewEvent, Options, Range, Search, Selection};
use tempfile::TempDir;

const GROUP: LogGroupId = LogGroupId::from_bytes([1; 16]);
const MOST: Most = Most { events: 10_000, bytes: 1 << 20 };
/// So long that everything is in one segment.
const LONG: Options = Options { segment_bytes: 1 << 20, segment_frames: 1_000 };
/// So short that a few batches fill one.
const SHORT: Options = Options { segment_bytes: 1 << 20, segment_frames: 4 };

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn append(store: &LogStore, stream: &str, number: i64) {
    let event = NewEvent { timestamp: Timestamp::from_millis(number), message: format!("event {number}") };
    wait(store.append(GROUP, stream, Timestamp::EPOCH, &[event], None)).unwrap();
}

fn events(store: &LogStore, stream: &str) -> Result<Vec<String>, LogError> {
    let events = store.read(GROUP, stream, Range::ALL, false, MOST)?.unwrap_or_default();
    Ok(events.into_iter().map(|event| event.message).collect())
}

fn expected(count: i64) -> Vec<String> {
    (0..count).map(|number| format!("event {number}")).collect()
}

/// What is on disk now, as a crash would leave it: everything acknowledged is synced. The store goes on meanwhile and gives files
/// their last names; a copy during which one went is no moment's picture, and another is made.
fn crashed(folder: &Path) -> TempDir {
    loop {
        let copy = TempDir::new().unwrap();
        match copy_of(folder, copy.path()) {
            Ok(()) => return copy,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => panic!("the folder of the store cannot be copied: {error}"),
        }
    }
}

fn copy_of(folder: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|of| of == extension));
    paths.sort();
    paths
}

#[test]
fn segment_cut_off_anywhere_keeps_what_is_whole_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let store = LogStore::open(folder.path(), LONG).unwrap();
    wait(store.create_stream(GROUP, "s", Timestamp::EPOCH)).unwrap();
    let segment = files(folder.path(), "log").remove(0);
    let mut ends = vec![fs::metadata(&segment).unwrap().len()];
    for number in 0..6 {
        append(&store, "s", number);
        ends.push(fs::metadata(&segment).unwrap().len());
    }
    let folder = crashed(folder.path());
    for length in 0..=*ends.last().unwrap() {
        let copy = crashed(folder.path());
        let path = copy.path().join(segment.file_name().unwrap());
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let store = LogStore::open(copy.path(), LONG).unwrap();
        let whole = ends.iter().filter(|end| **end <= length).count();
        let Some(count) = whole.checked_sub(1) else {
            // Not even the stream is there.
            assert!(store.stream(GROUP, "s").unwrap().is_none());
            continue;
        };
        let count = i64::try_from(count).unwrap();
        assert_eq!(events(&store, "s").unwrap(), expected(count), "cut at {length}");
        append(&store, "s", count);
        wait(store.close()).unwrap();
        let store = LogStore::open(copy.path(), LONG).unwrap();
        assert_eq!(events(&store, "s").unwrap(), expected(count + 1), "cut at {length}");
        assert_eq!(store.bytes_of_group(GROUP), 33 * (whole as u64));
    }
}

#[test]
fn rubbish_after_the_last_frame_is_cut_off() {
    let folder = TempDir::new().unwrap();
    let store = LogStore::open(folder.path(), LONG).unwrap();
    wait(store.create_stream(GROUP, "s", Timestamp::EPOCH)).unwrap();
    (0..3).for_each(|number| append(&store, "s", number));
    for rubbish in [vec![0; 100], vec![0xff; 5], (0..200).collect()] {
        let copy = crashed(folder.path());
        let path = files(copy.path(), "log").remove(0);
        let mut bytes = fs::read(&path).unwrap();
        let length = bytes.len();
        bytes.extend(rubbish);
        fs::write(&path, bytes).unwrap();
        let store = LogStore::open(copy.path(), LONG).unwrap();
        assert_eq!(events(&store, "s").unwrap(), expected(3));
        assert_eq!(fs::metadata(&path).unwrap().len(), length as u64);
    }
}

#[test]
fn damage_in_a_full_segment_is_an_error_and_no_panic() {
    let folder = TempDir::new().unwrap();
    let store = LogStore::open(folder.path(), SHORT).unwrap();
    wait(store.create_stream(GROUP, "s", Timestamp::EPOCH)).unwrap();
    (0..40).for_each(|number| append(&store, "s", number));
    wait(store.close()).unwrap();
    for extension in ["log", "idx"] {
        let copy = crashed(folder.path());
        let path = files(copy.path(), extension).remove(0);
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
        let store = LogStore::open(copy.path(), SHORT).unwrap();
        assert!(matches!(events(&store, "s"), Err(LogError::Damaged { .. })), "{extension}");
    }
    let copy = crashed(folder.path());
    files(copy.path(), "idx").iter().for_each(|path| fs::remove_file(path).unwrap());
    let store = LogStore::open(copy.path(), SHORT).unwrap();
    assert_eq!(events(&store, "s").unwrap(), expected(40), "indexes are made again");
}

#[test]
fn start_after_any_number_of_segments_knows_everything_once() {
    let mut folders = vec![TempDir::new().unwrap()];
    let mut stores = vec![LogStore::open(folders[0].path(), SHORT).unwrap()];
    for round in 0..12 {
        let name = format!("s{round}");
        let store = stores.last().unwrap();
        wait(store.create_stream(GROUP, &name, Timestamp::EPOCH)).unwrap();
        (0..3).for_each(|number| append(store, &name, number));
        let copy = crashed(folders.last().unwrap().path());
        let store = LogStore::open(copy.path(), SHORT).unwrap();
        for earlier in 0..=round {
            assert_eq!(events(&store, &format!("s{earlier}")).unwrap(), expected(3), "round {round}");
        }
        assert_eq!(store.bytes_of_group(GROUP), (round + 1) * 3 * 33);
        stores.push(store);
        folders.push(copy);
    }
}

#[test]
fn segments_without_live_streams_are_deleted() {
    let folder = TempDir::new().unwrap();
    let store = LogStore::open(folder.path(), SHORT).unwrap();
    for name in ["dead", "live"] {
        wait(store.create_stream(GROUP, name, Timestamp::EPOCH)).unwrap();
        (0..20).for_each(|number| append(&store, name, number));
    }
    let before = files(folder.path(), "log").len();
    wait(store.delete_stream(GROUP, "dead")).unwrap();
    wait(store.close()).unwrap();
    let after = files(folder.path(), "log").len();
    assert!(after <= before / 2 + 2, "{before} segments became {after}");
    let store = LogStore::open(folder.path(), SHORT).unwrap();
    assert_eq!(events(&store, "live").unwrap(), expected(20));
    wait(store.retain_groups(|_| false)).unwrap();
    wait(store.close()).unwrap();
    assert_eq!(files(folder.path(), "log").len(), 1);
    assert_eq!(files(folder.path(), "idx").len(), 0);
}

#[test]
fn folder_belongs_to_one_store() {
    let folder = TempDir::new().unwrap();
    let store = LogStore::open(folder.path(), LONG).unwrap();
    assert!(matches!(LogStore::open(folder.path(), LONG), Err(LogError::Locked { .. })));
    wait(store.close()).unwrap();
    LogStore::open(folder.path(), LONG).unwrap();
}

#[test]
fn search_in_parts_finds_the_same_while_segments_go() {
    let folder = TempDir::new().unwrap();
    let store = LogStore::open(folder.path(), SHORT).unwrap();
    for name in ["dead", "live"] {
        wait(store.create_stream(GROUP, name, Timestamp::EPOCH)).unwrap();
    }
    for number in 0..30 {
        append(&store, "dead", number);
        append(&store, "live", number);
    }
    let mut search = Search {
        group: GROUP,
        streams: Selection::Names(vec!["live".to_owned()]),
        range: Range::ALL,
        pattern: "event".parse().unwrap(),
        most: Most { events: 7, ..MOST },
        effort: 1,
    };
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let page = store.search(&search).unwrap().unwrap();
        found.extend(page.events.into_iter().map(|event| event.message));
        pages += 1;
        if pages == 2 {
            wait(store.delete_stream(GROUP, "dead")).unwrap();
        }
        match page.next {
            Some(next) => search.range.from = next,
            None => break,
        }
    }
    assert_eq!(found, expected(30));
    assert!(pages > 5, "{pages} pages");
}

#[test]
fn batch_whose_answer_was_lost_is_there_once_when_it_comes_again() {
    for options in [LONG, SHORT] {
        let folder = TempDir::new().unwrap();
        let store = LogStore::open(folder.path(), options).unwrap();
        wait(store.create_stream(GROUP, "s", Timestamp::EPOCH)).unwrap();
        wait(store.create_stream(GROUP, "other", Timestamp::EPOCH)).unwrap();
        let put = |store: &LogStore, stream: &str, number: i64, ticket: Option<u64>| {
            let event = NewEvent { timestamp: Timestamp::from_millis(number), message: format!("event {number}") };
            wait(store.append(GROUP, stream, Timestamp::EPOCH, &[event], ticket)).unwrap();
        };
        put(&store, "s", 0, Some(1));
        put(&store, "s", 0, Some(1));
        put(&store, "other", 0, Some(1));
        put(&store, "s", 1, Some(2));
        wait(store.close()).unwrap();
        let store = LogStore::open(folder.path(), options).unwrap();
        put(&store, "s", 1, Some(2));
        put(&store, "s", 2, None);
        put(&store, "s", 3, None);
        let folder = crashed(folder.path());
        let store = LogStore::open(folder.path(), options).unwrap();
        assert_eq!(events(&store, "s").unwrap(), expected(4));
        assert_eq!(events(&store, "other").unwrap(), expected(1));
    }
}
