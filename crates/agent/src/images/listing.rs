//! What the socket says: the lines of an import, and images as `GET /images` lists them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pulling::PullProgress;

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
    /// What a registry has it under, if it was pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// When it was pulled last, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulled_at: Option<u64>,
    /// The tasks that use it.
    pub in_use_by: Vec<String>,
}

/// An image with all that it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedImage {
    /// As it is listed.
    #[serde(flatten)]
    pub listed: ListedImage,
    /// What it runs on: `linux/amd64`.
    pub platform: String,
    /// What its containers run unless their task says otherwise.
    pub config: InspectedConfig,
    /// Its layers, lowest first.
    pub layers: Vec<InspectedLayer>,
}

/// What an image gives its containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedConfig {
    /// What runs, before its arguments.
    pub entrypoint: Vec<String>,
    /// The arguments, or all of it.
    pub cmd: Vec<String>,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// Empty for the root.
    pub working_dir: String,
    /// Empty for root.
    pub user: String,
    /// What asks it to end.
    pub stop_signal: Option<String>,
    /// `80/tcp`.
    pub exposed_ports: Vec<String>,
    /// Paths.
    pub volumes: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// A layer of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedLayer {
    /// Its blob.
    pub digest: String,
    /// The archive in it.
    pub diff_id: String,
    /// The blob's bytes.
    pub size: u64,
}

/// A line of the answer to a pull. The last one is `Pulled` or `Error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PullLine {
    Progress(PullProgress),
    Pulled(Box<ListedImage>),
    Error(String),
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
pub(crate) struct Problem {
    pub(crate) error: String,
    /// The tasks that are in the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) in_use_by: Vec<String>,
}
