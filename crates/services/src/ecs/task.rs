//! Tasks between their record and their AWS shape.

use std::time::Duration;

use berth_api::ecs as api;
use berth_api::{Refusal, Target};
use berth_iam::OWNER_KEY;
use berth_model::{
    Attached, Attachment, AttachmentStatus, Container, ContainerFacts, ContainerInstance, Facts, LaunchType, Name,
    NetworkBinding, PortSpan, Region, Resources, Task, TaskDefinition, TaskId, Timestamp,
};
use berth_plan::task;
use berth_store::{InstanceKey, Shared, State, TaskDefinitionKey, TaskKey};
use berth_wire::EnumShape as _;

use super::scope::Scope;
use super::{fargate, overrides, tags};

/// How long a stopped task is described.
pub(super) const DESCRIBED_AFTER_STOP: Duration = Duration::from_secs(60 * 60);

/// The task of a cluster; none if there is none, it is another cluster's, or it stopped more than an hour ago.
pub(super) fn find<'a>(state: &'a State, scope: Scope, cluster: &Name, id: TaskId, now: Timestamp) -> Option<&'a Shared<Task>> {
    let task = state.get::<Task>(&TaskKey { region: scope.region, id })?;
    (task.cluster == *cluster && !is_forgotten(task, now)).then_some(task)
}

/// Whether a task stopped so long ago that nobody is told of it any more.
pub(super) fn is_forgotten(task: &Task, now: Timestamp) -> bool {
    task.life.stopped_at().is_some_and(|stopped_at| stopped_at + DESCRIBED_AFTER_STOP <= now)
}

/// The facts of a task's definition, which is kept as long as a task refers to it.
pub(super) fn facts(state: &State, task: &Task) -> Result<std::sync::Arc<Facts>, Refusal> {
    let key = TaskDefinitionKey { region: task.region, family: task.family.clone(), revision: task.revision };
    match state.get::<TaskDefinition>(&key) {
        Some(definition) => Ok(std::sync::Arc::clone(&definition.facts)),
        None => Err(Refusal::internal(
            &api::SERVICE,
            format!("task {} refers to {}:{}, which is gone", task.id, task.family, task.revision),
        )),
    }
}

/// A task as policies see it.
pub(super) fn target(state: &State, scope: Scope, cluster: &Name, id: TaskId) -> Target {
    let target = Target::new(scope.task_arn(cluster, id)).with("ecs:cluster", scope.cluster_arn(cluster));
    let Some(task) = state.get::<Task>(&TaskKey { region: scope.region, id }).filter(|task| task.cluster == *cluster) else {
        return target;
    };
    let tags = tags::for_policies(&task.tags);
    let Some(instance) = task.instance else { return Target { tags, ..target } };
    let target = Target { tags, ..target };
    // The instance of a Fargate task may be another cluster's.
    match state.get::<ContainerInstance>(&InstanceKey { region: scope.region, id: instance }) {
        Some(instance) => target
            .with("ecs:container-instances", scope.instance_arn(&instance.cluster, instance.id))
            .with(OWNER_KEY, instance.owner.to_string()),
        None => target.with("ecs:container-instances", scope.instance_arn(cluster, instance)),
    }
}

/// The task as AWS describes it.
pub(super) fn describe(scope: Scope, task: &Task, state: &State, with_tags: bool) -> Result<api::Task, Refusal> {
    let facts = facts(state, task)?;
    let time = |at: Option<Timestamp>| at.map(|at| berth_wire::Timestamp(at.as_millis()));
    let text = |name: &Option<Name>| name.as_ref().map(ToString::to_string);
    let stop = task.desired.stop();
    let fargate = task.launch == LaunchType::Fargate;
    let task_arn = scope.task_arn(&task.cluster, task.id);
    let instance = task.instance.filter(|_| !fargate);
    let disk = task.ephemeral_storage_gib.or(fargate.then_some(fargate::DISK_GIB));
    let disk = disk.map(|size| i32::try_from(size).unwrap_or(i32::MAX));
    let overrides = overrides::described(&facts, task.overrides.as_ref())?;
    let images = overrides.container_overrides.iter().flatten().map(|given| given.berth_image.as_deref());
    Ok(api::Task {
        attachments: Some(task.attachments.iter().map(|attached| attachment(task.region, attached)).collect()),
        attributes: Some(vec![architecture(state, task)]),
        availability_zone: text(&task.zone),
        capacity_provider_name: text(&task.capacity_provider),
        cluster_arn: Some(scope.cluster_arn(&task.cluster)),
        connectivity: task
            .connectivity
            .map(|known| if known.connected { api::Connectivity::Connected } else { api::Connectivity::Disconnected }),
        connectivity_at: time(task.connectivity.map(|known| known.at)),
        container_instance_arn: instance.map(|id| scope.instance_arn(&task.cluster, id)),
        containers: Some(
            facts
                .containers
                .iter()
                .zip(task.containers.iter())
                .zip(images)
                .map(|((facts, known), image)| container(scope, task, &task_arn, (facts, image), known))
                .collect(),
        ),
        cpu: Some(task.override_cpu.unwrap_or(task.reservation.cpu).to_string()),
        created_at: time(Some(task.times.created_at)),
        desired_status: Some(task.desired.as_str().to_owned()),
        enable_execute_command: Some(task.enable_execute_command),
        execution_stopped_at: time(task.times.execution_stopped_at),
        group: Some(task.group.to_string()),
        health_status: Some(api::HealthStatus::from_text(task::health(task, &facts).as_str())),
        inference_accelerators: Some(Vec::new()),
        last_status: Some(task.life.as_str().to_owned()),
        launch_type: Some(api::LaunchType::from_text(task.launch.as_str())),
        memory: Some(task.override_memory.unwrap_or(task.reservation.memory).to_string()),
        overrides: Some(overrides),
        platform_version: text(&task.platform_version),
        platform_family: fargate.then(|| "Linux".to_owned()),
        pull_started_at: time(task.times.pull_started_at),
        pull_stopped_at: time(task.times.pull_stopped_at),
        started_at: time(task.life.started_at()),
        started_by: text(&task.started_by),
        stop_code: stop.map(|stop| api::TaskStopCode::from_text(stop.code.as_str())),
        stopped_at: time(task.life.stopped_at()),
        stopped_reason: stop.map(|stop| stop.reason.to_string()),
        stopping_at: time(stop.map(|stop| stop.stopping_at)),
        tags: Some(if with_tags { tags::described(&task.tags) } else { Vec::new() }),
        task_arn: Some(task_arn),
        task_definition_arn: Some(scope.task_definition_arn(&task.family, task.revision)),
        version: Some(i64::try_from(task.version).unwrap_or(i64::MAX)),
        ephemeral_storage: disk.map(|size_in_gi_b| api::EphemeralStorage { size_in_gi_b }),
        fargate_ephemeral_storage: disk
            .map(|size_in_gi_b| api::TaskEphemeralStorage { size_in_gi_b: Some(size_in_gi_b), ..Default::default() }),
    })
}

