//! Placement constraints and strategies as callers give them.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{Constraint, ConstraintKind, LaunchType};
use berth_plan::placement::{self, Rule, Strategy};
use berth_wire::EnumShape as _;

/// Placement constraints of one task, at most: its definition's and the caller's.
const MOST_CONSTRAINTS: usize = 10;
/// Placement strategies of one call or service, at most.
const MOST_STRATEGIES: usize = 5;

/// A caller's constraints as a record keeps them.
pub(super) fn given(constraints: Option<&[api::PlacementConstraint]>) -> Vec<Constraint> {
    let constraint = |constraint: &api::PlacementConstraint| Constraint {
        kind: match constraint.r#type {
            Some(api::PlacementConstraintType::DistinctInstance) => ConstraintKind::DistinctInstance,
            _ => ConstraintKind::MemberOf,
        },
        expression: constraint.expression.as_deref().map(Into::into),
    };
    constraints.unwrap_or_default().iter().map(constraint).collect()
}

/// The rules of a definition's and a caller's constraints, for tasks of a launch type.
pub(super) fn rules(of_definition: &[Constraint], given: &[Constraint], kind: LaunchType) -> Result<Vec<Rule>, Refusal> {
    if of_definition.len() + given.len() > MOST_CONSTRAINTS {
        return Err(errors::invalid_parameter_exception(format!(
            "Too many placement constraints: the task definition and the call have at most {MOST_CONSTRAINTS} together."
        )));
    }
    placement::rules_of_launch(kind, of_definition.iter().chain(given))
        .map_err(|error| errors::invalid_parameter_exception(format!("Invalid placement constraint: {error}.")))
}

/// A caller's strategies, understood.
pub(super) fn strategies(given: Option<&[api::PlacementStrategy]>) -> Result<Vec<Strategy>, Refusal> {
    let given = given.unwrap_or_default();
    if given.len() > MOST_STRATEGIES {
        return Err(errors::invalid_parameter_exception(format!(
            "Too many placement strategies: a call has at most {MOST_STRATEGIES}."
        )));
    }
    let strategy = |strategy: &api::PlacementStrategy| {
        let kind = strategy.r#type.as_ref().map_or("", |kind| kind.as_str());
        Strategy::of(kind, strategy.field.as_deref())
            .map_err(|error| errors::invalid_parameter_exception(format!("Invalid placement strategy: {error}.")))
    };
    given.iter().map(strategy).collect()
}
