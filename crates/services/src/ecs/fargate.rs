//! What is Fargate's own about a launch: versions, sizes, and where there is capacity.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{ContainerInstance, Facts, Region};
use berth_plan::fargate;
use berth_plan::placement::Placement;
use berth_store::{InstanceIndex, InstanceState, State};

/// GiB of a task's disk where nobody said otherwise.
pub(super) const DISK_GIB: u32 = 20;
/// GiB of the largest disk that a task can have.
pub(super) const MOST_DISK_GIB: u32 = 200;
/// What AWS says where it has no machine for a task.
const UNAVAILABLE: &str = "Capacity is unavailable at this time. Please try again later or in a different availability zone";

/// Whether there is the version of the platform that a caller asks for.
pub(super) fn check_version(given: Option<&str>) -> Result<(), Refusal> {
    match given {
        None | Some("" | "LATEST" | fargate::PLATFORM_VERSION) => Ok(()),
        Some(_) => Err(errors::platform_unknown_exception("The specified platform does not exist.")),
    }
}

/// What places tasks on a cluster's own instances has no say here.
pub(super) fn check_placement(
    constraints: Option<&[api::PlacementConstraint]>,
    strategies: Option<&[api::PlacementStrategy]>,
) -> Result<(), Refusal> {
    let refuse = |what: &str| {
        Err(errors::invalid_parameter_exception(format!("Placement {what} are not supported with FARGATE launch type.")))
    };
    if constraints.is_some_and(|given| !given.is_empty()) {
        return refuse("constraints");
    }
    if strategies.is_some_and(|given| !given.is_empty()) {
        return refuse("strategies");
    }
    Ok(())
}

/// Whether a task comes in a size of Fargate's. Its definition does; what the caller overrode of it may not.
pub(super) fn check_size(facts: &Facts) -> Result<(), Refusal> {
    let (cpu, memory) = (facts.cpu.unwrap_or_default(), facts.memory.unwrap_or_default());
    if fargate::allowed(cpu, memory) {
        return Ok(());
    }
    Err(errors::client_exception(format!(
        "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation for the \
         valid values."
    )))
}

/// Why tasks found no place: nodes are nobody's affair, so that one sentence says it of all.
pub(super) fn failure(state: &State, region: Region, placement: &Placement) -> Option<api::Failure> {
    if placement.unplaced == 0 {
        return None;
    }
    let detail = match placement.nearest() {
        Some(nearest) => format!("The node that came nearest to having room {}.", nearest.lack.sentence()),
        None => nowhere(region, &regions(state)),
    };
    Some(api::Failure { arn: None, reason: Some(UNAVAILABLE.to_owned()), detail: Some(detail) })
}

fn nowhere(region: Region, others: &[Region]) -> String {
    if others.is_empty() {
        return format!("No node of {region} takes Fargate tasks, and none of another region does.");
    }
    let others: Vec<&str> = others.iter().map(|region| region.as_str()).collect();
    format!("No node of {region} takes Fargate tasks; there are some in {}.", others.join(", "))
}

/// The regions that have nodes for Fargate tasks.
fn regions(state: &State) -> Vec<Region> {
    // Of the kinds of index values this is the last.
    let all = state.index::<ContainerInstance>(InstanceIndex::GoneIn(i64::MAX)..);
    let mut regions: Vec<Region> = all
        .filter_map(|(index, _)| match *index {
            InstanceIndex::Fargate(region, InstanceState::Active) => Some(region),
            _ => None,
        })
        .collect();
    regions.dedup();
    regions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_version_of_the_platform() {
        for given in [None, Some(""), Some("LATEST"), Some("1.4.0")] {
            assert!(check_version(given).is_ok(), "{given:?}");
        }
        for given in ["1.4", "1.3.0", "latest"] {
            assert!(check_version(Some(given)).is_err(), "{given}");
        }
    }

    #[test]
    fn regions_with_capacity_are_named() {
        let region = |name| Region::new(name).unwrap();
        let (here, there) = (region("us-east-1"), region("eu-west-1"));
        assert_eq!(nowhere(here, &[there]), "No node of us-east-1 takes Fargate tasks; there are some in eu-west-1.");
        assert!(nowhere(here, &[]).ends_with("none of another region does."));
    }
}
