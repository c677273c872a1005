//! A process that is killed at any moment loses no acknowledged write and leaves none half there.

#![cfg(test)]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use berth_model::{Cluster, ClusterStatus, Family, Region, Tags, Timestamp};
use berth_store::backend::Sqlite;
use berth_store::{ClusterKey, FamilyKey, Options, Store};

const ROUNDS: u64 = 200;
const WRITERS: u32 = 8;
/// The longest a writer lives after it began to write.
const LONGEST: u64 = 60_000;
const FOLDER: &str = "BERTH_CRASH_TEST_FOLDER";

fn place() -> Region {
    Region::new("us-east-1").unwrap()
}

fn open(folder: &Path) -> Store {
    Store::open(Sqlite::open(&folder.join("store.db"), "crash").unwrap(), Options::new("crash")).unwrap()
}

fn name(writer: u32, row: &str) -> berth_model::Name {
    format!("{writer}-{row}").into()
}

/// The rows of one change set: always the same ones of a writer, in two tables, all with its number.
fn rows(writer: u32, number: u32) -> ([Family; 2], Cluster) {
    let family = |row| Family { region: place(), name: name(writer, row), last_revision: number };
    let cluster = Cluster {
        region: place(),
        name: name(writer, "c"),
        status: ClusterStatus::Active,
        settings: Vec::new(),
        configuration: None,
        capacity_providers: Vec::new(),
        default_strategy: Vec::new(),
        service_connect_namespace: None,
        tags: Tags::default(),
        created_at: Timestamp::from_millis(i64::from(number)),
        inactive_at: None,
    };
    ([family("a"), family("b")], cluster)
}

/// The number a writer got to, which all its rows must agree on.
fn reached(store: &Store, writer: u32) -> u32 {
    let view = store.view();
    let family =
        |row| view.get::<Family>(&FamilyKey { region: place(), name: name(writer, row) }).map_or(0, |row| row.last_revision);
    let cluster = view.get::<Cluster>(&ClusterKey { region: place(), name: name(writer, "c") });
    let cluster = cluster.map_or(0, |row| row.created_at.as_millis());
    assert_eq!(family("a"), family("b"), "writer {writer} has half a change set");
    assert_eq!(cluster, i64::from(family("a")), "writer {writer} has half a change set");
    family("a")
}

/// Not a test: the process that is killed. It says each write that was acknowledged.
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
            loop {
                number += 1;
                let (families, cluster) = rows(writer, number);
                let written = store.update(|tx| {
                    families.into_iter().for_each(|family| drop(tx.put(family)));
                    tx.put(cluster);
                    Ok::<(), Infallible>(())
                });
                if written.await.is_err() {
                    break;
                }
                writeln!(std::io::stdout(), "{writer} {number}").unwrap();
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

/// Lets a writer process write for a while, kills it, and answers the last write of each writer it acknowledged.
fn run_and_kill(folder: &Path, micros: u64) -> BTreeMap<u32, u32> {
    let mut child = start(folder);
    let output = BufReader::new(child.stdout.take().unwrap());
    let (opened, is_open) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut acknowledged = BTreeMap::new();
        for line in output.lines().map_while(Result::ok) {
            if line == "open" {
                let _ = opened.send(());
            }
            // The last line can be cut short by the kill; such a write was not acknowledged.
            let Some((writer, number)) = line.split_once(' ') else { continue };
            if let (Ok(writer), Ok(number)) = (writer.parse::<u32>(), number.parse::<u32>()) {
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
fn killed_at_any_moment_every_acknowledged_write_is_there_and_none_half() {
    let folder = tempfile::TempDir::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut written, mut before) = (0, vec![0; WRITERS as usize]);
    for round in 0..ROUNDS {
        let micros = RandomState::new().hash_one(round) % LONGEST;
        let acknowledged = run_and_kill(folder.path(), micros);
        let store = open(folder.path());
        for writer in 0..WRITERS {
            let (there, before) = (reached(&store, writer), &mut before[writer as usize]);
            let last = acknowledged.get(&writer).copied().unwrap_or(*before);
            // The write after the last acknowledged one may have become durable; no later one was begun.
            assert!(there == last || there == last + 1, "round {round}: writer {writer} was told {last}, and {there} is there");
            written += u64::from(there - *before);
            *before = there;
        }
        runtime.block_on(store.close()).unwrap();
    }
    assert!(written > ROUNDS, "the writers came to write: {written}");
    println!("{written} change sets in {ROUNDS} rounds");
}
