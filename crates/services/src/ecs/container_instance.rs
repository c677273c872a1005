//! Container instances between their record and their AWS shape.

mod listing;
mod resources;

use berth_api::ecs as api;
use berth_api::ecs::errors;
use berth_api::{Call, Refusal, Target};
use berth_iam::OWNER_KEY;
use berth_model::{ContainerInstance, InstanceId, InstanceStatus, Name};
use berth_store::{InstanceKey, Shared, State};
use berth_wire::{EnumShape as _, Timestamp};

use super::scope::Scope;
use super::{EcsService, attribute, cluster, tags};

pub(super) use listing::{LISTED, Place, listed};
pub(super) use resources::registered;

/// What a description shows beyond what every one does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Include {
    pub(super) tags: bool,
    pub(super) health: bool,
}

/// The instance of a cluster; none if there is none or it is another cluster's.
pub(super) fn find<'a>(state: &'a State, scope: Scope, cluster: &Name, id: InstanceId) -> Option<&'a Shared<ContainerInstance>> {
    state.get::<ContainerInstance>(&InstanceKey { region: scope.region, id }).filter(|instance| instance.cluster == *cluster)
}

/// There is no such instance.
pub(super) fn not_found() -> Refusal {
    errors::invalid_parameter_exception(
        "The specified container instance was not found. Specify a valid container instance and try again.",
    )
}

/// An instance as policies see it.
pub(super) fn target(state: &State, scope: Scope, cluster: &Name, id: InstanceId) -> Target {
    let target = Target::new(scope.instance_arn(cluster, id)).with("ecs:cluster", scope.cluster_arn(cluster));
    match find(state, scope, cluster, id) {
        Some(instance) => {
            Target { tags: tags::for_policies(&instance.tags), ..target.with(OWNER_KEY, instance.owner.to_string()) }
        }
        None => target,
    }
}

/// What a call touches that names an instance or, without one, its cluster.
pub(super) fn target_or_cluster(state: &State, call: &Call, cluster: Option<&str>, instance: Option<&str>) -> Vec<Target> {
    let named = || {
        let scope = Scope::of(call).ok()?;
        let name = scope.cluster(cluster).ok()?;
        Some(match instance.and_then(|text| scope.instance(&name, text).ok()) {
            Some(id) => target(state, scope, &name, id),
            None => cluster::target(state, scope, &name),
        })
    };
    named().map_or_else(Target::any, |target| vec![target])
}

/// What a call touches that names instances of a cluster.
pub(super) fn targets<'a>(
    ecs: &EcsService,
    call: &Call,
    cluster: Option<&str>,
    instances: impl Iterator<Item = &'a String>,
) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let Ok(name) = scope.cluster(cluster) else { return Target::any() };
    let view = ecs.store.view();
    let target = |text: &String| match scope.instance(&name, text) {
        Ok(id) => target(&view, scope, &name, id),
        Err(_) => Target::new(text.clone()),
    };
    instances.map(target).collect()
}

/// What a call touches that names attributes of instances.
pub(super) fn attribute_targets(
    ecs: &EcsService,
    call: &Call,
    cluster: Option<&str>,
    attributes: &[api::Attribute],
) -> Vec<Target> {
    let named = attributes.iter().take(attribute::MOST).filter_map(|attribute| attribute.target_id.as_ref());
    let targets = targets(ecs, call, cluster, named);
    if targets.is_empty() { Target::any() } else { targets }
}

/// The instance as AWS describes it.
pub(super) fn describe(scope: Scope, instance: &ContainerInstance, state: &State, include: Include) -> api::ContainerInstance {
    let counts = state.counts().instance(instance.id);
    let text = |name: &Option<Name>| name.as_ref().map(ToString::to_string);
    api::ContainerInstance {
        container_instance_arn: Some(scope.instance_arn(&instance.cluster, instance.id)),
        ec2_instance_id: text(&instance.ec2_instance_id),
        capacity_provider_name: text(&instance.capacity_provider),
        version: Some(i64::try_from(instance.version).unwrap_or(i64::MAX)),
        version_info: Some(api::VersionInfo {
            agent_version: text(&instance.agent_version),
            agent_hash: text(&instance.agent_hash),
            docker_version: text(&instance.docker_version),
        }),
        remaining_resources: Some(resources::remaining(&instance.registered, &instance.used)),
        registered_resources: Some(resources::described(&instance.registered)),
        status: Some(instance.status.as_str().to_owned()),
        status_reason: instance.status_reason.as_ref().map(ToString::to_string),
        agent_connected: Some(instance.agent_connected),
        running_tasks_count: Some(cluster::whole(counts.running)),
        pending_tasks_count: Some(cluster::whole(counts.pending)),
        agent_update_status: None,
        attributes: Some(instance.attributes.iter().map(own_attribute).collect()),
        registered_at: Some(Timestamp(instance.registered_at.as_millis())),
        attachments: Some(Vec::new()),
        tags: Some(if include.tags { tags::described(&instance.tags) } else { Vec::new() }),
        health_status: include.health.then(|| health(instance)),
    }
}

/// An attribute as AWS describes it on its instance.
fn own_attribute(attribute: &berth_model::Attribute) -> api::Attribute {
    let value = attribute.value.as_ref().map(ToString::to_string);
    api::Attribute { name: attribute.name.to_string(), value, target_type: None, target_id: None }
}

/// The worst result of all checks, `INSUFFICIENT_DATA` where there is none.
fn health(instance: &ContainerInstance) -> api::ContainerInstanceHealthStatus {
    use api::InstanceHealthCheckState as Health;
    let details: Vec<api::InstanceHealthCheckResult> = instance
        .health
        .iter()
        .map(|check| api::InstanceHealthCheckResult {
            r#type: Some(api::InstanceHealthCheckType::from_text(&check.kind)),
            status: Some(Health::from_text(&check.status)),
            status_reason: None,
            last_updated: Some(Timestamp(check.last_updated.as_millis())),
            last_status_change: Some(Timestamp(check.last_change.as_millis())),
        })
        .collect();
    let has = |state: &Health| details.iter().any(|check| check.status.as_ref() == Some(state));
    let worst = [Health::Impaired, Health::InsufficientData, Health::Initializing, Health::Ok].into_iter().find(has);
    api::ContainerInstanceHealthStatus { overall_status: Some(worst.unwrap_or(Health::InsufficientData)), details: Some(details) }
}

/// Whether the instance is gone.
pub(super) const fn is_inactive(instance: &ContainerInstance) -> bool {
    matches!(instance.status, InstanceStatus::Inactive { .. })
}
