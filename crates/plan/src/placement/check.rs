//! Whether an instance can have a task.

use berth_model::node::{self, Offer};
use berth_model::{Attribute, ContainerInstance, InstanceStatus, Name, PortSet, Protocol, Resources};

use super::{Lack, Rule, Want};
use crate::query::{self, Subject};

/// Whether the instance of which `used` is taken can have one task more, of a group of which `of_group` are there.
pub(super) fn check(want: &Want<'_>, subject: &Subject<'_>, of_group: u32, used: &Resources) -> Result<(), Lack> {
    suits(want, subject)?;
    has_room(want, subject, of_group, used)
}

/// Whether the instance itself is one for such tasks, whatever is on it.
pub(super) fn suits(want: &Want<'_>, subject: &Subject<'_>) -> Result<(), Lack> {
    let instance = subject.instance;
    takes_tasks(instance)?;
    if want.provider.is_some_and(|provider| instance.capacity_provider.as_ref() != Some(provider)) {
        return Err(Lack::CapacityProvider(instance.capacity_provider.clone()));
    }
    attributes(want.attributes, instance)?;
    location(want.zones, instance)?;
    let lasting = want.rules.iter().filter(|rule| rule.is_lasting());
    lasting.into_iter().try_for_each(|rule| follows(rule, subject, 0))
}

/// Whether what is on the instance leaves room for one task more.
pub(super) fn has_room(want: &Want<'_>, subject: &Subject<'_>, of_group: u32, used: &Resources) -> Result<(), Lack> {
    let passing = want.rules.iter().filter(|rule| !rule.is_lasting());
    passing.into_iter().try_for_each(|rule| follows(rule, subject, of_group))?;
    resources(want, &subject.instance.registered, used)
}

fn takes_tasks(instance: &ContainerInstance) -> Result<(), Lack> {
    if instance.status != InstanceStatus::Active {
        return Err(Lack::NotActive(instance.status));
    }
    if !instance.agent_connected {
        return Err(Lack::Agent);
    }
    match instance.health.iter().find(|check| check.status == "IMPAIRED") {
        Some(check) => Err(Lack::Impaired(check.kind.clone())),
        None => Ok(()),
    }
}

fn attributes(wanted: &[Attribute], instance: &ContainerInstance) -> Result<(), Lack> {
    let meets = |wanted: &Attribute| {
        if wanted.name == node::TASK_ENI && Offer::of(&instance.attributes).awsvpc {
            return true;
        }
        let same = |own: &Attribute| own.name == wanted.name && (wanted.value.is_none() || own.value == wanted.value);
        instance.attributes.iter().any(same)
    };
    match wanted.iter().find(|wanted| !meets(wanted)) {
        Some(wanted) => Err(Lack::Attribute(wanted.clone())),
        None => Ok(()),
    }
}

fn location(zones: Option<&[Name]>, instance: &ContainerInstance) -> Result<(), Lack> {
    let Some(zones) = zones else { return Ok(()) };
    match node::zone(&instance.attributes) {
        Some(zone) if zones.contains(zone) => Ok(()),
        zone => Err(Lack::Location(zone.cloned())),
    }
}

fn follows(rule: &Rule, subject: &Subject<'_>, of_group: u32) -> Result<(), Lack> {
    match rule {
        Rule::MemberOf(expression) if query::evaluate(expression, subject) => Ok(()),
        Rule::MemberOf(expression) => Err(Lack::MemberOf(expression.clone())),
        Rule::DistinctInstance if of_group == 0 => Ok(()),
        Rule::DistinctInstance => Err(Lack::DistinctInstance { tasks: of_group }),
    }
}

fn resources(want: &Want<'_>, registered: &Resources, used: &Resources) -> Result<(), Lack> {
    let needs = want.reservation;
    let cpu = registered.cpu.saturating_sub(used.cpu);
    if cpu < needs.cpu {
        return Err(Lack::Cpu { needs: needs.cpu, has: cpu });
    }
    let memory = registered.memory.saturating_sub(used.memory);
    if memory < needs.memory {
        return Err(Lack::Memory { needs: needs.memory, has: memory });
    }
    ports(Protocol::Tcp, &needs.ports_tcp, &registered.ports_tcp, &used.ports_tcp)?;
    ports(Protocol::Udp, &needs.ports_udp, &registered.ports_udp, &used.ports_udp)?;
    if registered.interfaces.saturating_sub(used.interfaces) < needs.interfaces {
        return Err(Lack::Interface);
    }
    if want.gpus > 0 {
        let has = u32::try_from(registered.free_gpus(used).count()).unwrap_or(u32::MAX);
        if has < want.gpus {
            return Err(Lack::Gpu { needs: want.gpus, has });
        }
    }
    Ok(())
}

fn ports(protocol: Protocol, wanted: &PortSet, kept: &PortSet, used: &PortSet) -> Result<(), Lack> {
    match wanted.iter().find(|&port| kept.contains(port) || used.contains(port)) {
        Some(port) => Err(Lack::Port { port, protocol, kept: kept.contains(port) }),
        None => Ok(()),
    }
}
