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

/// Whether the shim makes the containers itself.
const MAKES_ITSELF: bool = true;
/// What an init has open: its streams, and nothing else.
const INIT_HAS: &str = "0 1 2\n";
/// What comes to be in a container's folder on the way, and what is in it then.
const ON_THE_WAY: [(&str, &str); 4] =
    [("holder.json", ""), ("bundle/config.json", ""), ("library/a/notify.sock", ""), ("library/a/state.json", "pid")];

/// What makes the containers: the shim itself. The same tests with another program: `../runc`.
fn runtimes() -> berth_runtime::OciRuntimes {
    berth_runtime::OciRuntimes::default()
}
