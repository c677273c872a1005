//! The control plane's side of a task's life.
//!
//! What a task is meant to do is decided here; what it does is what its agent reports. Its states, as DescribeTasks
//! shows them:
//!
//! - PROVISIONING while something is made for it (a network interface, a place), then PENDING until its agent says RUNNING.
//! - RUNNING only while it is also meant to run. Once it is meant to stop (asked to, or an essential container ended) a
//!   task that ran is STOPPING, AWS's word for waiting for the agent to stop the containers; one that never ran stays
//!   where it is. A report that comes late brings nothing back.
//! - DEPROVISIONING once its agent says STOPPED and something was made for it, until that is given back.
//! - STOPPED when its agent says so and nothing was made for it, or when no agent ever will. ACTIVATING and DEACTIVATING are
//!   passed over: nothing is set up or taken down around the containers.
//!
//! A network interface goes to a node of Berth's own together with the task (PRECREATED), and the first report says that it is
//! ATTACHED. Another agent is told of it first (ATTACHING), and of the task once it has said ATTACHED.
//!
//! Each function gives the task that follows, with its version one higher, or none if nothing changes.

mod change;
mod health;
mod interface;
mod ledger;
mod observe;
mod order;
mod report;
mod stop;

pub use health::{health, observe_health};
pub use interface::interface;
pub use ledger::{held, release, settle};
pub use observe::observe;
pub use order::{Order, accept};
pub use report::{ContainerReport, ParseReportedError, Reported, TaskReport};
pub use stop::{ATTACH_WITHIN, deprovisioned, is_attaching, lost, not_attached, stop};

#[cfg(test)]
mod tests;
