//! This machine as a node: what its agent needs to run containers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use berth_net::Ids;
use berth_runtime::{Embedded, EmbeddedOptions, OciRuntimes, Runtime};

use crate::addresses::Addresses;
use crate::oci_runtime::RuntimeNames;
use crate::preflight;

/// Networks that are made beforehand: as many tasks as start at once on a busy machine, for some 150 KiB of kernel memory each.
const SLOTS: usize = 16;

/// What runs the containers of the installation with this id, below the cgroup of that name.
pub(crate) fn runtime(shim: Option<&Path>, names: &RuntimeNames, id: &str) -> Result<Arc<dyn Runtime>> {
    let runtimes = names.find()?;
    let chosen: BTreeSet<_> = [&runtimes.usual, &runtimes.own_ids].into_iter().flatten().collect();
    for program in chosen {
        let version = OciRuntimes::version(program)?;
        tracing::info!(program = %program.display(), version, "an OCI runtime makes containers");
    }
    let namespaces = Some(berth_net::namespaces_folder(&run_folder(id)));
    let options = EmbeddedOptions { shim: preflight::shim(shim)?, cgroup: format!("/berth/{id}"), namespaces, runtimes };
    Ok(Arc::new(Embedded::open(options).context("starting what runs containers")?))
}

/// How the tasks of an installation get networks, and its Fargate tasks ids of their own, if there are any for them.
pub(crate) fn network(id: &str, Addresses { vpc, bridge }: Addresses, ids: Option<Ids>) -> Result<berth_net::Options> {
    let installation = id.parse().context("reading the installation's id")?;
    Ok(berth_net::Options { installation, run: run_folder(id), vpc, bridge, slots: SLOTS, mtu: None, ids })
}

/// Where an installation has what lasts until the machine is started again: `/run/berth/ID`.
pub(crate) fn run_folder(id: &str) -> PathBuf {
    Path::new("/run/berth").join(id)
}
