//! A node: joins a control plane as any AWS client, runs the tasks it is given, and reports what becomes of them.
//!
//! - It speaks the public agent protocol and AWS APIs only; nothing in the control plane knows that it is ours.
//! - Each task is one actor that owns its record; slow work is spawned and comes back as a message. No lock around domain state.
//! - What is decided stands in `berth_plan::node`; here it is carried out.
//! - State is on disk before a payload is acknowledged; killing the agent at any instruction loses no exit code.

pub mod container_spec;
pub mod images;
pub mod logs;
