//! What a control plane would say to a task definition, asked without one.

use berth_api::Refusal;
use berth_api::ecs::RegisterTaskDefinitionRequest;
use berth_model::AccountId;

use super::{acts, task_definition};

/// A member that RegisterTaskDefinition takes and RunTask refuses, because nothing acts on it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// The container it belongs to; none for the task's own.
    pub container: Option<String>,
    /// The member, and its value where only some values do not act.
    pub field: String,
}

/// Checks a task definition by the rules of RegisterTaskDefinition, then answers what RunTask would refuse of it.
///
/// # Errors
/// The first rule that it breaks, in AWS's words.
pub fn check_task_definition(request: RegisterTaskDefinitionRequest, account: AccountId) -> Result<Vec<Unsupported>, Refusal> {
    let defined = task_definition::define(request, account)?;
    let definition = task_definition::parse(&defined.document)?;
    let refused = acts::refused(&definition, None).into_iter();
    Ok(refused.map(|refused| Unsupported { container: refused.container, field: refused.field }).collect())
}
