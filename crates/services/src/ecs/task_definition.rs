//! Task definitions: what a caller may say, what AWS makes of it, and what is decided on.
//!
//! Never here: the store, the clock, an id. The same request always gives the same definition or the same refusal. Where the
//! words of a refusal come from stands in `docs/decisions/0003-task-definitions.md`.

mod attributes;
mod compatibility;
mod containers;
mod define;
mod dependencies;
mod document;
mod environment;
mod external;
mod facts;
mod fargate;
mod firelens;
mod health;
mod links;
mod linux;
mod logging;
mod managed;
mod network;
mod normal;
mod ports;
mod proxy;
mod reference;
mod rule;
mod sizes;
mod task;
mod volumes;

pub(super) use define::{Definition, define};
pub(super) use document::{described, parse, request};
pub(super) use linux::gpu_count;
pub(super) use normal::full_role;
pub(super) use reference::Reference;
pub(super) use sizes::{cpu_units, memory_mib};

#[cfg(test)]
mod tests;
