//! The steps of a launch that the control plane takes, as events for whoever collects them (`berth trace` shows them).

use std::time::Instant;

use berth_api::Call;
use berth_api::ecs as api;
use tracing::info;

/// Moments on the way of a request that starts tasks, in their order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    /// The handler began.
    pub(super) entered: Instant,
    /// All that can be checked without the newest state was.
    pub(super) checked: Instant,
    /// The tasks had their places.
    pub(super) placed: Instant,
}

impl Moments {
    pub(super) fn now() -> Self {
        let now = Instant::now();
        Self { entered: now, checked: now, placed: now }
    }

    /// The tasks of an answer are durable: says how that came about.
    pub(super) fn committed(&self, call: &Call, tasks: Option<&[api::Task]>) {
        let committed = Instant::now();
        let steps = [
            ("request", call.began, self.entered),
            ("validate", self.entered, self.checked),
            ("place", self.checked, self.placed),
            ("commit", self.placed, committed),
        ];
        for task in tasks.into_iter().flatten() {
            let task = id(task.task_arn.as_deref().unwrap_or_default());
            for (name, from, to) in steps {
                step(task, name, from, to, false);
            }
        }
    }
}

/// An agent's report that a task runs is durable: the launch is over.
pub(super) fn running(task: Option<&str>, call: &Call) {
    step(id(task.unwrap_or_default()), "commit RUNNING", call.began, Instant::now(), true);
}

fn step(task: &str, step: &str, from: Instant, to: Instant, last: bool) {
    let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    info!(target: "launch", task, step, took = nanos(to.saturating_duration_since(from)), ago = nanos(to.elapsed()), last);
}

fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
