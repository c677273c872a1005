//! Who this machine is to the control plane: `instance.json`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::backoff::unique_name;
use crate::error::AgentError;
use crate::files::{self, FileError, Outlives};

const VERSION: u32 = 1;

/// Who this machine is to the control plane.
#[derive(Debug)]
pub(crate) struct Identity {
    path: PathBuf,
    kept: Kept,
}

/// As the file holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    version: u32,
    region: String,
    cluster: String,
    /// Makes registering twice the same as once: it is kept before the first attempt.
    client_token: String,
    /// The instance's ARN, once it is registered.
    arn: Option<String>,
}

impl Identity {
    /// Reads who the machine is, or makes it somebody.
    pub(crate) fn open(folder: &Path, region: &str, cluster: &str) -> Result<Self, AgentError> {
        let path = folder.join("instance.json");
        let Some(bytes) = files::read(&path)? else {
            let kept = Kept {
                version: VERSION,
                region: region.to_owned(),
                cluster: cluster.to_owned(),
                client_token: token()?,
                arn: None,
            };
            let identity = Self { path, kept };
            identity.keep()?;
            return Ok(identity);
        };
        let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| FileError::new("reading", &path, error))?;
        if kept.version > VERSION {
            return Err(FileError::new("reading", &path, "a newer version of the agent wrote it").into());
        }
        if (kept.region.as_str(), kept.cluster.as_str()) != (region, cluster) {
            return Err(AgentError::OtherCluster { folder: folder.to_owned(), cluster: kept.cluster, region: kept.region });
        }
        Ok(Self { path, kept })
    }

    pub(crate) fn client_token(&self) -> &str {
        &self.kept.client_token
    }

    pub(crate) fn arn(&self) -> Option<&str> {
        self.kept.arn.as_deref()
    }

    /// It was registered.
    pub(crate) fn registered(&mut self, arn: &str) -> Result<(), AgentError> {
        self.kept.arn = Some(arn.to_owned());
        Ok(self.keep()?)
    }

    /// Its instance is no more: it will be another one.
    pub(crate) fn forget(&mut self) -> Result<(), AgentError> {
        let client_token = token()?;
        self.kept = Kept { client_token, arn: None, ..self.kept.clone() };
        Ok(self.keep()?)
    }

    fn keep(&self) -> Result<(), FileError> {
        let text = serde_json::to_vec_pretty(&self.kept).map_err(|error| FileError::new("writing", &self.path, error))?;
        files::replace(&self.path, &text, Outlives::Power)
    }
}

fn token() -> Result<String, AgentError> {
    unique_name().map_err(|error| AgentError::Machine { what: "a random number", problem: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_stays_who_it_is_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Identity::open(folder.path(), "us-east-1", "default").unwrap();
        let mut first = open();
        let token = first.client_token().to_owned();
        assert_eq!(first.arn(), None);
        assert_eq!(open().client_token(), token, "the token is kept before anything is asked with it");
        first.registered("arn:1").unwrap();
        assert_eq!(open().arn(), Some("arn:1"));
        first.forget().unwrap();
        assert_eq!(open().arn(), None);
        assert_ne!(open().client_token(), token);
    }

    #[test]
    fn the_folder_of_another_cluster_or_a_newer_agent_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        Identity::open(folder.path(), "us-east-1", "default").unwrap();
        let other = Identity::open(folder.path(), "us-east-1", "other").unwrap_err();
        assert!(matches!(other, AgentError::OtherCluster { ref cluster, .. } if cluster == "default"), "{other}");
        let newer = r#"{"version":2,"region":"us-east-1","cluster":"default","client_token":"t","arn":null}"#;
        std::fs::write(folder.path().join("instance.json"), newer).unwrap();
        assert!(Identity::open(folder.path(), "us-east-1", "default").unwrap_err().to_string().contains("newer version"));
    }
}
