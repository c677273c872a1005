//! A task's definition with the task's overrides in it.

use berth_api::ecs::{self as api, ContainerDefinition, ContainerOverride, KeyValuePair, TaskOverride};
use berth_model::{Document, Task, TaskDefinition};
use berth_wire::json::JsonReader;
use berth_wire::{Member, ReadError, Redacted, Shape};

/// Reads a definition and puts a task's overrides in it. What of them is the task's own is in the task's record.
///
/// # Errors
/// A document is broken: the database is damaged.
pub(super) fn merged(task: &Task, definition: &TaskDefinition) -> Result<api::TaskDefinition, ReadError> {
    let mut merged = read_whole(definition)?;
    let Some(document) = &task.overrides else { return Ok(merged) };
    let overrides: TaskOverride = read(TaskOverride::PLACE, document)?;
    for given in overrides.container_overrides.into_iter().flatten() {
        let mut containers = merged.container_definitions.iter_mut().flatten();
        if let Some(container) = containers.find(|container| container.name == given.name) {
            apply(container, given);
        }
    }
    Ok(merged)
}

/// Reads a definition as it was registered.
///
/// # Errors
/// As [`merged`].
pub(super) fn read_whole(definition: &TaskDefinition) -> Result<api::TaskDefinition, ReadError> {
    read(api::TaskDefinition::PLACE, &definition.document)
}

fn apply(container: &mut ContainerDefinition, given: ContainerOverride) {
    given.add_to(container);
    if let Some(command) = given.command.filter(|command| !command.is_empty()) {
        container.command = Some(command);
    }
    container.cpu = given.cpu.or(container.cpu);
    container.memory = given.memory.or(container.memory);
    container.memory_reservation = given.memory_reservation.or(container.memory_reservation);
    let environment = container.environment.get_or_insert_with(|| Redacted(Vec::new()));
    for variable in given.environment.into_iter().flat_map(|Redacted(variables)| variables) {
        set(&mut environment.0, variable);
    }
    if let Some(needs) = given.resource_requirements {
        container.resource_requirements = Some(needs);
    }
    if let Some(files) = given.environment_files.filter(|files| !files.is_empty()) {
        container.environment_files = Some(files);
    }
}

/// An override replaces the variable of its name, or adds one.
fn set(environment: &mut Vec<KeyValuePair>, variable: KeyValuePair) {
    environment.retain(|known| known.name != variable.name);
    environment.push(variable);
}

fn read<T: Shape>(place: &'static Member, document: &Document) -> Result<T, ReadError> {
    let mut reader = JsonReader::new(document.as_str().as_bytes());
    let value = T::read(place, &mut reader)?;
    reader.finish()?;
    Ok(value)
}
