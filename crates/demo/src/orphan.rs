//! A process whose parent is gone: whoever is the first process of a container is to look after it.

use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::json;

/// What looking after it may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Prints this process's number, and how many processes are left behind when there was time to look after them.
pub(crate) fn run(middle: bool) -> Result<()> {
    let me = std::env::current_exe().context("asking who this is")?;
    if middle {
        // Not waited for: that is the point.
        return Command::new(me).args(["exit", "0"]).spawn().map(drop).context("starting the orphan");
    }
    let status = Command::new(me).args(["orphan", "--middle"]).status().context("starting its parent")?;
    anyhow::ensure!(status.success(), "its parent ended with {status}");
    let until = Instant::now() + PATIENCE;
    let mut left = left_behind();
    while left > 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
        left = left_behind();
    }
    writeln!(std::io::stdout(), "{}", json!({ "pid": std::process::id(), "left": left })).context("printing it")
}

/// Processes that the first one has inherited.
fn left_behind() -> usize {
    let me = std::process::id().to_string();
    let is_other = |name: &str| name != me && name.bytes().all(|byte| byte.is_ascii_digit());
    let others = fs::read_dir("/proc").into_iter().flatten().flatten();
    let others = others.filter(|process| process.file_name().to_str().is_some_and(is_other));
    let stats = others.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    // The state and the parent come after the name, which may hold anything.
    let parent = |stat: &str| stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1).map(str::to_owned);
    stats.filter(|stat| parent(stat).as_deref() == Some("1")).count()
}
