//! The number of the newest manifest: `manifest.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tracing::{error, warn};

use crate::files::{self, FileError, Outlives};
use crate::task::unblocked;

/// As the file holds it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Newest {
    /// Numbers count for one instance only.
    instance: String,
    timeline: i64,
}

impl Newest {
    /// The number, if there was a manifest for this instance.
    pub(super) fn read(path: &Path, instance: &str) -> Option<i64> {
        let read = files::read(path).and_then(|bytes| {
            let parse = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|error| FileError::new("reading", path, error));
            bytes.map(parse).transpose()
        });
        match read {
            Ok(newest) => newest.filter(|newest: &Self| newest.instance == instance).map(|newest| newest.timeline),
            Err(error) => {
                warn!(%error, "the newest manifest is not known: the next one counts");
                None
            }
        }
    }

    pub(super) async fn keep(path: &Path, instance: &str, timeline: i64) {
        let (path, newest) = (path.to_owned(), Self { instance: instance.to_owned(), timeline });
        let kept = unblocked(move || {
            let bytes = serde_json::to_vec(&newest).map_err(|error| FileError::new("writing", &path, error))?;
            files::replace(&path, &bytes, Outlives::Process)
        });
        if let Err(error) = kept.await {
            // The worst that follows is that an old manifest asks about tasks once more.
            error!(%error, "the newest manifest is not kept");
        }
    }
}
