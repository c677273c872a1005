//! This machine as a node: what its agent needs to run containers.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use berth_runtime::{Embedded, EmbeddedOptions, Runtime};

use crate::preflight;

/// What runs the containers of the installation with this id, below the cgroup of that name.
pub(crate) fn runtime(shim: Option<&Path>, id: &str) -> Result<Arc<dyn Runtime>> {
    let options = EmbeddedOptions { shim: preflight::shim(shim)?, cgroup: format!("/berth/{id}") };
    Ok(Arc::new(Embedded::open(options).context("starting what runs containers")?))
}
