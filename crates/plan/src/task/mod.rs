//! The control plane's side of a task's life.
//!
//! What a task is meant to do is decided here; what it does is what its agent reports. Its states, as DescribeTasks
//! shows them:
//!
//! - PROVISIONING while something is made for it (a network interface, a place), then PENDING until its agent says RUNNING.
//! - RUNNING only while it is also meant to run. Once it is meant to stop (asked to, or an essential container ended) a
//!   task that ran is STOPPING, AWS's word for waiting for the agent to stop the containers; one that never ran stays
//!   where it is. A report that comes late brings nothing back.
//! - STOPPED when its agent says so, or when no agent ever will. ACTIVATING, DEACTIVATING and DEPROVISIONING are passed
//!   over: nothing is set up, taken down or given back outside of the transaction that changes the state.
//!
//! Each function gives the task that follows, with its version one higher, or none if nothing changes.

mod change;
mod health;
mod ledger;
mod observe;
mod order;
mod report;
mod stop;

pub use health::{health, observe_health};
pub use ledger::{held, release, settle};
pub use observe::observe;
pub use order::{Order, accept, provisioned};
pub use report::{ContainerReport, ParseReportedError, Reported, TaskReport};
pub use stop::{lost, stop};

#[cfg(test)]
mod tests;