/// The architecture that the task runs on: its instance's, as the agent registered it.
fn architecture(state: &State, task: &Task) -> api::Attribute {
    const NAME: &str = "ecs.cpu-architecture";
    let instance = task.instance.and_then(|id| state.get::<ContainerInstance>(&InstanceKey { region: task.region, id }));
    let known = instance.and_then(|instance| instance.attributes.iter().find(|attribute| attribute.name == NAME)?.value.clone());
    let value = known.map_or_else(|| "x86_64".to_owned(), |value| value.to_string());
    api::Attribute { name: NAME.to_owned(), value: Some(value), target_type: None, target_id: None }
}

fn attachment(region: Region, attachment: &Attachment) -> api::Attachment {
    let details = match &attachment.what {
        Attached::Interface(interface) => vec![
            ("subnetId", interface.subnet.to_string()),
            ("networkInterfaceId", interface.id.to_string()),
            ("macAddress", interface.mac().to_string()),
            ("privateDnsName", interface.private_dns_name(region)),
            ("privateIPv4Address", interface.address.to_string()),
        ],
    };
    let detail = |(name, value): (&str, String)| api::KeyValuePair { name: Some(name.to_owned()), value: Some(value) };
    api::Attachment {
        id: Some(attachment.id.to_string()),
        r#type: Some(attachment.kind().to_owned()),
        status: Some(attachment.status.as_str().to_owned()),
        details: Some(details.into_iter().map(detail).collect()),
    }
}

/// The interfaces of a container: the task's own, once it is there.
fn interfaces(task: &Task) -> Vec<api::NetworkInterface> {
    let interface = task.interface().filter(|(attachment, _)| attachment.status >= AttachmentStatus::Attached);
    let described = interface.map(|(attachment, interface)| api::NetworkInterface {
        attachment_id: Some(attachment.id.to_string()),
        private_ipv4_address: Some(interface.address.to_string()),
        ipv6_address: None,
    });
    described.into_iter().collect()
}

fn container(
    scope: Scope,
    task: &Task,
    task_arn: &str,
    (facts, image): (&ContainerFacts, Option<&str>),
    known: &Container,
) -> api::Container {
    let owned = |text: &Option<Box<str>>| text.as_ref().map(ToString::to_string);
    let arn = scope.arn(berth_model::ResourceArn::Container { cluster: task.cluster.clone(), task: task.id, id: known.id });
    api::Container {
        container_arn: Some(arn.to_string()),
        task_arn: Some(task_arn.to_owned()),
        name: Some(facts.name.to_string()),
        image: Some(image.unwrap_or(&facts.image).to_owned()),
        image_digest: known.image_digest.as_ref().map(ToString::to_string),
        runtime_id: owned(&known.runtime_id),
        last_status: Some(known.known.as_str().to_owned()),
        exit_code: known.exit_code,
        reason: owned(&known.reason),
        network_bindings: Some(known.bindings.iter().map(binding).collect()),
        network_interfaces: Some(interfaces(task)),
        health_status: Some(api::HealthStatus::from_text(known.health.as_str())),
        managed_agents: None,
        cpu: Some(facts.cpu.to_string()),
        memory: facts.memory.map(|memory| memory.to_string()),
        memory_reservation: facts.memory_reservation.map(|memory| memory.to_string()),
        gpu_ids: gpus(&task.reservation, facts),
    }
}

fn gpus(reservation: &Resources, facts: &ContainerFacts) -> Option<Vec<String>> {
    (facts.gpus > 0).then(|| reservation.gpus.iter().map(ToString::to_string).collect())
}

fn binding(binding: &NetworkBinding) -> api::NetworkBinding {
    let one = |span: PortSpan| match span {
        PortSpan::Port(port) => (Some(i32::from(port)), None),
        PortSpan::Range(first, last) => (None, Some(format!("{first}-{last}"))),
    };
    let (container_port, container_port_range) = one(binding.container);
    let (host_port, host_port_range) = one(binding.host);
    api::NetworkBinding {
        bind_ip: Some(binding.bind_ip.to_string()),
        container_port,
        host_port,
        protocol: Some(api::TransportProtocol::from_text(binding.protocol.as_str())),
        container_port_range,
        host_port_range,
    }
}
