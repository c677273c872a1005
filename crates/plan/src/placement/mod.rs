//! Where tasks go.
//!
//! An instance that is not active, not connected, lacks an attribute, breaks a rule or has not enough left gets no task,
//! and a [`Lack`] says why. Among the others the strategies decide one after the other: the second only between those the
//! first finds equal. Where no strategy decides, chance does, drawn from the [`IdSource`](crate::IdSource) and the instance's id;
//! between instances that are equally full, their ids alone. Neither the order of the instances nor anything else changes the
//! result.
//!
//! An [`Index`] follows the records of instances and tasks; [`place`] looks in one [`Pool`] of it.

mod check;
mod index;
mod lack;
mod place;
mod pool;
mod ranks;
mod rule;
mod search;
mod sieve;
mod spot;
mod strategy;
mod summary;
mod tally;
mod want;

pub use index::{Index, PoolKey};
pub use lack::Lack;
pub use place::{Placed, Placement, Rejection, Why, place, place_into, start, suited, suits};
pub use pool::{GroupKey, Pool, Stamp};
pub use rule::{Rule, rules, rules_of_launch};
pub use sieve::Sieve;
pub use strategy::{Field, Strategy, StrategyError};
pub use summary::Summary;
pub use want::Want;

#[cfg(test)]
mod tests;
