//! What is decided on, out of a checked definition in its normal form.

use berth_api::Refusal;
use berth_api::ecs::{
    self as api, ContainerCondition, ContainerDefinition, PortMapping, RegisterTaskDefinitionRequest, TransportProtocol,
};
use berth_model::{
    Condition, Constraint, ConstraintKind, ContainerFacts, Dependency, Facts, LaunchSet, Name, NetworkMode, Protocol,
};

use super::rule::{all, name, refusal, text};
use super::{attributes, linux, ports, sizes};

/// The facts of a definition.
pub(super) fn facts(request: &RegisterTaskDefinitionRequest, compatibilities: LaunchSet) -> Result<Facts, Refusal> {
    let (cpu, memory) = sizes::task_size(request);
    let constraints = all(request.placement_constraints.as_ref()).iter().map(|constraint| Constraint {
        kind: ConstraintKind::MemberOf,
        expression: constraint.expression.as_deref().map(Into::into),
    });
    Ok(Facts {
        containers: request.container_definitions.iter().map(container).collect::<Result<_, _>>()?,
        cpu,
        memory,
        network_mode: network_mode(request)?,
        compatibilities,
        requires_attributes: attributes::required(request),
        task_role: request.task_role_arn.as_deref().map(Into::into),
        execution_role: request.execution_role_arn.as_deref().map(Into::into),
        constraints: constraints.collect(),
    })
}

fn network_mode(request: &RegisterTaskDefinitionRequest) -> Result<NetworkMode, Refusal> {
    match &request.network_mode {
        None | Some(api::NetworkMode::Bridge) => Ok(NetworkMode::Bridge),
        Some(api::NetworkMode::Host) => Ok(NetworkMode::Host),
        Some(api::NetworkMode::Awsvpc) => Ok(NetworkMode::Awsvpc),
        Some(api::NetworkMode::None) => Ok(NetworkMode::None),
        Some(api::NetworkMode::Unlisted(text)) => Err(refusal(format!("Invalid network mode '{text}'."))),
    }
}

fn container(container: &ContainerDefinition) -> Result<ContainerFacts, Refusal> {
    let units = |amount: Option<i32>| amount.and_then(|amount| u32::try_from(amount).ok());
    let gpus = all(container.resource_requirements.as_ref()).iter().map(|need| linux::gpu_count(&need.value));
    let depends_on = all(container.depends_on.as_ref()).iter().map(|dependency| {
        Ok(Dependency { container: Name::new(&dependency.container_name), condition: condition(&dependency.condition)? })
    });
    Ok(ContainerFacts {
        name: Name::new(name(container)),
        image: Name::new(text(container.image.as_ref())),
        essential: container.essential != Some(false),
        cpu: units(container.cpu).unwrap_or(0),
        memory: units(container.memory),
        memory_reservation: units(container.memory_reservation),
        ports: all(container.port_mappings.as_ref()).iter().map(port).collect::<Result<_, _>>()?,
        depends_on: depends_on.collect::<Result<_, Refusal>>()?,
        gpus: gpus.fold(0, u32::saturating_add),
        health_checked: container.health_check.is_some(),
    })
}

fn port(mapping: &PortMapping) -> Result<berth_model::PortMapping, Refusal> {
    let protocol = match &mapping.protocol {
        None | Some(TransportProtocol::Tcp) => Protocol::Tcp,
        Some(TransportProtocol::Udp) => Protocol::Udp,
        Some(TransportProtocol::Unlisted(text)) => return Err(refusal(format!("Invalid protocol '{text}'."))),
    };
    Ok(berth_model::PortMapping {
        container_port: mapping.container_port.and_then(ports::port),
        host_port: mapping.host_port.and_then(ports::port),
        container_port_range: mapping.container_port_range.as_deref().and_then(ports::range),
        protocol,
    })
}

fn condition(condition: &ContainerCondition) -> Result<Condition, Refusal> {
    match condition {
        ContainerCondition::Start => Ok(Condition::Start),
        ContainerCondition::Complete => Ok(Condition::Complete),
        ContainerCondition::Success => Ok(Condition::Success),
        ContainerCondition::Healthy => Ok(Condition::Healthy),
        ContainerCondition::Unlisted(text) => Err(refusal(format!("Invalid container dependency condition '{text}'."))),
    }
}
