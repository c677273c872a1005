//! Real containers, held by the real shim. Needs root, and the static programs of `scripts/build-static.sh berth-shim`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod again;
mod confinement;
mod faults;
mod groups;
mod hostile;
mod life;
mod node;
mod output;
mod own_ids;
mod volumes;

use std::path::{Path, PathBuf};

/// Whether the shim makes the containers itself.
const MAKES_ITSELF: bool = true;
/// What an init has open: its streams, and nothing else.
const INIT_HAS: &str = "0 1 2\n";
/// What comes to be on the way to a container, and what is in it then.
const ON_THE_WAY: [(&str, &str); 4] =
    [("", ""), ("bundle/config.json", ""), ("library/a/notify.sock", ""), ("library/a/state.json", "pid")];

/// Where that is: in its shim's own mounts.
fn on_the_way(_: &Path, shim: i32) -> PathBuf {
    PathBuf::from(format!("/proc/{shim}/root/run/berth-stage"))
}

/// What makes the containers: the shim itself. The same tests with another program: `../runc`.
fn runtimes() -> berth_runtime::OciRuntimes {
    berth_runtime::OciRuntimes::default()
}
