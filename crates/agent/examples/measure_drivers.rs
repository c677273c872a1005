//! How fast log drivers are, and what one costs that waits: `cargo run --release -p berth-agent --example measure_drivers`.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use berth_agent::logs::{Context, Driver, Wakes};
use berth_api::acs::docker::{HostConfig, LogConfig};
use berth_client::Client;
use berth_runtime::Stream;
use berth_runtime::output::{HEADER, MAX_BLOCK, SegmentWriter};
use berth_testkit::plane::{Plane, Timing};
use tokio::sync::watch;

const LINES: u32 = 1_000_000;
const WAITING: u32 = 1000;
/// With its end.
const LINE: usize = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let plane = Plane::start(Timing::default()).await?;
    let node = plane.node("MEASURE");
    let client = Client::new(format!("http://{}", plane.address).parse()?, "us-east-1", node.credentials, "measure");
    let home = tempfile::tempdir_in(".")?;
    let wakes = Wakes::start()?;
    let context = |name: &str| Context {
        client: client.clone(),
        wakes: Arc::clone(&wakes),
        logs: home.path().join("logs"),
        task_id: "task".to_owned(),
        container: name.to_owned(),
        runtime_id: format!("task-{name}"),
    };
    let file = host("json-file", &[("max-size", "10g")]);
    let stream = host("awslogs", &[("awslogs-group", "g"), ("awslogs-region", "us-east-1"), ("awslogs-create-group", "true")]);
    for (name, host) in [("json-file", &file), ("awslogs", &stream)] {
        let folder = home.path().join(name);
        write(&folder)?;
        let driver = Driver::of(host, &context(name))?;
        driver.prepare().await?;
        let start = Instant::now();
        driver.follow(&folder, watch::Sender::new(true).subscribe()).await?;
        let took = start.elapsed();
        let rate = f64::from(LINES) / took.as_secs_f64();
        println!("{name}: {LINES} lines of {LINE} bytes in {took:?}: {rate:.0} lines/s");
    }
    for (name, host) in [("json-file", &file), ("awslogs", &stream)] {
        waiting(name, host, home.path(), &context).await?;
    }
    Ok(())
}

/// What drivers cost that have brought in a line each, and wait.
async fn waiting(name: &str, host: &HostConfig, home: &Path, context: &impl Fn(&str) -> Context) -> Result<()> {
    let ended = watch::Sender::new(false);
    let mut writers = Vec::new();
    let before = resident()?;
    for number in 0..WAITING {
        let container = format!("{name}-{number}");
        let folder = home.join(&container);
        fs::create_dir_all(folder.join("output"))?;
        let driver = Driver::of(host, &context(&container))?;
        driver.prepare().await?;
        drop(driver.follow(&folder, ended.subscribe()));
        let mut writer = SegmentWriter::new(&folder.join("output"), 1 << 20, 1000);
        put(&mut writer, b"line\n")?;
        writers.push(writer);
    }
    let all_noted = || (0..WAITING).all(|number| home.join(format!("{name}-{number}/log.json")).exists());
    while !all_noted() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Until nothing is in flight any more.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let each = resident()?.saturating_sub(before) / u64::from(WAITING);
    println!("{name}: {WAITING} drivers that wait take {each} bytes each (resident, with what the allocator keeps)");
    Ok(())
}

fn host(kind: &str, options: &[(&str, &str)]) -> HostConfig {
    let config: BTreeMap<_, _> = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    HostConfig { log_config: Some(LogConfig { r#type: kind.to_owned(), config }), ..HostConfig::default() }
}

fn write(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder.join("output"))?;
    let mut writer = SegmentWriter::new(&folder.join("output"), 1 << 20, 100_000);
    let mut text = Vec::new();
    for number in 0..LINES {
        text.extend_from_slice(format!("{number:0width$}\n", width = LINE - 1).as_bytes());
        if text.len() + LINE > MAX_BLOCK {
            put(&mut writer, &text)?;
            text.clear();
        }
    }
    put(&mut writer, &text)
}

fn put(writer: &mut SegmentWriter, text: &[u8]) -> Result<()> {
    let mut block = vec![0; HEADER];
    block.extend_from_slice(text);
    let nanos = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
    writer.write(&mut block, nanos, Stream::Stdout, true)?.ok().context("there is room")
}

fn resident() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
