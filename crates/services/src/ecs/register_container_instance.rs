//! `RegisterContainerInstance`: a machine joins a cluster, or comes back to it.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::node::{self, Offer};
use berth_model::{Attribute, ClientToken, ContainerInstance, InstanceId, InstanceStatus, Name, Resources, Timestamp};
use berth_plan::IdSource as _;
use berth_store::{InstanceKey, Transaction};
use serde::Deserialize;

use super::container_instance::{self, Include, registered};
use super::scope::{Scope, shortened};
use super::{EcsService, attribute, cluster, idempotency, tags};
use crate::ids::RandomIds;

/// Attributes of one instance, at most; the official agent sends about sixty.
const MOST_ATTRIBUTES: usize = 256;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::RegisterContainerInstanceRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let Ok(name) = scope.cluster(input.cluster.as_deref()) else { return Target::any() };
    let view = ecs.store.view();
    let target = match input.container_instance_arn.as_deref().map(|arn| scope.instance(&name, arn)) {
        Some(Ok(id)) => container_instance::target(&view, scope, &name, id),
        _ => cluster::target(&view, scope, &name),
    };
    vec![target.with_request_tags(tags::pairs(input.tags.as_deref()))]
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::RegisterContainerInstanceRequest,
) -> Result<api::RegisterContainerInstanceResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let now = Timestamp::from_millis(call.received_at.0);
    let again = input
        .container_instance_arn
        .as_deref()
        .filter(|arn| !arn.is_empty())
        .map(|arn| scope.instance(&name, arn))
        .transpose()?;
    let id = InstanceId::from_bytes(RandomIds::new(&api::SERVICE)?.next());
    let new = instance(scope, call, &input, name, id, now)?;
    let token = idempotency::token(
        scope,
        "RegisterContainerInstance",
        &new.cluster,
        input.client_token.as_deref(),
        (api::RegisterContainerInstanceRequest::PLACE, &input),
    )?;
    let described = ecs
        .update(|tx| {
            cluster::active(tx, scope, &new.cluster)?;
            let registered = match again {
                Some(id) => come_back(tx, scope, id, new)?,
                None => join(tx, new, token, now)?,
            };
            Ok(container_instance::describe(scope, &registered, tx, Include { tags: true, health: false }))
        })
        .await?;
    Ok(api::RegisterContainerInstanceResponse { container_instance: Some(described) })
}

/// A new instance, unless the same request made it before.
fn join(
    tx: &mut Transaction,
    new: ContainerInstance,
    token: Option<ClientToken>,
    now: Timestamp,
) -> Result<ContainerInstance, Refusal> {
    if let Some(token) = token {
        let known = idempotency::known(tx, &token, now).map_err(|_| {
            errors::client_exception(
                "The client token was used before with other parameters. Use another token, or the same parameters.",
            )
        })?;
        let registered = known.and_then(|ids| ids.first().copied()).map(InstanceId::from_bytes);
        let key = registered.map(|id| InstanceKey { region: new.region, id });
        if let Some(instance) = key.and_then(|key| tx.get::<ContainerInstance>(&key)) {
            return Ok(ContainerInstance::clone(instance));
        }
        tx.put(idempotency::answered(token, vec![*new.id.as_bytes()], now));
    }
    tx.put(new.clone());
    Ok(new)
}

/// The instance's agent has started again: what it says now holds, what tasks hold of the instance stays.
fn come_back(tx: &mut Transaction, scope: Scope, id: InstanceId, new: ContainerInstance) -> Result<ContainerInstance, Refusal> {
    let known = container_instance::find(tx, scope, &new.cluster, id).cloned().ok_or_else(container_instance::not_found)?;
    if container_instance::is_inactive(&known) {
        return Err(errors::client_exception(
            "The container instance is INACTIVE: it was deregistered. Register it anew, without its ARN.",
        ));
    }
    if (known.registered.cpu, known.registered.memory) != (new.registered.cpu, new.registered.memory) {
        let (old, new) = (&known.registered, &new.registered);
        let message = format!(
            "Container instance type changes are not supported. Container instance {} was previously registered with CPU {} and MEMORY {}; now CPU {} and MEMORY {}.",
            scope.instance_arn(&known.cluster, id),
            old.cpu,
            old.memory,
            new.cpu,
            new.memory
        );
        return Err(errors::client_exception(message));
    }
    // Custom attributes are sent with the first registration only; what an agent can do it says with each.
    let stays = |old: &&Attribute| !attribute::is_reserved(&old.name) && new.attributes.iter().all(|sent| sent.name != old.name);
    let kept = known.attributes.iter().filter(stays).cloned();
    let back = ContainerInstance {
        version: known.version + 1,
        agent_connected: true,
        attributes: new.attributes.iter().cloned().chain(kept).collect(),
        agent_version: new.agent_version,
        agent_hash: new.agent_hash,
        docker_version: new.docker_version,
        registered: new.registered,
        // Agents of others send attributes of their operator's with the first registration only.
        capacity_provider: new.capacity_provider.or_else(|| known.capacity_provider.clone()),
        ..ContainerInstance::clone(&known)
    };
    tx.put(back.clone());
    Ok(back)
}

