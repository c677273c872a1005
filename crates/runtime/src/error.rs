//! What can go wrong with a container.

use std::path::PathBuf;

use crate::cgroup::CgroupError;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The container's program cannot be run: the definition's fault.
    #[error("running {program} in the container: {problem}")]
    Program {
        /// As it was asked for.
        program: String,
        /// What the kernel says.
        problem: String,
        /// What a shell would exit with: 127 if it is not there, 126 if it is no program.
        code: i32,
    },
    /// The specification asks for what cannot be: a user that the image does not have, a path that leads out of it.
    #[error("{what}")]
    Specification {
        /// What, and where.
        what: String,
    },
    /// The container is not in a state for this call.
    #[error("the container in {} is {standing}", folder.display())]
    Standing {
        /// Which one.
        folder: PathBuf,
        /// How it stands.
        standing: &'static str,
    },
    /// A record in a container's folder is damaged, or of a newer version.
    #[error("reading {}: {problem}", path.display())]
    Record {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The launcher or a shim cannot be reached or broke its protocol.
    #[error("{doing}: {problem}")]
    Shim {
        /// What was being done.
        doing: String,
        /// What happened.
        problem: String,
    },
    /// The kernel refused.
    #[error("{doing}: {source}")]
    System {
        /// What was being done, and to what.
        doing: String,
        /// What the kernel said.
        source: std::io::Error,
    },
}

impl From<CgroupError> for RuntimeError {
    fn from(error: CgroupError) -> Self {
        Self::System { doing: format!("{} {}", error.verb, error.path.display()), source: error.source }
    }
}
