//! Where tasks go.
//!
//! An instance that is not active, not connected, lacks an attribute, breaks a rule or has not enough left gets no task,
//! and a [`Lack`] says why. Among the others the strategies decide one after the other: the second only between those the
//! first finds equal. Chance decides what no strategy does, drawn from the [`IdSource`](crate::IdSource) and the
//! instance's id, so that neither the order of the instances nor anything else changes the result.

mod board;
mod check;
mod lack;
mod place;
mod rule;
mod strategy;
mod want;

pub use lack::Lack;
pub use place::{Placed, Placement, Rejection, Why, place, start};
pub use rule::{Rule, rules};
pub use strategy::{Field, Strategy, StrategyError};
pub use want::Want;

#[cfg(test)]
mod tests;
