//! The same containers, made by runc: what an OCI runtime may not change. Needs what `../containers` needs, and `runc`, or another OCI
//! runtime by the path in `BERTH_OCI_RUNTIME`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../containers/again.rs"]
mod again;
#[path = "../containers/confinement.rs"]
mod confinement;
#[path = "../containers/faults.rs"]
mod faults;
#[path = "../containers/groups.rs"]
mod groups;
#[path = "../containers/hostile.rs"]
mod hostile;
#[path = "../containers/life.rs"]
mod life;
#[path = "../containers/node.rs"]
mod node;
#[path = "../containers/output.rs"]
mod output;
#[path = "../containers/own_ids.rs"]
mod own_ids;
#[path = "../containers/volumes.rs"]
mod volumes;

use std::path::{Path, PathBuf};

/// Whether the shim makes the containers itself.
const MAKES_ITSELF: bool = false;
/// What an init has open besides its streams: the program that it is, which could be read all the same.
const INIT_HAS: &str = "0 1 2 4\n";
/// What comes to be on the way to a container, and what is in it then.
const ON_THE_WAY: [(&str, &str); 4] = [("", ""), ("bundle/config.json", ""), ("library/a", ""), ("library/a/state.json", "pid")];

/// Where that is: in its folder.
fn on_the_way(folder: &Path, _: i32) -> PathBuf {
    folder.to_owned()
}

/// What makes the containers.
fn runtimes() -> berth_runtime::OciRuntimes {
    let usual = ["/usr/bin/runc", "/usr/sbin/runc", "/usr/local/bin/runc", "/usr/local/sbin/runc"].map(PathBuf::from);
    let named = std::env::var_os("BERTH_OCI_RUNTIME").map(PathBuf::from);
    let program =
        named.or_else(|| usual.into_iter().find(|path| path.exists())).expect("runc is not there: run scripts/setup.sh");
    berth_runtime::OciRuntimes { usual: Some(program.clone()), own_ids: Some(program) }
}
