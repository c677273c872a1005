//! A process that is killed at any moment loses no acknowledged event, doubles none, and leaves their order.

#![cfg(test)]

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use berth_model::{LogGroupId, Timestamp};
use berth_telemetry::logs::{LogStore, Most, NewEvent, Options, Range};

const ROUNDS: u64 = 50;
const WRITERS: u64 = 8;
/// The longest a writer lives after it began to write.
const LONGEST: u64 = 60_000;
const FOLDER: &str = "BERTH_LOG_CRASH_TEST_FOLDER";
const GROUP: LogGroupId = LogGroupId::from_bytes([1; 16]);

/// Small segments, so that kills meet sealing and checkpoints too.
fn open(folder: &Path) -> LogStore {
    LogStore::open(folder, Options { segment_bytes: 40_000, segment_frames: 200 }).unwrap()
}

/// The events of a batch all bear its number.
fn batch(number: u64) -> Vec<NewEvent> {
    let event = |place| NewEvent {
        timestamp: Timestamp::from_millis(i64::try_from(number).unwrap()),
        message: format!("{number} {place} {}", "x".repeat(usize::try_from(number % 50).unwrap())),
    };
    (0..=number % 7).map(event).collect()
}

fn stream(writer: u64) -> String {
    format!("writer-{writer}")
}

/// The number of the last batch of a writer; all before it must be there, whole, once and in order.
fn reached(store: &LogStore, writer: u64) -> u64 {
    let (mut range, mut number) = (Range::ALL, 0);
    let most = Most { events: 10_000, bytes: 1 << 20 };
    let mut expected = Vec::new();
    while let Some(page) = store.read(GROUP, &stream(writer), range, false, most).unwrap()
        && let Some(last) = page.last()
    {
        for event in &page {
            if expected.is_empty() {
                number += 1;
                expected = batch(number);
            }
            let next = expected.remove(0);
            assert_eq!((event.timestamp, &event.message), (next.timestamp, &next.message), "writer {writer}");
        }
        range.from = last.position.next();
    }
    assert!(expected.is_empty(), "writer {writer}: half a batch is there");
    number
}

/// Not a test: the process that is killed. It says each batch that was acknowledged.
#[test]
#[ignore = "started by the other test"]
fn writer_process() {
    let folder = std::env::var_os(FOLDER).expect("started by the other test");
    let store = open(Path::new(&folder));
    println!("\nopen");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let (store, mut number) = (store.clone(), reached(&store, writer));
        runtime.spawn(async move {
            let _ = store.create_stream(GROUP, &stream(writer), Timestamp::EPOCH).await;
            loop {
                number += 1;
                if store.append(GROUP, &stream(writer), Timestamp::EPOCH, &batch(number), None).await.is_err() {
                    break;
                }
                writeln!(std::io::stdout(), "{writer} {number}").unwrap();
                // Another stream comes and goes, so that segments die as well.
                let passing = format!("passing-{writer}-{number}");
                store.create_stream(GROUP, &passing, Timestamp::EPOCH).await.unwrap();
                store.delete_stream(GROUP, &passing).await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    for writer in writers {
        runtime.block_on(writer).unwrap();
    }
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "writer_process", "--ignored", "--nocapture"]).env(FOLDER, folder);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Lets a writer process write for a while, kills it, and answers the last batch of each writer it acknowledged.
fn run_and_kill(folder: &Path, micros: u64) -> BTreeMap<u64, u64> {
    let mut child = start(folder);
    let output = BufReader::new(child.stdout.take().unwrap());
    let (opened, is_open) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut acknowledged = BTreeMap::new();
        for line in output.lines().map_while(Result::ok) {
            if line == "open" {
                let _ = opened.send(());
            }
            // The last line can be cut short by the kill; such a batch was not acknowledged.
            let Some((writer, number)) = line.split_once(' ') else { continue };
            if let (Ok(writer), Ok(number)) = (writer.parse::<u64>(), number.parse::<u64>()) {
                let last = acknowledged.entry(writer).or_default();
                *last = number.max(*last);
            }
        }
        acknowledged
    });
    // Some are killed while they are still opening what the one before left.
    let patience = if micros.is_multiple_of(5) { Duration::from_micros(micros / 4) } else { Duration::from_secs(60) };
    if is_open.recv_timeout(patience).is_ok() {
        // The moment of the kill is what is random here. The wait ends early if the process does.
        let _ = is_open.recv_timeout(Duration::from_micros(micros));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn killed_at_any_moment_every_acknowledged_event_is_there_once_and_in_order() {
    let folder = tempfile::TempDir::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut written, mut before) = (0, vec![0; usize::try_from(WRITERS).unwrap()]);
    for round in 0..ROUNDS {
        let micros = RandomState::new().hash_one(round) % LONGEST;
        let acknowledged = run_and_kill(folder.path(), micros);
        let store = open(folder.path());
        for (writer, before) in (0..WRITERS).zip(&mut before) {
            let there = reached(&store, writer);
            let last = acknowledged.get(&writer).copied().unwrap_or(*before);
            // The batch after the last acknowledged one may have become durable; no later one was begun.
            assert!(there == last || there == last + 1, "round {round}: writer {writer} was told {last}, and {there} is there");
            written += there - *before;
            *before = there;
        }
        runtime.block_on(store.close()).unwrap();
    }
    assert!(written > ROUNDS, "the writers came to write: {written}");
    println!("{written} batches in {ROUNDS} rounds");
}
