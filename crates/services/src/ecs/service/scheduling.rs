//! How many tasks a service has and where they may go, as callers say it.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{
    Constraint, ConstraintKind, DeploymentController, LaunchType, Name, PlacementStrategy, Scheduling, Service, TagSource,
};
use berth_wire::EnumShape as _;

use crate::ecs::{constraints, fargate};

/// The attribute that names an instance's zone.
const ZONE: &str = "attribute:ecs.availability-zone";

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

/// How a new service is scheduled.
pub(in crate::ecs) fn scheduling(given: Option<&api::SchedulingStrategy>) -> Scheduling {
    match given {
        Some(api::SchedulingStrategy::Daemon) => Scheduling::Daemon,
        Some(api::SchedulingStrategy::Replica | api::SchedulingStrategy::Unlisted(_)) | None => Scheduling::Replica,
    }
}

/// Who deploys a new service.
pub(in crate::ecs) fn controller(
    given: Option<&api::DeploymentController>,
    scheduling: Scheduling,
) -> Result<DeploymentController, Refusal> {
    let controller = match given.map(|given| &given.r#type) {
        None | Some(api::DeploymentControllerType::Ecs) => return Ok(DeploymentController::Ecs),
        Some(api::DeploymentControllerType::External) => DeploymentController::External,
        Some(api::DeploymentControllerType::CodeDeploy | api::DeploymentControllerType::Unlisted(_)) => {
            return Err(errors::unsupported_feature_exception(
                "deploymentController CODE_DEPLOY is not supported yet: it needs a load balancer.",
            ));
        }
    };
    if scheduling == Scheduling::Daemon {
        return Err(invalid("The daemon scheduling strategy does not support the EXTERNAL deployment controller."));
    }
    Ok(controller)
}

/// How many tasks a caller wants; none if it does not say.
pub(in crate::ecs) fn desired(given: Option<i32>, scheduling: Scheduling) -> Result<Option<u32>, Refusal> {
    match (given, scheduling) {
        (None, _) => Ok(None),
        (Some(_), Scheduling::Daemon | Scheduling::Managed) => Err(invalid(
            "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again",
        )),
        (Some(count), Scheduling::Replica) => match u32::try_from(count) {
            Ok(count) => Ok(Some(count)),
            Err(_) => Err(invalid(format!("desiredCount must be 0 or more, but was {count}."))),
        },
    }
}

/// How many seconds a task's health is not asked for, once it runs.
pub(in crate::ecs) fn grace(given: Option<i32>) -> Result<Option<u32>, Refusal> {
    let seconds = |seconds: i32| {
        u32::try_from(seconds)
            .map_err(|_| invalid(format!("healthCheckGracePeriodSeconds must be 0 or more, but was {seconds}.")))
    };
    given.map(seconds).transpose()
}

/// Whose tags a service's tasks get.
pub(in crate::ecs) fn tag_source(given: &api::PropagateTags) -> TagSource {
    match given {
        api::PropagateTags::TaskDefinition => TagSource::TaskDefinition,
        api::PropagateTags::Service => TagSource::Service,
        api::PropagateTags::None | api::PropagateTags::Unlisted(_) => TagSource::None,
    }
}

/// Where a service's tasks may go, and which place is best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ecs) struct Places {
    pub(in crate::ecs) constraints: Vec<Constraint>,
    pub(in crate::ecs) strategies: Vec<PlacementStrategy>,
}

