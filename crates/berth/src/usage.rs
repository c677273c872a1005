//! What containers use, as the control plane's hub knows it.

use anyhow::{Context as _, Result};
use berth_api::ecs::Task;
use berth_client::Client;
use serde::Deserialize;

use crate::tasks;
use crate::terminal::{BAD, Cell, FAINT, PLAIN, WAITING};

/// Where the hub answers.
const PATH: &str = "/_berth/usage";
/// CPU units of a processor.
pub(crate) const PROCESSOR: f32 = 1024.0;
const KIB: f64 = 1024.0;

/// What a task's containers use.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskUsage {
    pub(crate) task_arn: String,
    /// `FAMILY:REVISION`.
    #[serde(default)]
    pub(crate) definition: String,
    /// Such as `service:web`.
    #[serde(default)]
    pub(crate) group: String,
    /// The id of the machine that it is on.
    pub(crate) node: Option<String>,
    pub(crate) containers: Vec<ContainerUsage>,
}

impl TaskUsage {
    /// CPU units that all its containers use.
    pub(crate) fn cpu_units(&self) -> f32 {
        self.containers.iter().map(|container| container.cpu_units).sum()
    }

    /// MiB of memory that all its containers use.
    pub(crate) fn memory_mib(&self) -> f32 {
        self.containers.iter().map(|container| container.memory_mib).sum()
    }
}

/// What a container uses. Bytes count from its beginning.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerUsage {
    pub(crate) name: String,
    cpu_units: f32,
    #[serde(rename = "memoryMiB")]
    memory_mib: f32,
    pids: Option<f32>,
    received_bytes: Option<u64>,
    sent_bytes: Option<u64>,
    read_bytes: Option<u64>,
    written_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    tasks: Vec<TaskUsage>,
}

/// What tasks of a cluster use, by their ids; none: all tasks. Those of which nothing was said within a minute are left out.
pub(crate) async fn of(client: &Client, cluster: &str, ids: &[&str]) -> Result<Vec<TaskUsage>> {
    let text = ask(client, cluster, ids, false).await?;
    Ok(serde_json::from_str::<Answer>(&text).context("reading what tasks use")?.tasks)
}

/// The same as the hub says it, in JSON, perhaps with the last minutes.
pub(crate) async fn ask(client: &Client, cluster: &str, ids: &[&str], past: bool) -> Result<String> {
    let mut parameters = vec![("cluster", cluster)];
    parameters.extend(ids.iter().map(|id| ("task", *id)));
    if past {
        parameters.push(("past", "true"));
    }
    client.ask(PATH, &parameters).await.context("asking what tasks use")
}

/// The columns of [`cells`].
pub(crate) const COLUMNS: [&str; 6] = ["CONTAINER", "CPU", "MEMORY", "NET IN / OUT", "DISK READ / WRITTEN", "PIDS"];

/// A container's row: 100 % of CPU is one processor; memory beside its limit, if the task's description has one.
pub(crate) fn cells(used: &ContainerUsage, task: Option<&Task>) -> [Cell; 6] {
    let bytes = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), size);
    let pair = |one, other| Cell::from(format!("{} / {}", bytes(one), bytes(other)));
    [
        used.name.as_str().into(),
        cpu(used.cpu_units).into(),
        memory(used, task.and_then(|task| limit(task, &used.name))),
        pair(used.received_bytes, used.sent_bytes),
        pair(used.read_bytes, used.written_bytes),
        used.pids.map_or_else(|| Cell("-".to_owned(), FAINT), |pids| format!("{pids:.0}").into()),
    ]
}

/// CPU units as people read them: 100 % is one processor.
pub(crate) fn cpu(units: f32) -> String {
    format!("{:.1}%", units / PROCESSOR * 100.0)
}

fn memory(used: &ContainerUsage, limit: Option<f32>) -> Cell {
    let Some(limit) = limit else { return format!("{:.0} MiB", used.memory_mib).into() };
    let share = used.memory_mib / limit.max(1.0);
    let style = match share {
        0.95.. => BAD,
        0.8.. => WAITING,
        _ => PLAIN,
    };
    Cell(format!("{:.0} / {limit:.0} MiB", used.memory_mib), style)
}

/// The memory that a container may use, in MiB: its own limit, or what its task has for all.
fn limit(task: &Task, name: &str) -> Option<f32> {
    let container = task.containers.iter().flatten().find(|container| container.name.as_deref() == Some(name));
    let own = container.and_then(|container| container.memory.as_deref());
    own.or(task.memory.as_deref()).and_then(|text| text.parse().ok()).filter(|limit: &f32| *limit > 0.0)
}

/// A number of bytes, short.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    if size < KIB {
        return format!("{bytes} B");
    }
    let mut unit = "";
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        if size < KIB {
            break;
        }
        (size, unit) = (size / KIB, next);
    }
    if size < 10.0 { format!("{size:.1} {unit}") } else { format!("{size:.0} {unit}") }
}

/// The task that a usage is about, among described ones.
pub(crate) fn described<'a>(used: &TaskUsage, known: &'a [Task]) -> Option<&'a Task> {
    known.iter().find(|task| tasks::arn(task) == used.task_arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes =
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (20 << 20, "20 MiB"), (3 << 40, "3.0 TiB")];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn what_an_agent_does_not_say_is_a_dash() {
        let used: ContainerUsage =
            serde_json::from_str(r#"{"name":"main","at":1,"cpuUnits":256.0,"memoryMiB":60.0,"pids":2}"#).unwrap();
        let container =
            berth_api::ecs::Container { name: Some("main".to_owned()), memory: Some("64".to_owned()), ..Default::default() };
        let task = Task { containers: Some(vec![container]), memory: Some("512".to_owned()), ..Task::default() };
        let texts = cells(&used, Some(&task)).map(|cell| cell.0);
        assert_eq!(texts, ["main", "25.0%", "60 / 64 MiB", "- / -", "- / -", "2"]);
        assert_eq!(cells(&used, None)[2].0, "60 MiB");
    }
}
