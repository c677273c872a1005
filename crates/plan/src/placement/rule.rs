//! Placement constraints, understood.

use berth_model::{Constraint, ConstraintKind, LaunchType, node};

use crate::query::{self, Expression, QueryError};

/// A rule about where a task may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Only on instances the expression selects.
    MemberOf(Expression),
    /// No two tasks of the group on one instance.
    DistinctInstance,
}

impl Rule {
    /// The rule a constraint states.
    ///
    /// # Errors
    /// The expression of a `memberOf` cannot be understood, or there is none.
    pub fn of(constraint: &Constraint) -> Result<Self, QueryError> {
        match constraint.kind {
            ConstraintKind::MemberOf => query::parse(constraint.expression.as_deref().unwrap_or_default()).map(Self::MemberOf),
            ConstraintKind::DistinctInstance => Ok(Self::DistinctInstance),
        }
    }

    /// Whether it holds for an instance whatever tasks are on it.
    pub(super) fn is_lasting(&self) -> bool {
        match self {
            Self::MemberOf(expression) => expression.is_about_instances_alone(),
            Self::DistinctInstance => false,
        }
    }
}

/// The rules of some constraints.
///
/// # Errors
/// The first that cannot be understood.
pub fn rules<'a>(constraints: impl IntoIterator<Item = &'a Constraint>) -> Result<Vec<Rule>, QueryError> {
    constraints.into_iter().map(Rule::of).collect()
}

/// The rules for tasks of a launch type with some constraints: their definition's, and those of whoever starts them.
///
/// # Errors
/// The first that cannot be understood.
pub fn rules_of_launch<'a>(
    launch: LaunchType,
    constraints: impl IntoIterator<Item = &'a Constraint>,
) -> Result<Vec<Rule>, QueryError> {
    let mut all = rules(constraints)?;
    if launch == LaunchType::External {
        all.push(Rule::MemberOf(query::parse(&format!("attribute:{} exists", node::EXTERNAL))?));
    }
    Ok(all)
}
