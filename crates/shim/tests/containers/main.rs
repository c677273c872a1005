//! Real containers, held by the real shim. Needs root, and the static programs of `scripts/build-static.sh berth-shim`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod again;
mod confinement;
mod faults;
mod groups;
mod life;
mod node;
mod output;
mod own_ids;
mod volumes;