impl Places {
    /// What holds once a caller said this; what it does not mention stays as it was.
    pub(in crate::ecs) fn changed(
        self,
        constraints: Option<&[api::PlacementConstraint]>,
        strategies: Option<&[api::PlacementStrategy]>,
        scheduling: Scheduling,
    ) -> Result<Self, Refusal> {
        constraints::strategies(strategies)?;
        if scheduling == Scheduling::Daemon && strategies.is_some_and(|given| !given.is_empty()) {
            return Err(invalid(
                "The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again",
            ));
        }
        let strategy = |strategy: &api::PlacementStrategy| PlacementStrategy {
            kind: Name::new(strategy.r#type.as_ref().map_or("", |kind| kind.as_str())),
            field: strategy.field.as_deref().map(Name::new),
        };
        Ok(Self {
            constraints: constraints.map_or(self.constraints, |given| constraints::given(Some(given))),
            strategies: strategies.map_or(self.strategies, |given| given.iter().map(strategy).collect()),
        })
    }

    /// Whether tasks of a definition and a launch type can be placed so.
    pub(in crate::ecs) fn check(&self, of_definition: &[Constraint], launch: LaunchType) -> Result<(), Refusal> {
        if launch == LaunchType::Fargate {
            return fargate::check_placement(Some(&described_constraints(&self.constraints)), Some(&self.described_strategies()));
        }
        constraints::rules(of_definition, &self.constraints, launch).map(drop)
    }

    /// The strategies as AWS describes them.
    pub(in crate::ecs) fn described_strategies(&self) -> Vec<api::PlacementStrategy> {
        let strategy = |strategy: &PlacementStrategy| api::PlacementStrategy {
            r#type: Some(api::PlacementStrategyType::from_text(&strategy.kind)),
            field: strategy.field.as_ref().map(ToString::to_string),
        };
        self.strategies.iter().map(strategy).collect()
    }

    /// Those of a service.
    pub(in crate::ecs) fn of(service: &Service) -> Self {
        Self { constraints: service.constraints.clone(), strategies: service.strategies.clone() }
    }
}

/// Constraints as AWS describes them.
pub(in crate::ecs) fn described_constraints(constraints: &[Constraint]) -> Vec<api::PlacementConstraint> {
    let constraint = |constraint: &Constraint| api::PlacementConstraint {
        r#type: Some(match constraint.kind {
            ConstraintKind::DistinctInstance => api::PlacementConstraintType::DistinctInstance,
            ConstraintKind::MemberOf => api::PlacementConstraintType::MemberOf,
        }),
        expression: constraint.expression.as_ref().map(ToString::to_string),
    };
    constraints.iter().map(constraint).collect()
}

/// Whether tasks move when zones become uneven: as asked, else as it was, else wherever it can be.
pub(in crate::ecs) fn rebalancing(
    given: Option<&api::AvailabilityZoneRebalancing>,
    before: Option<bool>,
    service: &Service,
    launch: Option<LaunchType>,
) -> Result<Option<bool>, Refusal> {
    let obstacle = obstacle(service, launch);
    let asked = match given {
        Some(api::AvailabilityZoneRebalancing::Enabled) => Some(true),
        Some(api::AvailabilityZoneRebalancing::Disabled | api::AvailabilityZoneRebalancing::Unlisted(_)) => Some(false),
        None => before,
    };
    match (asked, obstacle) {
        (Some(true), Some(obstacle)) => Err(invalid(format!(
            "availabilityZoneRebalancing ENABLED does not work with {obstacle}. Change that, or set availabilityZoneRebalancing to DISABLED."
        ))),
        (Some(asked), _) => Ok(Some(asked)),
        (None, obstacle) => Ok(Some(obstacle.is_none())),
    }
}

/// What keeps a service's zones from being kept even.
fn obstacle(service: &Service, launch: Option<LaunchType>) -> Option<&'static str> {
    let spreads_zones = |first: &PlacementStrategy| first.kind == "spread" && first.field.as_deref() == Some(ZONE);
    if service.scheduling == Scheduling::Daemon {
        return Some("the DAEMON scheduling strategy");
    }
    if service.controller != DeploymentController::Ecs {
        return Some("a deployment controller other than ECS");
    }
    if launch == Some(LaunchType::External) {
        return Some("the launch type EXTERNAL");
    }
    if service.configuration.maximum_percent <= 100 {
        return Some("a maximumPercent of 100");
    }
    if service.strategies.first().is_some_and(|first| !spreads_zones(first)) {
        return Some("a first placement strategy other than spread over attribute:ecs.availability-zone");
    }
    let names_zones = |constraint: &Constraint| constraint.expression.as_deref().is_some_and(|text| text.contains(ZONE));
    service.constraints.iter().any(names_zones).then_some("a placement constraint about attribute:ecs.availability-zone")
}
