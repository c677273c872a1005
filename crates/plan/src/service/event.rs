//! What a service tells people, in AWS's words.

use std::fmt::Write as _;
use std::time::Duration;

use berth_model::{DeploymentId, Matter, Notice, Service, TaskId, Timestamp};

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

pub(super) fn started(service: &Service, ids: &[TaskId]) -> String {
    format!("(service {}) has started {} tasks: {}.", service.name, ids.len(), tasks(ids))
}

pub(super) fn started_to_rebalance(service: &Service, zone: &str, ids: &[TaskId]) -> String {
    format!("(service {}) has started {} tasks in {zone} to AZ Rebalance: {}.", service.name, ids.len(), tasks(ids))
}

pub(super) fn stopped(service: &Service, ids: &[TaskId]) -> String {
    format!("(service {}) has stopped {} running tasks: {}.", service.name, ids.len(), tasks(ids))
}

pub(super) fn unhealthy(service: &Service, id: TaskId) -> String {
    format!("(service {}) (task {id}) failed container health checks.", service.name)
}

pub(super) fn steady(service: &Service) -> String {
    format!("(service {}) has reached a steady state.", service.name)
}

pub(super) fn completed(service: &Service, id: DeploymentId) -> String {
    format!("(service {}) (deployment {id}) deployment completed.", service.name)
}

pub(super) fn failed(service: &Service, id: DeploymentId) -> String {
    format!("(service {}) (deployment {id}) deployment failed: tasks failed to start.", service.name)
}

pub(super) fn rolling_back(service: &Service, to: DeploymentId) -> String {
    format!("(service {}) rolling back to deployment {to}.", service.name)
}

pub(super) fn inconsistent_starts(service: &Service) -> String {
    format!("(service {}) is unable to consistently start tasks successfully. {GUIDE}", service.name)
}

pub(super) fn deadlock(service: &Service) -> String {
    format!(
        "(service {}) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the \
         minimumHealthyPercent or maximumPercent value and try again.",
        service.name
    )
}

/// Why a task finds no place.
pub(super) fn unplaced(service: &Service, placement: &Placement) -> String {
    let begin = format!(
        "(service {}) was unable to place a task because no container instance met all of its requirements.",
        service.name
    );
    match placement.nearest() {
        None => format!("{begin} Reason: No Container Instances were found in your cluster. {GUIDE}"),
        Some(nearest) => {
            format!("{begin} The closest matching (container-instance {}) {}. {GUIDE}", nearest.instance, words(&nearest.lack))
        }
    }
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

pub(super) fn not_balanced(service: &Service, zones: &[(String, u32)]) -> String {
    format!("(service {}) is not AZ balanced with {}. AZ Rebalancing in progress.", service.name, in_zones(zones))
}

pub(super) fn balanced(service: &Service, zones: &[(String, u32)]) -> String {
    format!("(service {}) is AZ balanced with {}.", service.name, in_zones(zones))
}
