//! Hears of steps and puts them together.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::file::Writer;
use super::launch::{Launch, Part, Span};

/// The target of a step's event.
pub(crate) const TARGET: &str = "launch";
/// Launches that are not over at the same time; of more the oldest is forgotten, as of those that never come to run.
const OPEN: usize = 1024;
/// Steps of one launch.
const STEPS: usize = 64;

static COLLECTOR: LazyLock<Collector> = LazyLock::new(Collector::new);

/// What hears of steps, for this process's log.
pub(crate) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    let steps = filter_fn(|metadata| metadata.target() == TARGET).with_max_level_hint(LevelFilter::INFO);
    Steps.with_filter(steps)
}

pub(super) fn keep(writer: Writer, part: Part) {
    // Once per process; a second time would be the same.
    let _ = COLLECTOR.to.set((writer, part));
}

struct Steps;

impl<S: Subscriber> Layer<S> for Steps {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some((writer, part)) = COLLECTOR.to.get() else { return };
        let mut heard = Heard::default();
        event.record(&mut heard);
        if let Some(launch) = COLLECTOR.take(heard, *part, COLLECTOR.now()) {
            writer.write(&launch);
        }
    }
}

/// The fields of an event.
#[derive(Debug, Default)]
struct Heard {
    task: String,
    container: String,
    step: String,
    /// Nanoseconds since 1970, from somebody who has measured it elsewhere.
    began: Option<u64>,
    took: u64,
    /// Nanoseconds since it ended.
    ago: u64,
    /// This process has no more to say of the launch.
    last: bool,
}

impl Visit for Heard {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "task" => self.task = value.to_owned(),
            "container" => self.container = value.to_owned(),
            "step" => self.step = value.to_owned(),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "began" => self.began = Some(value),
            "took" => self.took = value,
            "ago" => self.ago = value,
            _ => {}
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "last" {
            self.last = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

struct Collector {
    /// Nanoseconds since 1970 of a moment on the clock that never jumps.
    anchor: (u64, Instant),
    open: Mutex<Open>,
    /// Nothing until it is known where.
    to: OnceLock<(Writer, Part)>,
}

#[derive(Default)]
struct Open {
    launches: HashMap<String, Vec<Span>>,
    /// The oldest first; some are over.
    order: VecDeque<String>,
}

impl Collector {
    fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanos = u64::try_from(since.as_nanos()).unwrap_or_default();
        Self { anchor: (nanos, Instant::now()), open: Mutex::default(), to: OnceLock::new() }
    }

    fn now(&self) -> u64 {
        self.anchor.0.saturating_add(u64::try_from(self.anchor.1.elapsed().as_nanos()).unwrap_or_default())
    }

    /// Takes a step in; a launch that is over with it.
    fn take(&self, heard: Heard, part: Part, now: u64) -> Option<Launch> {
        let Heard { task, container, step, began, took, ago, last } = heard;
        let part = if began.is_some() { Part::Runtime } else { part };
        let began = began.unwrap_or_else(|| now.saturating_sub(ago).saturating_sub(took));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.launches.contains_key(&task) {
            open.enter(&task);
        }
        let spans = open.launches.get_mut(&task)?;
        if spans.len() < STEPS {
            spans.push(Span { step, part, container, began, took });
        }
        if !last {
            return None;
        }
        let spans = open.launches.remove(&task)?;
        Some(Launch { task, spans })
    }
}

impl Open {
    fn enter(&mut self, task: &str) {
        while self.order.len() >= OPEN {
            if let Some(oldest) = self.order.pop_front() {
                self.launches.remove(&oldest);
            }
        }
        self.order.push_back(task.to_owned());
        self.launches.insert(task.to_owned(), Vec::with_capacity(8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(task: &str, step: &str, last: bool) -> Heard {
        Heard { task: task.to_owned(), step: step.to_owned(), took: 5, ago: 2, last, ..Heard::default() }
    }

    #[test]
    fn the_steps_of_a_launch_are_together_when_its_last_one_is_there() {
        let collector = Collector::new();
        assert_eq!(collector.take(heard("a", "request", false), Part::ControlPlane, 100), None);
        assert_eq!(collector.take(heard("b", "request", false), Part::ControlPlane, 100), None);
        let elsewhere = Heard { began: Some(7), ..heard("a", "layers", false) };
        assert_eq!(collector.take(elsewhere, Part::ControlPlane, 100), None);
        let launch = collector.take(heard("a", "commit", true), Part::ControlPlane, 200).unwrap();
        let spans: Vec<_> = launch.spans.iter().map(|span| (span.step.as_str(), span.part, span.began, span.ended())).collect();
        let expected =
            [("request", Part::ControlPlane, 93, 98), ("layers", Part::Runtime, 7, 12), ("commit", Part::ControlPlane, 193, 198)];
        assert_eq!(spans, expected);
    }

    #[test]
    fn launches_that_never_end_and_those_with_endless_steps_take_no_more_room() {
        let collector = Collector::new();
        for number in 0..2 * OPEN {
            collector.take(heard(&number.to_string(), "request", false), Part::Agent, 100);
        }
        {
            let open = collector.open.lock().unwrap();
            assert!(open.launches.len() <= OPEN && open.order.len() <= OPEN);
        }
        for _ in 0..2 * STEPS {
            collector.take(heard("x", "create", false), Part::Agent, 100);
        }
        assert_eq!(collector.take(heard("x", "end", true), Part::Agent, 100).unwrap().spans.len(), STEPS);
    }
}
