//! The AWS door: one listener and one request pipeline for all services.
//!
//! Parse, authenticate, authorise, validate, dispatch, encode, audit: the same steps for every operation. What is exempt is
//! a [`Mount`].
//!
//! Never here: the name of an AWS service, an operation's meaning, a database, the environment.

mod answer_body;
mod audit;
mod authenticator;
mod body;
mod callers;
mod door;
mod exchange;
mod failure;
mod limits;
mod listener;
mod metrics;
mod mount;
mod pipeline;
mod request_id;
mod streams;
mod views;

pub use audit::{AuditRecord, AuditSink};
pub use authenticator::{Authenticator, Signer};
pub use callers::{Callers, Credential};
pub use door::Door;
pub use limits::Limits;
pub use listener::serve;
pub use metrics::Metrics;
pub use mount::{Mount, MountAnswer};
pub use streams::{Stream, Streams};
pub use views::Views;
