//! A task as its agent gets it: definition and overrides merged, in the agent protocol's words.

mod authentication;
mod container;
mod docker;
mod image;
mod volume;

use std::collections::BTreeMap;

use berth_api::acs;
use berth_api::ecs as api;
use berth_model::{AccountSettings, Facts, LaunchType, Region, ResolvedImage, Task, TaskDefinition, daemon};
use berth_store::{AccountSettingsKey, State, TaskKey};
use berth_wire::{EnumShape as _, ReadError};

pub(super) use image::of as image_of;

use super::names::Names;
use super::{definition, interface};

/// CPU units of a processor.
const UNITS: f64 = 1024.0;

/// How containers give their output to a log driver where their definitions do not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogMode {
    /// They wait for it.
    Blocking,
    /// They do not, and what does not fit into the buffer is lost.
    NonBlocking,
}

impl LogMode {
    /// What the account has set in a region.
    pub(super) fn of(state: &State, names: Names, region: Region) -> Self {
        let key = AccountSettingsKey { region, principal: format!("arn:aws:iam::{}:root", names.account).into() };
        let values = state.get::<AccountSettings>(&key).map(|settings| settings.values.as_slice()).unwrap_or_default();
        let blocks = values.iter().any(|(name, value)| *name == "defaultLogDriverMode" && **value == *"blocking");
        if blocks { Self::Blocking } else { Self::NonBlocking }
    }
}

/// What belongs to a task's payload and is in other records.
#[derive(Debug, Clone)]
pub(super) struct Surroundings<'s> {
    pub(super) interfaces: Vec<acs::ElasticNetworkInterface>,
    pub(super) log_mode: LogMode,
    pub(super) images: &'s [ResolvedImage],
}

impl<'s> Surroundings<'s> {
    /// That of a task.
    pub(super) fn of(names: Names, state: &'s State, task: &Task) -> Self {
        Self {
            interfaces: interface::of(names, state, task),
            log_mode: LogMode::of(state, names, task.region),
            images: image::resolved(state, task),
        }
    }
}

/// What an agent is told of a task. Stopping one tells all of it again: agents refuse what they cannot parse.
///
/// # Errors
/// A document is broken: the database is damaged.
pub(super) fn task(
    names: Names,
    task: &Task,
    definition: &TaskDefinition,
    surroundings: Surroundings<'_>,
    stop: bool,
) -> Result<acs::Task, ReadError> {
    let merged = definition::merged(task, definition)?;
    let facts = &definition.facts;
    let key = TaskKey { region: task.region, id: task.id };
    let Surroundings { interfaces, log_mode, images } = surroundings;
    let scene = Scene { names, task, facts, key, log_mode, images };
    let containers = merged.container_definitions.iter().flatten();
    Ok(acs::Task {
        arn: names.task(key, &task.cluster),
        family: daemon::known_as(&task.family).unwrap_or(&task.family).to_owned(),
        version: task.revision.to_string(),
        desired_status: Some(if stop { acs::DesiredStatus::Stopped } else { acs::DesiredStatus::Running }),
        containers: containers.enumerate().map(|(at, container)| container::of(scene, at, container)).collect(),
        task_cluster_arn: Some(names.cluster(task.region, &task.cluster)),
        task_definition_account_id: Some(names.account.to_string()),
        group: Some(task.group.to_string()),
        service_name: task.group.strip_prefix("service:").map(str::to_owned),
        launch_type: Some(launch_type(task.launch).to_owned()),
        overrides: Some("{}".to_owned()),
        network_mode: Some(facts.network_mode.as_str().to_owned()),
        pid_mode: merged.pid_mode.as_ref().map(|mode| mode.as_str().to_owned()),
        ipc_mode: merged.ipc_mode.as_ref().map(|mode| mode.as_str().to_owned()),
        cpu: task.override_cpu.or(facts.cpu).map(|units| f64::from(units) / UNITS),
        memory: task.override_memory.or(facts.memory).map(i64::from),
        volumes: merged.volumes.iter().flatten().map(volume::of).collect(),
        elastic_network_interfaces: interfaces,
        proxy_configuration: merged.proxy_configuration.as_ref().map(proxy),
        associations: gpus(task, merged.container_definitions.as_deref().unwrap_or_default()),
        enable_fault_injection: merged.enable_fault_injection,
        ephemeral_storage_gib: task.ephemeral_storage_gib,
        ..acs::Task::default()
    })
}

/// What rendering a container needs to know besides its definition.
#[derive(Clone, Copy)]
struct Scene<'a> {
    names: Names,
    task: &'a Task,
    facts: &'a Facts,
    key: TaskKey,
    log_mode: LogMode,
    images: &'a [ResolvedImage],
}

/// The launch type as agents know it: an instance that a capacity provider manages is an EC2 one to them.
const fn launch_type(launch: LaunchType) -> &'static str {
    match launch {
        LaunchType::Ec2 | LaunchType::ManagedInstances => "EC2",
        LaunchType::Fargate => "FARGATE",
        LaunchType::External => "EXTERNAL",
    }
}

fn proxy(given: &api::ProxyConfiguration) -> acs::ProxyConfiguration {
    acs::ProxyConfiguration {
        r#type: given.r#type.as_ref().map(|kind| kind.as_str().to_owned()),
        container_name: Some(given.container_name.clone()),
        properties: pairs(given.properties.as_deref()),
    }
}

/// The GPUs the task holds, dealt out to its containers in order.
fn gpus(task: &Task, containers: &[api::ContainerDefinition]) -> Vec<acs::Association> {
    let count = |need: &api::ResourceRequirement| match need.r#type {
        api::ResourceType::Gpu => need.value.parse::<u32>().unwrap_or(0),
        _ => 0,
    };
    let takers = containers.iter().flat_map(|container| {
        let count: u32 = container.resource_requirements.iter().flatten().map(count).fold(0, u32::saturating_add);
        (0..count).map(|_| container.name.clone().unwrap_or_default())
    });
    let held = task.reservation.gpus.iter().map(ToString::to_string);
    held.zip(takers)
        .map(|(name, taker)| acs::Association {
            name,
            r#type: "gpu".to_owned(),
            containers: vec![taker],
            ..acs::Association::default()
        })
        .collect()
}

fn pairs(given: Option<&[api::KeyValuePair]>) -> BTreeMap<String, String> {
    let pair = |pair: &api::KeyValuePair| Some((pair.name.clone()?, pair.value.clone().unwrap_or_default()));
    given.unwrap_or_default().iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests;
