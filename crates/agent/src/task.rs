//! A task on this machine: its record, and the actor that owns it.
//!
//! What is to be done next is decided by `berth_plan::node`; [`work`] does it, and what came of it goes back into the record.
//!
//! **What is on disk.** The record is written before the payload is acknowledged and before any program runs, when an order to stop arrives, and when a container
//! has started, is asked to end or has ended. Between these the runtime's folders are the truth: after a restart [`recovery`] asks the
//! runtime how each container stands, so that nothing is made or started twice, whatever the record says.

mod actor;
mod attempts;
mod beneath;
mod clearing;
mod folders;
mod health;
mod intake;
mod record;
mod recovery;
mod report;
mod taking_up;
mod upkeep;
mod view;
mod work;

pub(crate) use actor::{Actor, Adopting, Fate, Order, Shared};
pub(crate) use beneath::make as make_lowest_layer;
pub(crate) use clearing::remove_remains;
pub(crate) use folders::TaskFolder;
pub(crate) use record::{Record, RecordError};
pub(crate) use report::submit_refusal;
pub(crate) use view::{ContainerView, View};
pub(crate) use work::unblocked;
