//! What a service does next.
//!
//! [`reconcile`] looks at a service, its tasks and the instances as they are stored and says which tasks to start and to stop,
//! what becomes of the records, and what to tell people. It is idempotent: carried out in full, in part or not at all, the next
//! pass does what is left. A plan fits one update of the store.
//!
//! The rules, within [`Bounds`]:
//! - Tasks that are meant to run are never more than the maximum, and those that are healthy never become less than the minimum by
//!   what the plan stops. Tasks on instances that are draining, of replaced revisions and unhealthy ones are to be replaced: first
//!   comes the new one, where maximum and instances have room for it; else one is stopped first, where the minimum allows it.
//! - A daemon of capacity providers has its task on each of their instances, and the next one there once it has stopped. It is replaced on
//!   so many at once as its drain percentage says, at least on one.
//! - A protected task is never stopped, but when its service is deleted.
//! - As long as a deployment pauses before it scales up, the service is kept as the one before has it.
//! - A task that ran and ended is replaced at once. One that never ran makes its deployment wait, longer each time, and fail, if there
//!   is a circuit breaker.

mod addresses;
mod bounds;
mod daemon;
mod delete;
mod deploy;
mod event;
mod failure;
mod managed;
mod member;
mod plan;
mod pull_ahead;
mod reconcile;
mod replica;
mod rollout;
mod scale_in;
mod stages;
mod task_sets;
mod view;
mod zones;

pub use bounds::Bounds;
pub use delete::delete;
pub use deploy::{deploy, reset_restarts};
pub use failure::{LONGEST_DELAY, breaker_threshold, restart_delay};
pub use plan::{Halt, Plan, Start};
pub use pull_ahead::{PullAhead, images_ahead};
pub use reconcile::reconcile;
pub use scale_in::{Candidate, Rank, order_of_scale_in};
pub use stages::{AnswerError, acting, answer};
pub use view::{Revision, Set, View};
pub use zones::uneven;

#[cfg(test)]
mod tests;
