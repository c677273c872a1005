//! What requests cost, in numbers that Prometheus reads.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// From 25 microseconds to 10 seconds, roughly doubling.
const BUCKETS: [f64; 19] = [
    0.000_025, 0.000_05, 0.000_1, 0.000_2, 0.000_4, 0.000_8, 0.001_6, 0.003_2, 0.006_4, 0.012_5, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8,
    1.6, 3.2, 10.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    service: &'static str,
    operation: &'static str,
    status: u16,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Step {
    service: &'static str,
    operation: &'static str,
    step: &'static str,
}

/// The door's metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    requests: Family<Outcome, Counter>,
    steps: Family<Step, Histogram, fn() -> Histogram>,
    running: Gauge,
}

impl Metrics {
    /// Registers the door's metrics.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            steps: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            running: Gauge::default(),
        };
        registry.register("requests", "Requests answered, by operation, HTTP status and error code", metrics.requests.clone());
        let help = "Time of each step of a request: read, authenticate, authorise, validate, run, encode";
        registry.register_with_unit("request_step_duration", help, Unit::Seconds, metrics.steps.clone());
        registry.register("requests_running", "Requests that are being answered", metrics.running.clone());
        metrics
    }

    pub(crate) fn begin(&self) {
        self.running.inc();
    }

    pub(crate) fn end(&self) {
        self.running.dec();
    }

    /// Counts an answered request. `code` is one of the modelled ones or of the door's own: labels stay few.
    pub(crate) fn answered(&self, service: &'static str, operation: &'static str, status: u16, code: &'static str) {
        self.requests.get_or_create(&Outcome { service, operation, status, code }).inc();
    }

    pub(crate) fn step(&self, service: &'static str, operation: &'static str, step: &'static str, took: Duration) {
        self.steps.get_or_create(&Step { service, operation, step }).observe(took.as_secs_f64());
    }
}
