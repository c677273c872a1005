//! A task on its node: which of its containers is to be made, started or ended next.
//!
//! The agent tells what happened ([`observe`]) and asks what to do ([`step`]). Both are functions of the record alone, which the
//! agent keeps on disk: after a restart the next step does the right thing. Order and timeouts are those of the Amazon ECS container agent, except that images are
//! pulled without waiting for dependencies.
//!
//! - A container only advances, unless its restart policy has it run once more. What is reported of one that has stopped changes nothing.
//! - An action is ordered once: ordering it is a phase, or a health check's turn.
//! - Timeouts are reckoned in [`Uptime`], which no change of the wall clock moves.

mod depend;
mod health;
mod observe;
mod report;
mod restart;
mod step;
mod task;

pub use health::{Checks, Turn};
pub use observe::{Event, observe};
pub use report::{Status, status};
pub use restart::RestartPolicy;
pub use step::{Action, Step, step};
pub use task::{Desired, NodeContainer, NodeTask, Outcome, Phase, UnresolvedDependencies, Uptime, Wait};

#[cfg(test)]
mod tests;
