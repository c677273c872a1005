//! Loops that close desired against actual: load, plan, apply.
//!
//! Invariants of this crate, as negatives:
//! - It never calls a service, and no service calls it: they meet in the store.
//! - A wake-up carries no data: every pass reads the state again, and a restart is a wake-up.
//! - No loop scans what an index would find.
//! - Nothing but the hub speaks an AWS protocol: no loop names a shape of `api`.

mod attachment_loop;
mod hub;
mod ledger;
mod loops;
mod service_loop;
mod sweep_loop;

#[cfg(test)]
mod fixtures;

pub use hub::{AgentStreams, ConnectError, Guest, Hub, HubMetrics, StreamKind, Timing, UsageView, WhyView};
pub use ledger::Shortfall;
pub use loops::{LOOPS, Loop, Pass, PassError, Passes, Running, Turning, Work, run};
pub use service_loop::{Agenda, Outcome, PlacementsOf, Standing, Trouble, pass};
