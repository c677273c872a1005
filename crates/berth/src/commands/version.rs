//! `berth version`.

use anyhow::Result;

use crate::cli::Version;

pub(super) fn run(arguments: &Version) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    if arguments.json {
        return super::print(&format!("{}\n", serde_json::json!({ "version": version })));
    }
    super::print(&format!("berth {version}\n"))
}
