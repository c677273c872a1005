//! How fast events go in and come out. `cargo run --release -p berth-telemetry --example measure_logs [FOLDER]`
#![allow(clippy::print_stdout, reason = "it is there to print")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use berth_model::{LogGroupId, Timestamp};
use berth_telemetry::logs::{Listing, LogStore, Most, NewEvent, Options, Order, Range, Search, Selection};

const GROUP: LogGroupId = LogGroupId::from_bytes([1; 16]);
const AT: Timestamp = Timestamp::from_millis(1_769_860_800_000);

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("target/measure-logs"), PathBuf::from);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("emptying the folder")?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().build().context("starting the runtime")?;
    runtime.block_on(measure(&folder))
}

/// A line as web servers write them; no two are the same.
fn line(number: u64) -> String {
    let (path, status, micros) =
        (number * 7_919 % 10_007, [200, 200, 200, 304, 404, 500][(number % 6) as usize], number * 31 % 90_000);
    format!("10.0.{}.{} GET /api/items/{path} {status} {micros}us request={number:016x}", number % 256, number * 17 % 256)
}

fn batch(first: u64, events: u64) -> Vec<NewEvent> {
    (first..first + events).map(|number| NewEvent { timestamp: AT, message: line(number) }).collect()
}

async fn measure(folder: &Path) -> Result<()> {
    let store = LogStore::open(folder, Options::default())?;
    for (streams, batches, events) in [(1, 200, 10_000), (4, 100, 10_000), (16, 100, 100), (64, 100, 1)] {
        write(&store, streams, batches, events).await?;
    }
    let bytes = store.bytes_of_group(GROUP);
    println!("{:>10.1} MB of text and overhead in {:.1} MB on disk", mega(bytes), mega(size(folder)?));
    read(&store)?;
    many_streams(&store).await?;
    let start = Instant::now();
    store.close().await?;
    drop(store);
    println!("{:>10.0} ms to close", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let store = LogStore::open(folder, Options::default())?;
    println!("{:>10.0} ms to open it again", start.elapsed().as_secs_f64() * 1e3);
    Ok(store.close().await?)
}

async fn write(store: &LogStore, streams: u64, batches: u64, events: u64) -> Result<()> {
    let writers = (0..streams).map(|stream| {
        let store = store.clone();
        let name = format!("{streams}-{events}-{stream}");
        // Made beforehand: what is measured is the store.
        let ready: Vec<_> = (0..4).map(|number| batch((stream * 4 + number) * events, events)).collect();
        async move {
            store.create_stream(GROUP, &name, AT).await?;
            for batch in ready.iter().cycle().take(usize::try_from(batches).unwrap_or_default()) {
                store.append(GROUP, &name, AT, batch, None).await?;
            }
            Ok::<(), berth_telemetry::logs::WriteError>(())
        }
    });
    let writers: Vec<_> = writers.collect();
    let start = Instant::now();
    let writers: Vec<_> = writers.into_iter().map(tokio::spawn).collect();
    for writer in writers {
        writer.await.context("a writer panicked")??;
    }
    let seconds = start.elapsed().as_secs_f64();
    let total = streams * batches * events;
    println!(
        "{:>10.0} events/s, {:>6.0} calls/s: {streams} writers, batches of {events}",
        total as f64 / seconds,
        (streams * batches) as f64 / seconds
    );
    Ok(())
}

fn read(store: &LogStore) -> Result<()> {
    let most = Most { events: 10_000, bytes: 1 << 20 };
    let start = Instant::now();
    let (mut range, mut count) = (Range::ALL, 0);
    while let Some(page) = store.read(GROUP, "1-10000-0", range, false, most)?
        && let Some(last) = page.last()
    {
        range.from = last.position.next();
        count += page.len();
    }
    println!("{:>10.0} events/s read in pages", f64::from(u32::try_from(count)?) / start.elapsed().as_secs_f64());
    let start = Instant::now();
    let tail = store.read(GROUP, "1-10000-0", Range::ALL, true, Most { events: 10, ..most })?.unwrap_or_default();
    println!("{:>10.2} ms for the last {} events of a stream", start.elapsed().as_secs_f64() * 1e3, tail.len());
    let mut search = Search {
        group: GROUP,
        streams: Selection::Prefix("4-".to_owned()),
        range: Range::ALL,
        pattern: "\" 500 \" items -304".parse()?,
        most,
        effort: 16 << 20,
    };
    let (start, mut found) = (Instant::now(), 0);
    loop {
        let page = store.search(&search)?.unwrap_or_default();
        found += page.events.len();
        match page.next {
            Some(next) => search.range.from = next,
            None => break,
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{:>10.0} events/s searched ({found} of 4000000 found)", 4_000_000.0 / seconds);
    Ok(())
}

async fn many_streams(store: &LogStore) -> Result<()> {
    let start = Instant::now();
    for thousand in 0..100 {
        let made = (0..1_000).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.create_stream(GROUP, &format!("ecs/web/{thousand:03}{number:03}"), AT).await })
        });
        for made in made.collect::<Vec<_>>() {
            made.await.context("a writer panicked")??;
        }
    }
    println!("{:>10.0} streams/s made, 1,000 at a time", 100_000.0 / start.elapsed().as_secs_f64());
    for order in [Order::Name, Order::LastEvent] {
        let listing = Listing { group: GROUP, prefix: String::new(), order, descending: true, after: None, most: 50 };
        let start = Instant::now();
        store.list(&listing)?;
        println!("{:>10.2} ms for a page of 50 of 100,000 streams by {order:?}", start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

fn mega(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1_000).unwrap_or(u32::MAX)) / 1e3
}
