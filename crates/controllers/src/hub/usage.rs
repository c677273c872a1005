//! What containers use, as agents say it every few seconds: kept in memory alone, for whoever looks.
//!
//! What is kept follows from the tasks that run: agents speak for their own tasks and for containers that these have, and of each there is
//! its last sample and a few minutes of two numbers. Nothing of it outlives the process; agents say it again.

mod book;
mod view;

pub use view::UsageView;

pub(super) use book::Book;

use std::time::Duration;

use berth_api::acs::{ContainerMetric, CounterStatsSet, PublishMetrics, StatsSet, TaskMetric};
use berth_model::{ContainerInstance, Name, Task, TaskDefinition, Timestamp};
use berth_store::{State, TaskDefinitionKey, TaskKey};

use super::metrics::Dropped;
use super::{Guest, Hub, now};
use book::Sample;

/// Tasks of one report that are looked at. Agents send ten.
const MOST_TASKS: usize = 100;
/// What is not said again for so long is not true any more: three times what the official agent takes.
const FRESH: Duration = Duration::from_secs(60);
/// No number of a report counts for more.
const MOST: f64 = 1e15;

/// Takes a report in.
pub(super) fn take_in(hub: &Hub, guest: &Guest, report: &PublishMetrics) {
    let view = hub.0.store.view();
    let at = now();
    // Shares are of the machine; what it has is registered in CPU units.
    let machine = view.get::<ContainerInstance>(&guest.key).map_or(0, |instance| instance.registered.cpu);
    for metric in report.task_metrics.iter().take(MOST_TASKS) {
        match task_of(hub, guest, &view, metric) {
            Some((key, task)) => {
                let names = names_of(&view, task).unwrap_or_default();
                let samples = metric.container_metrics.iter().filter_map(|metric| {
                    let named = metric.container_name.as_deref()?;
                    let place = names.iter().position(|name| name.as_str() == named)?;
                    Some((place, sample(metric, machine, at)))
                });
                hub.0.usage.put(key, samples, at);
            }
            None => hub.0.metrics.dropped(Dropped::Foreign),
        }
    }
    hub.0.usage.forget_before(at);
}

/// The task of a report; none if it is not this agent's.
fn task_of<'a>(hub: &Hub, guest: &Guest, view: &'a State, metric: &TaskMetric) -> Option<(TaskKey, &'a Task)> {
    let key = hub.0.names.task_of(guest.key.region, metric.task_arn.as_deref()?)?;
    let task = view.get::<Task>(&key)?;
    (task.instance == Some(guest.key.id)).then_some((key, task))
}

/// The names of a task's containers, in their order.
fn names_of<'a>(view: &'a State, task: &Task) -> Option<Vec<&'a Name>> {
    let definition = TaskDefinitionKey { region: task.region, family: task.family.clone(), revision: task.revision };
    let facts = &view.get::<TaskDefinition>(&definition)?.facts;
    Some(facts.containers.iter().map(|container| &container.name).collect())
}

fn sample(metric: &ContainerMetric, machine: u32, at: Timestamp) -> Sample {
    let network = metric.network_stats_set.as_ref();
    let storage = metric.storage_stats_set.as_ref();
    Sample {
        at,
        cpu_units: narrow(average(metric.cpu_stats_set.as_ref()) / 100.0 * f64::from(machine)),
        memory_mib: narrow(average(metric.memory_stats_set.as_ref())),
        pids: metric.pids_stats_set.as_ref().map(|pids| narrow(average(Some(pids)))),
        received: network.and_then(|network| newest(network.rx_bytes.as_ref())),
        sent: network.and_then(|network| newest(network.tx_bytes.as_ref())),
        received_per_second: network.map(|network| narrow(average(network.rx_bytes_per_second.as_ref()))),
        sent_per_second: network.map(|network| narrow(average(network.tx_bytes_per_second.as_ref()))),
        read: storage.and_then(|storage| newest(storage.read_size_bytes.as_ref())),
        written: storage.and_then(|storage| newest(storage.write_size_bytes.as_ref())),
        restarts: metric.restart_stats_set.as_ref().and_then(|restarts| restarts.restart_count),
    }
}

/// The average of samples.
#[expect(clippy::cast_precision_loss, reason = "nobody sends so many samples")]
fn average(set: Option<&StatsSet>) -> f64 {
    let Some(StatsSet { sum: Some(sum), sample_count: Some(count @ 1..), .. }) = set else { return 0.0 };
    (sum / *count as f64).clamp(0.0, MOST)
}

#[expect(clippy::cast_possible_truncation, reason = "seven digits are enough to look at")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// The newest of a counter's samples, which is the largest.
fn newest(set: Option<&CounterStatsSet>) -> Option<u64> {
    u64::try_from(set?.max?).ok()
}
