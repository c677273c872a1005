//! One look at a cluster. What it costs follows from nodes, services and tasks that run, never from tasks that are over.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use berth_api::ecs::{self as api, ContainerInstance};
use berth_client::Client;
use berth_wire::EnumShape as _;

use super::seen::{Amount, Event, Node, Seen, Service, Task};
use crate::commands::node;
use crate::usage::{self, TaskUsage};
use crate::{services, tasks};

/// Events that are kept of a look, and of one service: a service whose tasks crash has hundreds a minute.
const EVENTS: usize = 50;
const EVENTS_EACH: usize = 5;

/// Looks at a cluster.
pub(super) async fn look(client: &Client, cluster: &str) -> Result<Seen> {
    let counts = counts(client, cluster).await?;
    let (nodes, services, used) =
        tokio::try_join!(node::nodes(client, cluster), services::all(client, cluster), usage::of(client, cluster, &[]),)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Seen {
        cluster: cluster.to_owned(),
        at: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        running_tasks: counts.running_tasks_count.unwrap_or_default(),
        pending_tasks: counts.pending_tasks_count.unwrap_or_default(),
        nodes: of_nodes(&nodes, &used),
        events: events(&services),
        services: of_services(&services, &used),
        tasks: used.iter().map(task).collect(),
    })
}

async fn counts(client: &Client, cluster: &str) -> Result<api::Cluster> {
    let input = api::DescribeClustersRequest { clusters: Some(vec![cluster.to_owned()]), ..Default::default() };
    let answer = client.call(&input).await.with_context(|| format!("describing cluster {cluster}"))?;
    let found = answer.clusters.unwrap_or_default().pop();
    found.with_context(|| format!("there is no cluster {cluster}; `berth cluster ls` lists them"))
}

/// What tasks use, summed up by something that they have in common.
fn sums<'a>(used: &'a [TaskUsage], key: impl Fn(&'a TaskUsage) -> Option<&'a str>) -> HashMap<&'a str, (f32, f32)> {
    let mut sums = HashMap::new();
    for task in used {
        if let Some(key) = key(task) {
            let (cpu, memory) = sums.entry(key).or_insert((0.0, 0.0));
            *cpu += task.cpu_units();
            *memory += task.memory_mib();
        }
    }
    sums
}

fn of_nodes(nodes: &[ContainerInstance], used: &[TaskUsage]) -> Vec<Node> {
    let sums = sums(used, |task| task.node.as_deref());
    let node = |node: &ContainerInstance| {
        let id = tasks::id(node::arn(node));
        let (cpu, memory) = sums.get(id).copied().unwrap_or_default();
        let amount = |name, used| {
            let whole = node::amount(node.registered_resources.as_deref(), name);
            Amount { used, reserved: whole - node::amount(node.remaining_resources.as_deref(), name), whole }
        };
        Node {
            id: id.to_owned(),
            status: node.status.clone().unwrap_or_default(),
            is_connected: node.agent_connected == Some(true),
            running_tasks: node.running_tasks_count.unwrap_or_default(),
            pending_tasks: node.pending_tasks_count.unwrap_or_default(),
            cpu: amount("CPU", cpu),
            memory: amount("MEMORY", memory),
        }
    };
    nodes.iter().map(node).collect()
}

fn of_services(services: &[api::Service], used: &[TaskUsage]) -> Vec<Service> {
    let sums = sums(used, |task| task.group.strip_prefix("service:"));
    let service = |service: &api::Service| {
        let primary = services::primary(service);
        let (cpu_used, memory_used) = sums.get(services::name(service)).copied().unwrap_or_default();
        Service {
            name: services::name(service).to_owned(),
            status: service.status.clone().unwrap_or_default(),
            desired_count: service.desired_count.unwrap_or_default(),
            running_count: service.running_count.unwrap_or_default(),
            pending_count: service.pending_count.unwrap_or_default(),
            rollout_state: primary.and_then(|primary| primary.rollout_state.as_ref()).map(|state| state.as_str().to_owned()),
            failed_tasks: primary.and_then(|primary| primary.failed_tasks).unwrap_or_default(),
            task_definition: service.task_definition.as_deref().map(|arn| tasks::id(arn).to_owned()),
            is_settled: services::is_settled(service),
            cpu_used,
            memory_used,
        }
    };
    services.iter().map(service).collect()
}

fn task(used: &TaskUsage) -> Task {
    Task {
        id: tasks::id(&used.task_arn).to_owned(),
        group: used.group.clone(),
        task_definition: used.definition.clone(),
        node: used.node.clone(),
        cpu_used: used.cpu_units(),
        memory_used: used.memory_mib(),
    }
}

/// The last events of services, the newest first.
fn events(services: &[api::Service]) -> Vec<Event> {
    let mut events = Vec::new();
    for service in services {
        for event in service.events.iter().flatten().take(EVENTS_EACH) {
            if let (Some(at), Some(message)) = (event.created_at, &event.message) {
                events.push(Event { at: at.0, service: services::name(service).to_owned(), message: message.clone() });
            }
        }
    }
    // Those of one service have their order already, also within a millisecond.
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events.truncate(EVENTS);
    events
}

#[cfg(test)]
mod tests;
