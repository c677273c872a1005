//! What a caller overrides of a task definition: checked against it, applied to what decisions are made on, and kept.

use std::collections::BTreeSet;

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{Document, Facts};

use super::scope::shortened;
use super::task_definition::{cpu_units, gpu_count, memory_mib};
use crate::document;

/// Characters of all overrides together, at most.
const LONGEST: usize = 8192;
/// MiB that a container runtime needs to start anything.
const LEAST_MEMORY: u32 = 6;

/// Overrides that fit their task definition.
#[derive(Debug)]
pub(super) struct Overrides {
    /// As they were given; nothing if nothing was.
    pub(super) document: Option<Document>,
    /// The definition's facts with the overrides in place.
    pub(super) facts: Facts,
    pub(super) cpu: Option<u32>,
    pub(super) memory: Option<u32>,
}

/// Checks overrides against a definition and applies them.
pub(super) fn checked(facts: &Facts, given: Option<&api::TaskOverride>) -> Result<Overrides, Refusal> {
    let mut overridden = Overrides { document: None, facts: facts.clone(), cpu: None, memory: None };
    let Some(given) = given.filter(|given| **given != api::TaskOverride::default()) else { return Ok(overridden) };
    let text = document::write(api::TaskOverride::PLACE, given);
    if text.as_str().chars().count() > LONGEST {
        return Err(invalid(format!("Overrides must have at most {LONGEST} characters in all.")));
    }
    let mut names = BTreeSet::new();
    for container in given.container_overrides.iter().flatten() {
        apply(&mut overridden.facts, container)?;
        if !names.insert(container.name.as_deref()) {
            let name = container.name.as_deref().unwrap_or_default();
            return Err(invalid(format!("Container {name} has more than one override.")));
        }
    }
    overridden.cpu = size(given.cpu.as_deref(), cpu_units, "cpu")?;
    overridden.memory = size(given.memory.as_deref(), memory_mib, "memory")?;
    overridden.facts.cpu = overridden.cpu.or(overridden.facts.cpu);
    overridden.facts.memory = overridden.memory.or(overridden.facts.memory);
    fits(&overridden.facts)?;
    overridden.document = Some(text);
    Ok(overridden)
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

fn apply(facts: &mut Facts, given: &api::ContainerOverride) -> Result<(), Refusal> {
    let name = given.name.as_deref().unwrap_or_default();
    if name.is_empty() {
        return Err(invalid("Container override's name should not be null or empty."));
    }
    let Some(container) = facts.containers.iter_mut().find(|container| container.name == *name) else {
        return Err(invalid(format!(
            "Override for container named {} is not a container in the TaskDefinition.",
            shortened(name)
        )));
    };
    let number = |given: Option<i32>, least: u32, what: &str| {
        let message = || invalid(format!("Invalid '{what}' override for container {name}: it must be at least {least}."));
        given.map(|value| u32::try_from(value).ok().filter(|value| *value >= least).ok_or_else(message)).transpose()
    };
    container.cpu = number(given.cpu, 0, "cpu")?.unwrap_or(container.cpu);
    container.memory = number(given.memory, LEAST_MEMORY, "memory")?.or(container.memory);
    container.memory_reservation =
        number(given.memory_reservation, LEAST_MEMORY, "memoryReservation")?.or(container.memory_reservation);
    if let Some(needs) = &given.resource_requirements {
        container.gpus = gpus(name, needs)?;
    }
    if let (Some(hard), Some(soft)) = (container.memory, container.memory_reservation)
        && hard < soft
    {
        return Err(invalid(format!(
            "Invalid overrides for container {name}: 'memory' must not be less than 'memoryReservation'."
        )));
    }
    Ok(())
}

/// How many GPUs an override asks for.
fn gpus(name: &str, needs: &[api::ResourceRequirement]) -> Result<u32, Refusal> {
    let counts = needs.iter().map(|need| match need.r#type {
        api::ResourceType::Gpu => Some(gpu_count(&need.value)).filter(|count| *count > 0),
        _ => None,
    });
    let counts = counts.collect::<Option<Vec<u32>>>().filter(|counts| counts.len() <= 1);
    let counts = counts.ok_or_else(|| invalid(format!("Invalid 'resourceRequirements' override for container {name}.")))?;
    Ok(counts.into_iter().sum())
}

fn size(given: Option<&str>, parse: fn(&str) -> Option<u32>, what: &str) -> Result<Option<u32>, Refusal> {
    let parsed = given
        .map(|text| parse(text).filter(|size| *size > 0).ok_or_else(|| invalid(format!("Invalid '{what}' override for task."))));
    parsed.transpose()
}

/// The containers together take no more than the task has.
fn fits(facts: &Facts) -> Result<(), Refusal> {
    let sum =
        |amount: fn(&berth_model::ContainerFacts) -> u32| facts.containers.iter().map(amount).fold(0_u32, u32::saturating_add);
    if facts.cpu.is_some_and(|cpu| sum(|container| container.cpu) > cpu) {
        return Err(invalid("The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'."));
    }
    if facts.memory.is_some_and(|memory| sum(|container| container.memory_reservation.unwrap_or(0)) > memory) {
        return Err(invalid(
            "The sum of all container 'memoryReservation' values cannot be greater than the value of the task 'memory'.",
        ));
    }
    Ok(())
}

/// A task's overrides as AWS describes them: an entry for every container, in the order of the definition.
pub(super) fn described(facts: &Facts, kept: Option<&Document>) -> Result<api::TaskOverride, Refusal> {
    let kept = kept.map(|text| document::read::<api::TaskOverride>(api::TaskOverride::PLACE, text)).transpose();
    let mut described = kept.map_err(|cause| Refusal::internal(&api::SERVICE, cause))?.unwrap_or_default();
    let given = described.container_overrides.take().unwrap_or_default();
    let of = |name: &str| given.iter().find(|container| container.name.as_deref() == Some(name)).cloned();
    let entry =
        |name: &str| of(name).unwrap_or_else(|| api::ContainerOverride { name: Some(name.to_owned()), ..Default::default() });
    described.container_overrides = Some(facts.containers.iter().map(|container| entry(&container.name)).collect());
    described.inference_accelerator_overrides.get_or_insert_default();
    Ok(described)
}
