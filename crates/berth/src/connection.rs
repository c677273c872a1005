//! The running installation, as the operator's commands reach it: through its API, with root's key.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use berth_client::Client;
use berth_wire::sigv4::Credentials;

use crate::installation::{self, Run};
use crate::keys;

/// How the commands name themselves to the control plane.
const USER_AGENT: &str = concat!("berth-cli/", env!("CARGO_PKG_VERSION"));

/// A way to call the control plane of an installation.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Calls, in the installation's own region.
    pub(crate) client: Client,
    /// The installation's folder.
    pub(crate) folder: PathBuf,
    run: Run,
    credentials: Credentials,
}

impl Connection {
    /// The installation that runs in a folder. Nothing is called yet.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let run = installation::running(folder)?;
        let key = keys::root(folder)?;
        Self::with(folder, run, &key)
    }

    /// The installation in a folder that listens as `run` says, with a key of it.
    pub(crate) fn with(folder: &Path, run: Run, key: &keys::AccessKey) -> Result<Self> {
        let credentials = key.credentials();
        let client = client(&run, &run.region, &credentials)?;
        Ok(Self { client, folder: folder.to_path_buf(), run, credentials })
    }

    /// Calls in another region of it.
    pub(crate) fn in_region(&self, region: &str) -> Result<Client> {
        client(&self.run, region, &self.credentials)
    }
}

fn client(run: &Run, region: &str, credentials: &Credentials) -> Result<Client> {
    let endpoint = run.endpoint().parse().context("reading the installation's address")?;
    Ok(Client::new(endpoint, region, credentials.clone(), USER_AGENT))
}
