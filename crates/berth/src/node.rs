//! This machine as a node: what its agent needs.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use berth_runtime::Runtime;

/// What runs the containers of the installation with this id.
pub(crate) fn runtime(_shim: Option<&Path>, _id: &str) -> Result<Arc<dyn Runtime>> {
    anyhow::bail!("this build has no node yet")
}
