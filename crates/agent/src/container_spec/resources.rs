//! What containers and tasks may take.

use berth_api::acs::docker::HostConfig;
use berth_api::acs::{Container, Task};
use berth_runtime::{Group, Limits};

use super::NodeFacts;
use super::error::FieldError;

const MIB: u64 = 1 << 20;
/// Fewer shares the kernel does not know; also what a container without any gets, as Docker's agents have it.
pub(super) const LEAST_SHARES: u64 = 2;
const MOST_SHARES: u64 = 262_144;
/// No container can start with less memory: less is raised to it.
const LEAST_MEMORY: u64 = 6 * MIB;

/// One container takes this part of a machine's processes at most: without a limit one that does nothing but fork would take all, and
/// nobody could start anything, the agent included.
const PROCESSES_PART: u64 = 8;
const LEAST_PROCESSES: u64 = 1024;

pub(super) fn of(container: &Container, host: &HostConfig, node: &NodeFacts) -> Result<Limits, FieldError> {
    let shares = whole("cpu", container.cpu)?.unwrap_or_default();
    let memory = whole("memory", container.memory)?.filter(|mib| *mib > 0).map(|mib| mib.saturating_mul(MIB).max(LEAST_MEMORY));
    let reservation = whole("memoryReservation", host.memory_reservation)?.filter(|bytes| *bytes > 0);
    Ok(Limits {
        cpu_shares: Some(shares.clamp(LEAST_SHARES, MOST_SHARES)),
        memory,
        memory_reservation: reservation,
        swap: swap(host, memory)?,
        swappiness: whole("linuxParameters.swappiness", host.memory_swappiness)?.map(|swappiness| swappiness.min(100)),
        pids: node.processes.map(|most| (most / PROCESSES_PART).max(LEAST_PROCESSES)),
    })
}

/// Docker counts memory and swap together; -1 is no limit, and so is whatever comes without a limit of memory.
fn swap(host: &HostConfig, memory: Option<u64>) -> Result<Option<u64>, FieldError> {
    let both = whole("linuxParameters.maxSwap", host.memory_swap.filter(|both| *both > 0))?;
    Ok(both.zip(memory).map(|(both, memory)| both.saturating_sub(memory)))
}

/// The limits that all containers of a task share.
#[must_use]
pub fn group(task: &Task) -> Group {
    let memory = task.memory.and_then(|mib| u64::try_from(mib).ok()).filter(|mib| *mib > 0);
    Group { name: name(task), cpu_millis: task.cpu.and_then(millis), memory: memory.map(|mib| mib.saturating_mul(MIB)) }
}

/// What names a container on this machine, and to the control plane: its task's id and its place in the task, as on Fargate.
#[must_use]
pub fn runtime_id(task: &Task, container: &Container) -> String {
    let place = task.containers.iter().position(|other| other.name == container.name).unwrap_or_default();
    format!("{}-{place:010}", name(task))
}

/// The task's id, which ends its ARN; what cannot stand in a name is left out.
fn name(task: &Task) -> String {
    let id = task.arn.rsplit('/').next().unwrap_or_default();
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    id.chars().map(|letter| letter.to_ascii_lowercase()).filter(|letter| allowed(*letter)).take(LONGEST_NAME).collect()
}

/// Leaves room for the place of a container.
const LONGEST_NAME: usize = 52;

/// Processors in thousandths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a million")]
fn millis(cpu: f64) -> Option<u64> {
    (cpu > 0.0).then(|| (cpu * 1000.0).round().clamp(1.0, 1_000_000.0) as u64)
}

fn whole(field: &'static str, value: Option<i64>) -> Result<Option<u64>, FieldError> {
    value.map(|value| u64::try_from(value).map_err(|_| FieldError::new(field, format!("{value} is below zero")))).transpose()
}
