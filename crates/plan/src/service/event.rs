//! What a service tells people, in AWS's words.

use std::fmt::Write as _;
use std::time::Duration;

use berth_model::{DeploymentId, LifecycleStage, Matter, Notice, Pause, Service, TaskId, Timestamp};

use super::Plan;
use crate::placement::{Lack, Placement};

/// For how long the same is not said again.
pub(super) const QUIET: Duration = Duration::from_secs(6 * 60 * 60);
const GUIDE: &str = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

/// Says something about a matter, if it is not what was said of it last, or long ago.
pub(super) fn notice(plan: &mut Plan, service: &mut Service, matter: Matter, message: String, now: Timestamp) {
    let known = service.notices.iter().position(|notice| notice.matter == matter);
    if let Some(known) = known.and_then(|at| service.notices.get_mut(at)) {
        if *known.message == *message && now < known.at + QUIET {
            return;
        }
        *known = Notice { matter, message: message.clone().into(), at: now };
    } else {
        service.notices.push(Notice { matter, message: message.clone().into(), at: now });
        service.notices.sort_by_key(|notice| notice.matter);
    }
    plan.events.push(message.into());
}

/// The matter is no more: the next time it is said again.
pub(super) fn settle(service: &mut Service, matter: Matter) {
    service.notices.retain(|notice| notice.matter != matter);
}

fn tasks(ids: &[TaskId]) -> String {
    ids.iter().enumerate().fold(String::new(), |mut text, (at, id)| {
        let space = if at == 0 { "" } else { " " };
        let _ = write!(text, "{space}(task {id})");
        text
    })
}

pub(super) fn started(of: &str, ids: &[TaskId]) -> String {
    format!("({of}) has started {} tasks: {}.", ids.len(), tasks(ids))
}

pub(super) fn started_to_rebalance(of: &str, zone: &str, ids: &[TaskId]) -> String {
    format!("({of}) has started {} tasks in {zone} to AZ Rebalance: {}.", ids.len(), tasks(ids))
}

pub(super) fn stopped(of: &str, ids: &[TaskId]) -> String {
    format!("({of}) has stopped {} running tasks: {}.", ids.len(), tasks(ids))
}

pub(super) fn unhealthy(of: &str, id: TaskId) -> String {
    format!("({of}) (task {id}) failed container health checks.")
}

pub(super) fn steady(of: &str) -> String {
    format!("({of}) has reached a steady state.")
}

pub(super) fn completed(of: &str, id: DeploymentId) -> String {
    format!("({of}) (deployment {id}) deployment completed.")
}

pub(super) fn failed(of: &str, id: DeploymentId) -> String {
    format!("({of}) (deployment {id}) deployment failed: tasks failed to start.")
}

pub(super) fn rolling_back(of: &str, to: DeploymentId) -> String {
    format!("({of}) rolling back to deployment {to}.")
}

fn hooks(pauses: impl Iterator<Item = String>) -> String {
    pauses.map(|id| format!("(hook {id})")).collect::<Vec<_>>().join(" ")
}

/// That a deployment waits for somebody who lets it go on.
pub(super) fn paused(of: &str, id: DeploymentId, stage: LifecycleStage, pauses: &[Pause]) -> String {
    let (stage, hooks) = (stage.as_str(), hooks(pauses.iter().map(Pause::hook_id)));
    format!("({of}) (deployment {id}) is paused at {stage} and awaits an action on {hooks}.")
}

/// That nobody let a deployment go on in time.
pub(super) fn timed_out(of: &str, id: DeploymentId, stage: LifecycleStage, pauses: &[&Pause]) -> String {
    let (stage, hooks) = (stage.as_str(), hooks(pauses.iter().map(|pause| pause.hook_id())));
    format!("({of}) (deployment {id}) got no action at {stage} in time: {hooks} timed out.")
}

pub(super) fn inconsistent_starts(of: &str) -> String {
    format!("({of}) is unable to consistently start tasks successfully. {GUIDE}")
}

pub(super) fn deadlock(of: &str) -> String {
    format!(
        "({of}) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the \
         minimumHealthyPercent or maximumPercent value and try again.",
    )
}

/// Why a task finds no place.
pub(super) fn unplaced(of: &str, placement: &Placement) -> String {
    let begin = format!("({of}) was unable to place a task because no container instance met all of its requirements.",);
    match placement.nearest() {
        None => format!("{begin} Reason: No Container Instances were found in your cluster. {GUIDE}"),
        Some(nearest) => {
            format!("{begin} The closest matching (container-instance {}) {}. {GUIDE}", nearest.instance, words(&nearest.lack))
        }
    }
}

/// Why a task gets no network interface.
pub(super) fn no_address(of: &str) -> String {
    format!(
        "({of}) was unable to place a task. Reason: InsufficientFreeAddressesInSubnet: no subnet of the service has a free address."
    )
}

/// AWS's words for what the closest instance lacks.
fn words(lack: &Lack) -> &'static str {
    match lack {
        Lack::NotActive(_) => "is not active",
        Lack::Agent => "doesn't have the agent connected",
        Lack::Impaired(_) => "is impaired",
        Lack::CapacityProvider(_) => "does not belong to the capacity provider of your task",
        Lack::Attribute(_) => "is missing an attribute required by your task",
        Lack::MemberOf(_) => "does not satisfy a memberOf placement constraint",
        Lack::Location(_) => "is in an Availability Zone without one of your subnets",
        Lack::DistinctInstance { .. } => "does not satisfy the distinctInstance placement constraint",
        Lack::Cpu { .. } => "has insufficient CPU units available",
        Lack::Memory { .. } => "has insufficient memory available",
        Lack::Port { .. } => "is already using a port required by your task",
        Lack::Gpu { .. } => "has insufficient GPU resource available",
        Lack::Interface => "has insufficient network interfaces available",
    }
}

fn in_zones(zones: &[(String, u32)]) -> String {
    zones.iter().enumerate().fold(String::new(), |mut text, (at, (zone, tasks))| {
        let comma = if at == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{tasks} tasks in {zone}");
        text
    })
}

pub(super) fn not_balanced(of: &str, zones: &[(String, u32)]) -> String {
    format!("({of}) is not AZ balanced with {}. AZ Rebalancing in progress.", in_zones(zones))
}

pub(super) fn balanced(of: &str, zones: &[(String, u32)]) -> String {
    format!("({of}) is AZ balanced with {}.", in_zones(zones))
}
