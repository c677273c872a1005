//! What came of a load, for people's scripts.

use std::time::Duration;

use serde::Serialize;

use crate::process::Spent;
use crate::window::Samples;

/// What came of a load, as it is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    requests: usize,
    seconds: f64,
    per_second: f64,
    /// Requests per second in each whole slice of the window.
    slices: Vec<f64>,
    latency_us: Latency,
    body_bytes: u64,
    connections_opened: u64,
    server_cpu_seconds: f64,
    client_cpu_seconds: f64,
    /// What neither server nor client spent.
    others_cpu_seconds: f64,
}

/// Quantiles of latency in microseconds.
#[derive(Debug, Serialize)]
struct Latency {
    p50: u32,
    p90: u32,
    p99: u32,
    max: u32,
}

impl Report {
    /// Sums up what happened in a window of the length given.
    pub(crate) fn new(mut samples: Samples, slice: Duration, took: Duration, spent: &Spent) -> Self {
        samples.latencies.sort_unstable();
        let requests = samples.latencies.len();
        let quantile = |percent: usize| samples.latencies.get((requests * percent / 100).min(requests.max(1) - 1)).copied();
        let latency = |percent| quantile(percent).unwrap_or_default();
        let whole = usize::try_from(took.as_micros() / slice.as_micros()).unwrap_or(usize::MAX);
        samples.slices.resize(whole, 0);
        let others = spent.machine.saturating_sub(spent.server + spent.client);
        Self {
            requests,
            seconds: took.as_secs_f64(),
            per_second: requests as f64 / took.as_secs_f64(),
            slices: samples.slices.iter().map(|count| *count as f64 / slice.as_secs_f64()).collect(),
            latency_us: Latency { p50: latency(50), p90: latency(90), p99: latency(99), max: latency(100) },
            body_bytes: samples.body_bytes / requests.max(1) as u64,
            connections_opened: samples.connections_opened,
            server_cpu_seconds: spent.server.as_secs_f64(),
            client_cpu_seconds: spent.client.as_secs_f64(),
            others_cpu_seconds: others.as_secs_f64(),
        }
    }
}
