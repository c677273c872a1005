//! The members of the task as a whole.

use berth_api::ecs::{RegisterTaskDefinitionRequest, TaskDefinitionPlacementConstraint};

use super::rule::{Checked, all, is_plain_name, require, text};

/// Placement constraints of a task definition, at most.
const MOST_CONSTRAINTS: usize = 10;
/// GiB of a task's ephemeral storage.
const LEAST_STORAGE: i32 = 21;
const MOST_STORAGE: i32 = 200;

/// The family's name.
pub(super) fn check_family(request: &RegisterTaskDefinitionRequest) -> Checked {
    require(!request.family.is_empty(), || "Family should not be null or empty.")?;
    require(request.family.len() <= 255, || "Family should not be longer than 255 characters.")?;
    require(is_plain_name(&request.family), || "Family contains invalid characters.")
}

/// The rest.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    require(all(request.inference_accelerators.as_ref()).is_empty(), || "Unsupported field 'inferenceAccelerators'.")?;
    if let Some(storage) = &request.ephemeral_storage {
        let size = storage.size_in_gi_b;
        require(size >= LEAST_STORAGE, || format!("EphemeralStorage size should be at least {LEAST_STORAGE}"))?;
        require(size <= MOST_STORAGE, || format!("EphemeralStorage size should be at most {MOST_STORAGE}"))?;
    }
    let constraints = all(request.placement_constraints.as_ref());
    require(constraints.len() <= MOST_CONSTRAINTS, || "Too many placement constraints.")?;
    constraints.iter().try_for_each(check_constraint)
}

fn check_constraint(constraint: &TaskDefinitionPlacementConstraint) -> Checked {
    require(constraint.r#type.is_some(), || "constraint.type should not be null or empty.")?;
    let expression = text(constraint.expression.as_ref());
    require(!expression.is_empty(), || "constraint.expression should not be null or empty.")?;
    let parsed = berth_plan::query::parse(expression);
    require(parsed.is_ok(), || {
        let why = parsed.err().map(|error| error.to_string()).unwrap_or_default();
        format!("constraint.expression '{expression}' is not valid: {why}")
    })
}
