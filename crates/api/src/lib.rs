//! AWS's nouns: shapes, schemas, errors, operation tables and handler traits, generated from the public service models by
//! `cargo xtask codegen`, with the members that Berth adds; the agent protocol, which no model describes ([`acs`]); and the few types by which a door and a
//! service meet.
//!
//! Never here: what an operation does, a socket, a clock. A [`Refusal`] can only carry a modelled error.

extern crate berth_wire as wire;

pub mod acs;
mod additions;
mod call;
pub mod ecs;
mod events;
mod handler;
pub mod logs;
mod refusal;
mod stream;
pub mod sts;
mod view;

pub use additions::ECS_ADDITIONS;
pub use call::{Call, Caller, Target};
pub use events::{Event, EventSource, Events, NextEvent};
pub use handler::{Answer, Answering, Handler, Input, Outcome, Output, Request, Running, bind};
pub use refusal::{Cause, Detail, NOT_IMPLEMENTED, Refusal};
pub use stream::{Serving, StreamHost, StreamRefusal};
pub use view::ViewHost;
