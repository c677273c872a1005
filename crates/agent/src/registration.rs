//! Joining a cluster.

use std::time::Duration;

use berth_api::ecs::{Attribute, RegisterContainerInstanceRequest, Resource, VersionInfo};
use berth_client::{CallError, Client};
use tracing::{info, warn};

use crate::backoff::Backoff;
use crate::capabilities;
use crate::config::Config;
use crate::error::AgentError;
use crate::identity::Identity;
use crate::machine::Machine;

/// Ports that are not given to tasks: those that an instance of ECS keeps, which definitions may count on.
const RESERVED_PORTS: [&str; 5] = ["22", "2375", "2376", "51678", "51679"];
/// The control plane may be starting as well: it is asked soon again.
const UNREACHED: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// A control plane that is there and refuses is left alone for longer.
const TOO_BUSY: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(192));

/// What a refusal asks for.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Ask again soon.
    Soon,
    /// Ask again later.
    Later,
    /// Be another instance.
    Anew,
    /// Give up.
    Never,
}

/// Registers this machine, or says that it is back; answers its ARN. Goes on until it is registered or refused for good.
pub(crate) async fn register(
    client: &Client,
    config: &Config,
    machine: &Machine,
    identity: &mut Identity,
) -> Result<String, AgentError> {
    let mut soon = Backoff::new(UNREACHED.0, UNREACHED.1, 2.0);
    let mut later = Backoff::new(TOO_BUSY.0, TOO_BUSY.1, 2.0);
    loop {
        let request = request(config, machine, identity);
        let cause = match client.call(&request).await {
            Ok(answer) => {
                let instance = answer.container_instance.unwrap_or_default();
                echoed(request.attributes.as_deref().unwrap_or_default(), instance.attributes.as_deref().unwrap_or_default())?;
                let absent = || AgentError::Answer { what: "a container instance's ARN".to_owned() };
                let arn = instance.container_instance_arn.ok_or_else(absent)?;
                identity.registered(&arn)?;
                info!(instance = arn, cluster = config.cluster, "this machine is registered");
                return Ok(arn);
            }
            Err(cause) => cause,
        };
        match next(&cause, identity.arn().is_some()) {
            Next::Soon => {
                warn!(%cause, "the control plane is not reached; trying again");
                tokio::time::sleep(soon.delay()).await;
            }
            Next::Later => {
                warn!(%cause, "the control plane does not register this machine yet; trying again");
                tokio::time::sleep(later.delay()).await;
            }
            Next::Anew => {
                warn!(%cause, instance = identity.arn(), "this instance is no more: registering anew; its tasks will be stopped");
                identity.forget()?;
            }
            Next::Never => return Err(AgentError::Refused { cluster: config.cluster.clone(), cause }),
        }
    }
}

fn next(cause: &CallError, is_back: bool) -> Next {
    if matches!(cause, CallError::Unreachable { .. }) {
        return Next::Soon;
    }
    if cause.is_retryable() {
        return Next::Later;
    }
    let says = |text: &str| cause.message().is_some_and(|message| message.contains(text));
    match cause.code() {
        // Somebody may be about to make it.
        Some("ClusterNotFoundException") => Next::Later,
        Some("ServerException" | "LimitExceededException") => Next::Later,
        _ if says("Cluster not found") => Next::Later,
        _ if says("Container instance type changes are not supported") => Next::Never,
        Some("InvalidParameterException" | "ClientException") if is_back => Next::Anew,
        _ => Next::Never,
    }
}

fn request(config: &Config, machine: &Machine, identity: &Identity) -> RegisterContainerInstanceRequest {
    let integer = |name: &str, value: u32| Resource {
        integer_value: Some(i32::try_from(value).unwrap_or(i32::MAX)),
        ..resource(name, "INTEGER")
    };
    let set = |name: &str, ports: &[&str]| Resource {
        string_set_value: Some(ports.iter().map(|&port| port.to_owned()).collect()),
        ..resource(name, "STRINGSET")
    };
    let fargate = capabilities::fargate(config.network.as_ref(), config.fargate_only);
    RegisterContainerInstanceRequest {
        cluster: Some(config.cluster.clone()),
        container_instance_arn: identity.arn().map(str::to_owned),
        client_token: Some(identity.client_token().to_owned()),
        attributes: Some(capabilities::attributes(
            config.network.is_some(),
            capabilities::has_apparmor(),
            fargate,
            config.capacity_provider.as_deref(),
        )),
        total_resources: Some(vec![
            integer("CPU", machine.processors.saturating_mul(1024)),
            integer("MEMORY", machine.memory),
            set("PORTS", &RESERVED_PORTS),
            set("PORTS_UDP", &[]),
        ]),
        version_info: Some(VersionInfo { agent_version: Some(config.version.clone()), ..VersionInfo::default() }),
        ..RegisterContainerInstanceRequest::default()
    }
}

fn resource(name: &str, kind: &str) -> Resource {
    Resource { name: Some(name.to_owned()), r#type: Some(kind.to_owned()), ..Resource::default() }
}

/// A control plane that does not say back what it was told did not understand it, and would place the wrong tasks.
fn echoed(sent: &[Attribute], answered: &[Attribute]) -> Result<(), AgentError> {
    let value = |attribute: &Attribute| attribute.value.clone().unwrap_or_default();
    let has = |one: &Attribute| answered.iter().any(|other| other.name == one.name && value(other) == value(one));
    match sent.iter().find(|attribute| !has(attribute)) {
        Some(lost) => Err(AgentError::Answer { what: format!("the attribute {}", lost.name) }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
