//! Where objects are, and who may read them.

use berth_wire::Sensitive;

/// An S3-compatible store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Settings {
    /// `http://` or `https://`; AWS's own if nothing is said.
    pub endpoint: Option<String>,
    /// What is signed for.
    pub region: String,
    /// The key's id.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Sensitive<String>,
    /// Whether the bucket's name comes in the path, as most stores but AWS's have it, or before the host's.
    pub path_style: bool,
}
