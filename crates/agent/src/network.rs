//! The networks of tasks: taken while images are fetched, given back before a task is said to be over.
//!
//! - What a container has follows from its task alone ([`ports`], [`links`], `container_spec::network_mode`): pure.
//! - [`wiring`] is what the machine has once: the networks (`berth_net`), and who answers on the link-local addresses of tasks.
//! - [`of_task`] belongs to a task's actor: it takes the slots, and holds the sockets of published ports until they are released.
//! - A slot is named after its task: `TASK` where all containers share it (awsvpc), `TASK.PLACE` for a container's own (bridge).
//!   Whatever is there without a task on disk is destroyed when the agent starts.

mod link_local;
mod links;
mod names;
mod of_task;
mod ports;
mod traffic;
mod watch;
mod wiring;

pub(crate) use links::{Link, of as links_of};
pub(crate) use of_task::{Linked, Pending, TaskNetwork};
pub(crate) use ports::reported;
pub(crate) use traffic::SlotTraffic;
pub(crate) use watch::keep_watch;
pub(crate) use wiring::Wiring;
