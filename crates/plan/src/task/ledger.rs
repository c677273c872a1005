//! What tasks hold of their instances.

use berth_model::{PortSet, Resource, Resources, Task};

/// What the task holds of its instance; none if it is over or not placed.
#[must_use]
pub fn held(task: &Task) -> Option<&Resources> {
    (task.instance.is_some() && !task.is_stopped()).then_some(&task.reservation)
}

/// What leaves the instance's ledger when the task is over: all it held.
#[must_use]
pub fn release(task: &Task) -> Resources {
    held(task).cloned().unwrap_or_default()
}

/// What is taken of the instance once `after` stands where `before` stood (none for a new task). A port that the agent
/// chose while another task had it in the ledger is left out of `after`: each port is in the ledger once.
///
/// # Errors
/// The resource of which `used` has less than `before` held, or no room for what is new in `after`.
pub fn settle(used: &Resources, before: Option<&Task>, after: &mut Task) -> Result<Resources, Resource> {
    let mut rest = used.clone();
    if let Some(before) = before.and_then(held) {
        rest = used.checked_sub(before)?;
        let reserved = &mut after.reservation;
        leave_out(&mut reserved.ports_tcp, &rest.ports_tcp);
        leave_out(&mut reserved.ports_udp, &rest.ports_udp);
    }
    match held(after) {
        Some(after) => rest.checked_add(after),
        None => Ok(rest),
    }
}

fn leave_out(ports: &mut PortSet, others: &PortSet) {
    if !ports.is_disjoint(others) {
        *ports = ports.iter().filter(|&port| !others.contains(port)).collect();
    }
}
