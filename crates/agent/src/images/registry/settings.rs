//! What a node's configuration says of registries.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// Registries by their names in images: `docker.io`, `registry.example:5000`.
pub type Registries = BTreeMap<String, RegistrySettings>;

/// What is special about a registry. Mirrors are registries too, and have their own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RegistrySettings {
    /// Where its images are looked for first: `https://mirror.example:5000`.
    pub mirrors: Vec<String>,
    /// It speaks HTTP without TLS. Those on this machine's loopback do unless they have a `ca-file`.
    pub insecure: bool,
    /// Certificates (PEM) of authorities to trust, beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Who we are there.
    pub username: Option<String>,
    /// The file with the password or token that proves it.
    pub password_file: Option<PathBuf>,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the node's configuration of the registry {registry}: {problem}")]
pub struct SettingsError {
    /// Which one.
    pub registry: String,
    /// What is wrong.
    pub problem: String,
}

impl SettingsError {
    pub(super) fn new(registry: &str, problem: impl ToString) -> Self {
        Self { registry: registry.to_owned(), problem: problem.to_string() }
    }
}
