//! CPU and memory: the forms they are written in, and which go together.

use berth_api::ecs::{ContainerDefinition, RegisterTaskDefinitionRequest};

use super::rule::{Checked, name, require, require_setting};

/// CPU units of one processor, and MiB of one GiB.
const UNIT: u64 = 1024;
/// CPU units that a task may have, where Fargate's list does not hold.
const TASK_CPU: std::ops::RangeInclusive<u32> = 128..=196_608;
/// MiB that a container runtime needs to start anything.
const LEAST_MEMORY: u32 = 6;

/// CPU units as a task's `cpu` writes them: `256`, `.25 vCPU`, `1 vcpu`.
pub(in crate::ecs) fn cpu_units(text: &str) -> Option<u32> {
    amount(text, &["vcpu"])
}

/// MiB as a task's `memory` writes them: `512`, `1GB`, `0.5 GB`.
pub(in crate::ecs) fn memory_mib(text: &str) -> Option<u32> {
    amount(text, &["gb"])
}

/// An amount in units, or in the larger one that a suffix names, if it is a whole number of units.
fn amount(text: &str, suffixes: &[&str]) -> Option<u32> {
    let text = text.trim();
    let large = suffixes.iter().find_map(|suffix| {
        let at = text.len().checked_sub(suffix.len())?;
        let (number, end) = text.split_at_checked(at)?;
        end.eq_ignore_ascii_case(suffix).then(|| number.trim_end())
    });
    match large {
        Some(number) => scaled(number),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        None => None,
    }
}

/// A decimal number times [`UNIT`].
fn scaled(number: &str) -> Option<u32> {
    /// Digits after the point; more would be finer than any unit.
    const FINEST: usize = 10;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || fraction.len() > FINEST || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part = fraction.bytes().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0')) * UNIT;
    let parts = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    if !part.is_multiple_of(parts) {
        return None;
    }
    u32::try_from(whole.checked_mul(UNIT)?.checked_add(part / parts)?).ok()
}

/// The task's CPU units and MiB, once they are in their normal form.
pub(super) fn task_size(request: &RegisterTaskDefinitionRequest) -> (Option<u32>, Option<u32>) {
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    (number(&request.cpu), number(&request.memory))
}

/// The rules about sizes that hold wherever the task runs.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let (cpu, memory) = task_size(request);
    require(cpu.is_none_or(|cpu| TASK_CPU.contains(&cpu)), || "Invalid 'cpu' setting for task.")?;
    require(memory.is_none_or(|memory| memory >= LEAST_MEMORY), || "Invalid 'memory' setting for task.")?;
    for container in &request.container_definitions {
        check_container(container, memory)?;
    }
    let containers = &request.container_definitions;
    let sum = |amount: fn(&ContainerDefinition) -> Option<i32>| containers.iter().filter_map(amount).map(i64::from).sum::<i64>();
    require(
        cpu.is_none_or(|cpu| sum(|c| c.cpu) <= i64::from(cpu)),
        || "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    )?;
    require(
        memory.is_none_or(|memory| sum(|c| c.memory_reservation) <= i64::from(memory)),
        || "The sum of all container 'memoryReservation' values cannot be greater than the value of the task 'memory'.",
    )
}

fn check_container(container: &ContainerDefinition, task_memory: Option<u32>) -> Checked {
    require_setting(container.cpu.is_none_or(|cpu| cpu >= 0), "cpu", container)?;
    let of_container = || format!("Invalid setting for container '{}'.", name(container));
    let (hard, soft) = (container.memory, container.memory_reservation);
    require(task_memory.is_some() || hard.is_some() || soft.is_some(), || {
        format!("{} At least one of 'memory' or 'memoryReservation' must be specified.", of_container())
    })?;
    for (field, amount) in [("memory", hard), ("memoryReservation", soft)] {
        let Some(amount) = amount else { continue };
        let mib = u32::try_from(amount).ok().filter(|&mib| mib >= LEAST_MEMORY);
        require_setting(mib.is_some(), field, container)?;
        require(mib <= task_memory || task_memory.is_none(), || {
            format!("The '{field}' setting for container '{}' is greater than for the task.", name(container))
        })?;
    }
    require(hard.zip(soft).is_none_or(|(hard, soft)| hard >= soft), || {
        format!("{} 'memory' must be greater than or equal to 'memoryReservation'.", of_container())
    })
}