fn instance(
    scope: Scope,
    call: &Call,
    input: &api::RegisterContainerInstanceRequest,
    cluster: Name,
    id: InstanceId,
    now: Timestamp,
) -> Result<ContainerInstance, Refusal> {
    let version = input.version_info.as_ref();
    let attributes = attributes(scope, input.attributes.as_deref().unwrap_or_default())?;
    let text = |field: Option<&String>| field.map(|text| Name::new(&shortened(text)));
    Ok(ContainerInstance {
        region: scope.region,
        id,
        cluster,
        ec2_instance_id: Some(machine(input, id)),
        status: InstanceStatus::Active,
        status_reason: None,
        version: 1,
        agent_connected: true,
        agent_version: text(version.and_then(|version| version.agent_version.as_ref())),
        agent_hash: text(version.and_then(|version| version.agent_hash.as_ref())),
        docker_version: text(version.and_then(|version| version.docker_version.as_ref())),
        registered: Resources {
            interfaces: Offer::of(&attributes).interfaces,
            ..registered(
                input.total_resources.as_deref().unwrap_or_default(),
                input.platform_devices.as_deref().unwrap_or_default(),
            )?
        },
        used: Resources::default(),
        capacity_provider: node::capacity_provider(&attributes).cloned(),
        attributes,
        tags: tags::checked(input.tags.as_deref())?,
        registered_at: now,
        owner: Name::new(&call.caller.key_id),
        client_token: None,
        health: Vec::new(),
        first_stream_at: None,
    })
}

/// All that the agent sent, which it expects back, and the zone that every instance has.
fn attributes(scope: Scope, given: &[api::Attribute]) -> Result<Vec<Attribute>, Refusal> {
    if given.len() > MOST_ATTRIBUTES {
        return Err(errors::invalid_parameter_exception(format!(
            "Too many attributes: an instance has at most {MOST_ATTRIBUTES}."
        )));
    }
    let mut attributes = Vec::with_capacity(given.len() + 1);
    for attribute in given {
        let value = attribute.value.as_deref().filter(|value| !value.is_empty());
        let fits = (1..=128).contains(&attribute.name.chars().count()) && value.is_none_or(|value| value.chars().count() <= 128);
        if !fits {
            let name = shortened(&attribute.name);
            return Err(errors::invalid_parameter_exception(format!(
                "Invalid attribute {name}: names have 1 to 128 characters, values up to 128."
            )));
        }
        let attribute = Attribute { name: Name::new(&attribute.name), value: value.map(Name::new) };
        // Agents may name one twice; what was said last holds.
        attributes.retain(|known: &Attribute| known.name != attribute.name);
        attributes.push(attribute);
    }
    if node::zone(&attributes).is_none() {
        attributes.retain(|attribute| attribute.name != node::ZONE);
        attributes.push(Attribute { name: Name::new(node::ZONE), value: Some(Name::new(&format!("{}a", scope.region))) });
    }
    Ok(attributes)
}

/// The part of an EC2 instance identity document that is used. It is a claim, not a proof: nothing is decided by it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    instance_id: String,
}

/// The machine's own id: what its identity document says, or else one in the form that machines outside EC2 have.
fn machine(input: &api::RegisterContainerInstanceRequest, id: InstanceId) -> Name {
    let document = input.instance_identity_document.as_deref().and_then(|text| serde_json::from_str::<Identity>(text).ok());
    match document.filter(|identity| (1..=64).contains(&identity.instance_id.len())) {
        Some(identity) => Name::new(&identity.instance_id),
        None => Name::new(&format!("mi-{}", id.to_string().get(..17).unwrap_or_default())),
    }
}
