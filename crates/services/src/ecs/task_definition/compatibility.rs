//! Where a task can run.

use berth_api::Refusal;
use berth_api::ecs::{Compatibility, RegisterTaskDefinitionRequest};
use berth_model::{LaunchSet, LaunchType};

use super::rule::{Checked, all, refusal, require};
use super::{external, fargate, managed};

/// All launch types, in the order in which AWS shows them.
const SHOWN: [LaunchType; 4] = [LaunchType::External, LaunchType::Ec2, LaunchType::ManagedInstances, LaunchType::Fargate];

/// The launch types the task can be used with.
///
/// # Errors
/// It cannot be used with one that it has to be compatible with, or with none at all.
pub(super) fn launches(request: &RegisterTaskDefinitionRequest) -> Result<LaunchSet, Refusal> {
    for wanted in all(request.requires_compatibilities.as_ref()) {
        check(launch(wanted)?, request)?;
    }
    let launches: LaunchSet = LaunchType::ALL.into_iter().filter(|&launch| check(launch, request).is_ok()).collect();
    if launches == LaunchSet::default() {
        check(LaunchType::Ec2, request)?;
    }
    Ok(launches)
}

fn check(launch: LaunchType, request: &RegisterTaskDefinitionRequest) -> Checked {
    match launch {
        LaunchType::Ec2 => {
            require(request.ephemeral_storage.is_none(), || "Tasks using the EC2 launch type do not support EphemeralStorage.")
        }
        LaunchType::Fargate => fargate::check(request),
        LaunchType::External => external::check(request),
        LaunchType::ManagedInstances => managed::check(request),
    }
}

fn launch(compatibility: &Compatibility) -> Result<LaunchType, Refusal> {
    match compatibility {
        Compatibility::Ec2 => Ok(LaunchType::Ec2),
        Compatibility::Fargate => Ok(LaunchType::Fargate),
        Compatibility::External => Ok(LaunchType::External),
        Compatibility::ManagedInstances => Ok(LaunchType::ManagedInstances),
        Compatibility::Unlisted(text) => Err(refusal(format!("Invalid compatibility '{text}'."))),
    }
}

/// The launch types as AWS shows them.
pub(super) fn shown(launches: LaunchSet) -> Vec<Compatibility> {
    SHOWN.into_iter().filter(|&launch| launches.contains(launch)).map(compatibility).collect()
}

const fn compatibility(launch: LaunchType) -> Compatibility {
    match launch {
        LaunchType::Ec2 => Compatibility::Ec2,
        LaunchType::Fargate => Compatibility::Fargate,
        LaunchType::External => Compatibility::External,
        LaunchType::ManagedInstances => Compatibility::ManagedInstances,
    }
}
