//! Why an agent cannot go on.

use std::path::PathBuf;

use berth_client::CallError;

use crate::files::FileError;

/// Why an agent cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The control plane will not have this machine, however often it is asked: starting again does not help.
    #[error("registering this machine in cluster {cluster}: {cause}")]
    Refused {
        /// The cluster.
        cluster: String,
        /// What it says.
        cause: CallError,
    },
    /// The control plane answered with something that is no registration.
    #[error("registering this machine: the control plane answered without {what}")]
    Answer {
        /// What is absent.
        what: String,
    },
    /// The folder belongs to a machine of another cluster or region.
    #[error("{} belongs to cluster {cluster} in {region}: start the agent with these, or with another folder", folder.display())]
    OtherCluster {
        /// The folder.
        folder: PathBuf,
        /// Its cluster.
        cluster: String,
        /// Its region.
        region: String,
    },
    /// A file of the agent's own cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// What the machine is cannot be found out.
    #[error("reading {what} of this machine: {problem}")]
    Machine {
        /// What was asked for.
        what: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The networks of tasks cannot be opened.
    #[error("opening the networks of tasks: {problem}")]
    Networks {
        /// What is wrong.
        problem: String,
    },
    /// The images cannot be opened.
    #[error("opening the images of this machine: {problem}")]
    Images {
        /// What is wrong.
        problem: String,
    },
}

impl AgentError {
    /// Whether starting the agent again may help.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::Answer { .. } | Self::OtherCluster { .. })
    }
}
