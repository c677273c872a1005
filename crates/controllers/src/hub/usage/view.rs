//! What containers use, for whoever asks: `GET /_berth/usage`.

use std::collections::BTreeSet;

use berth_api::{StreamRefusal, Target, ViewHost};
use berth_model::{Cluster, Desired, Name, Region, Task, TaskId};
use berth_store::{ClusterKey, TaskKey};
use serde::Serialize;

use super::super::{ConnectError, Hub, now};
use super::book::Known;
use super::{FRESH, names_of};
use crate::hub::admission::parameters;

/// Tasks that one question can name.
const MOST_TASKS: usize = 1000;

/// Answers what the tasks of a cluster use.
#[derive(Debug)]
pub struct UsageView {
    hub: Hub,
}

/// A cluster, and some of its tasks; none: all.
#[derive(Debug)]
pub struct Question {
    region: Region,
    cluster: Name,
    tasks: BTreeSet<TaskId>,
    /// Whether the last minutes are asked for, too.
    past: bool,
}

impl Hub {
    /// What the hub knows of what containers use.
    #[must_use]
    pub fn usage(&self) -> UsageView {
        UsageView { hub: self.clone() }
    }
}

#[derive(Debug, Serialize)]
struct Answer {
    tasks: Vec<TaskUsage>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskUsage {
    task_arn: String,
    /// `FAMILY:REVISION`.
    definition: String,
    /// Such as `service:web`.
    group: String,
    /// The id of the machine that it is on, also of a Fargate task.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    containers: Vec<ContainerUsage>,
}

/// Times are milliseconds since 1970; bytes count from the container's beginning.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ContainerUsage {
    name: String,
    at: i64,
    cpu_units: f32,
    #[serde(rename = "memoryMiB")]
    memory_mib: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pids: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_bytes_per_second: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_bytes_per_second: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    written_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restarts: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    past: Vec<Past>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Past {
    at: i64,
    cpu_units: f32,
    #[serde(rename = "memoryMiB")]
    memory_mib: f32,
}

impl ViewHost for UsageView {
    type Question = Question;

    fn path(&self) -> &'static str {
        "/_berth/usage"
    }

    /// Who may have all tasks of a cluster described may see what they use.
    fn action(&self) -> &'static str {
        "ecs:DescribeTasks"
    }

    fn ask(&self, query: &str, region: &str) -> Result<(Question, Target), StreamRefusal> {
        let question = self.question(query, region)?;
        let arn = self.hub.0.names.cluster(question.region, &question.cluster);
        // `...:cluster/NAME` and `...:task/NAME/*`: all tasks of the cluster.
        let tasks = format!("{}/*", arn.replacen(":cluster/", ":task/", 1));
        Ok((question, Target::new(tasks).with("ecs:cluster", arn)))
    }

    fn answer(&self, question: &Question) -> String {
        let view = self.hub.0.store.view();
        let key = |id| TaskKey { region: question.region, id };
        let asked: Vec<TaskKey> = if question.tasks.is_empty() {
            self.hub.0.usage.tasks().into_iter().filter(|key| key.region == question.region).collect()
        } else {
            question.tasks.iter().copied().map(key).collect()
        };
        let usage = |key: TaskKey| {
            let task =
                view.get::<Task>(&key).filter(|task| task.cluster == question.cluster && task.desired == Desired::Running)?;
            let names = names_of(&view, task)?;
            let containers: Vec<_> =
                self.hub.0.usage.of(&key).iter().filter_map(|known| container(known, &names, question.past)).collect();
            (!containers.is_empty()).then(|| TaskUsage {
                task_arn: self.hub.0.names.task(key, &task.cluster),
                definition: format!("{}:{}", task.family, task.revision),
                group: task.group.to_string(),
                node: task.instance.map(|instance| instance.to_string()),
                containers,
            })
        };
        let mut tasks: Vec<_> = asked.into_iter().filter_map(usage).collect();
        tasks.sort_by(|one, other| one.task_arn.cmp(&other.task_arn));
        // Nothing here refuses to be written.
        serde_json::to_string(&Answer { tasks }).unwrap_or_default()
    }

    fn denied(&self, message: String) -> StreamRefusal {
        ConnectError::AccessDenied(message).into()
    }
}

impl UsageView {
    fn question(&self, query: &str, region: &str) -> Result<Question, ConnectError> {
        let region = Region::new(region).map_err(|_| ConnectError::InvalidCluster)?;
        let named = parameters(query, "cluster")?.pop().unwrap_or_else(|| "default".to_owned());
        let cluster = self.hub.0.names.cluster_of(region, &named).ok_or(ConnectError::InvalidCluster)?;
        let view = self.hub.0.store.view();
        let known = view.get::<Cluster>(&ClusterKey { region, name: cluster.clone() });
        known.filter(|known| known.inactive_at.is_none()).ok_or(ConnectError::InvalidCluster)?;
        let named = parameters(query, "task")?;
        if named.len() > MOST_TASKS {
            return Err(ConnectError::BadRequest(format!("A question names at most {MOST_TASKS} tasks.")));
        }
        let id = |text: &String| {
            text.parse().map_err(|_| ConnectError::BadRequest("A task has an id of 32 hexadecimal digits.".to_owned()))
        };
        let tasks = named.iter().map(id).collect::<Result<_, _>>()?;
        let past = parameters(query, "past")?.iter().any(|text| text == "true");
        Ok(Question { region, cluster, tasks, past })
    }
}

/// What a container uses; nothing if that was said too long ago.
fn container(known: &Known, names: &[&Name], past: bool) -> Option<ContainerUsage> {
    let sample = &known.latest;
    let name = names.get(known.place).filter(|_| now().since(sample.at) < FRESH)?;
    let moments = known.moments.iter().filter(|_| past);
    let past =
        moments.map(|moment| Past { at: moment.at.as_millis(), cpu_units: moment.cpu_units, memory_mib: moment.memory_mib });
    Some(ContainerUsage {
        name: name.to_string(),
        at: sample.at.as_millis(),
        cpu_units: sample.cpu_units,
        memory_mib: sample.memory_mib,
        pids: sample.pids,
        received_bytes: sample.received,
        sent_bytes: sample.sent,
        received_bytes_per_second: sample.received_per_second,
        sent_bytes_per_second: sample.sent_per_second,
        read_bytes: sample.read,
        written_bytes: sample.written,
        restarts: sample.restarts,
        past: past.collect(),
    })
}
