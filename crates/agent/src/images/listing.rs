//! What the socket says: the lines of an import, and images as `GET /images` lists them.

use serde::{Deserialize, Serialize};

/// How far an import is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportProgress {
    /// So many bytes of the archive have come in.
    Received(u64),
    /// A layer is being unpacked.
    Unpacking {
        /// Which one, from 1.
        layer: usize,
        /// Of how many.
        layers: usize,
        /// Of its blob, read so far.
        bytes: u64,
        /// The blob's bytes.
        total: u64,
    },
}

/// An image that was imported, and can be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedImage {
    /// Its names, with everything filled in; it may have none.
    pub names: Vec<String>,
    /// What Docker calls its id: the digest of its configuration.
    pub id: String,
    /// Bytes of its blobs.
    pub size: u64,
}

/// An image of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedImage {
    /// Its names, as users write them.
    pub names: Vec<String>,
    /// What Docker calls its id: the digest of its configuration.
    pub id: String,
    /// The digest of its manifest.
    pub manifest: String,
    /// Bytes of its blobs.
    pub size: u64,
    /// When it was built, as it says itself: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it first came here, in seconds since 1970.
    pub imported_at: u64,
    /// The tasks that use it.
    pub in_use_by: Vec<String>,
}

/// A line of the answer to an import. The last one is `Imported` or `Error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Progress(ImportProgress),
    Outcome(Outcome),
}

/// How an import ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Imported(Vec<ImportedImage>),
    Error(String),
}

/// The answer of a call that failed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Problem {
    pub(super) error: String,
    /// The tasks that are in the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) in_use_by: Vec<String>,
}
