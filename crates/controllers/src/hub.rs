//! The agent session hub (in progress).
mod message_id;
mod session;
mod timing;
pub use timing::Timing;
