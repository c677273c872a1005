//! The load: threads that share the connections, one request at a time on each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use tokio::task::JoinSet;

use crate::cli::Load;
use crate::connection::Connection;
use crate::process::Spent;
use crate::report::Report;
use crate::request::Signer;
use crate::window::{SLICE, Samples, Window};

/// What all connections share.
#[derive(Debug)]
struct Work {
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    window: Window,
}

impl Work {
    /// The next request: in turn while the window is open, or each once if the window has no end.
    fn next(&self) -> Option<&[u8]> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let number = if self.window.until.is_some() { number % self.requests.len() } else { number };
        self.requests.get(number).map(Vec::as_slice)
    }
}

/// Loads the server and prints a report.
pub(crate) fn run(load: &Load) -> Result<()> {
    let text = std::fs::read_to_string(&load.bodies).with_context(|| format!("reading {}", load.bodies.display()))?;
    let bodies: Vec<&str> = text.lines().collect();
    ensure!(!bodies.is_empty(), "{} holds no bodies", load.bodies.display());
    ensure!(load.threads > 0 && load.connections >= load.threads, "every thread needs a connection");
    let signer = Signer::new(&load.at, &load.service);
    let requests = bodies.iter().map(|body| signer.request(&load.target, body)).collect::<Result<_>>()?;

    let warm_up = load.seconds.map_or(0.0, |_| load.warm_up);
    let from = Instant::now() + duration(warm_up)?;
    let until = load.seconds.map(duration).transpose()?.map(|measured| from + measured);
    let window = Window { from, until };
    let work = Arc::new(Work { address: load.at.address, requests, next: AtomicUsize::new(0), window });
    let threads: Vec<_> = (0..load.threads)
        .map(|thread| {
            let work = Arc::clone(&work);
            let connections = load.connections / load.threads + usize::from(thread < load.connections % load.threads);
            thread::spawn(move || send(&work, connections))
        })
        .collect();

    sleep_until(from);
    let before = Spent::now(&load.server_pid)?;
    if let Some(until) = until {
        sleep_until(until);
        let spent = Spent::now(&load.server_pid)?.since(&before);
        // The threads wait for the last answers, which do not count.
        return print(join(threads)?, until.duration_since(from), &spent);
    }
    let samples = join(threads)?;
    print(samples, from.elapsed(), &Spent::now(&load.server_pid)?.since(&before))
}

#[allow(clippy::print_stdout)] // What this program is for.
fn print(samples: Samples, took: Duration, spent: &Spent) -> Result<()> {
    println!("{}", serde_json::to_string(&Report::new(samples, SLICE, took, spent))?);
    Ok(())
}

fn duration(seconds: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds).with_context(|| format!("{seconds} seconds"))
}

fn sleep_until(then: Instant) {
    thread::sleep(then.saturating_duration_since(Instant::now()));
}

fn join(threads: Vec<JoinHandle<Result<Samples>>>) -> Result<Samples> {
    let mut all = Samples::default();
    for thread in threads {
        all.merge(thread.join().map_err(|_| anyhow!("a thread panicked"))??);
    }
    Ok(all)
}

/// One thread: drives its connections until there is nothing more to send, or one of them fails.
fn send(work: &Arc<Work>, connections: usize) -> Result<Samples> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting a thread's runtime")?;
    runtime.block_on(async {
        let mut running: JoinSet<_> = (0..connections).map(|_| converse(Arc::clone(work))).collect();
        let mut all = Samples::default();
        while let Some(ended) = running.join_next().await {
            all.merge(ended.context("a connection's task")??);
        }
        Ok(all)
    })
}

async fn converse(work: Arc<Work>) -> Result<Samples> {
    let mut samples = Samples::default();
    let mut connection = Connection::to(work.address);
    let mut began = Instant::now();
    while work.window.is_open(began) {
        let Some(request) = work.next() else { break };
        let body = connection.call(request).await?.len();
        let ended = Instant::now();
        samples.note(&work.window, began, ended, body);
        began = ended;
    }
    samples.connections_opened = connection.opened;
    Ok(samples)
}
