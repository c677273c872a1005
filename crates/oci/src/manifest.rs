//! The JSON documents of images, of OCI and of Docker, as far as running one needs them.
//!
//! Six small structs instead of `oci-spec`: that crate brings forty others, is strict where images in the wild are not (`null` for
//! an empty list), and knows nothing of `docker save`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::platform::Platform;

pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub(crate) const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// What names a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    #[serde(default)]
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<Platform>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

/// An index or a manifest: both are told apart by what they contain, because media types are often missing.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Node {
    #[serde(default)]
    pub(crate) schema_version: u32,
    #[serde(default)]
    pub(crate) media_type: String,
    #[serde(default)]
    pub(crate) manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    pub(crate) config: Option<Descriptor>,
    #[serde(default)]
    pub(crate) layers: Option<Vec<Descriptor>>,
}

/// A manifest that we write for images that come without one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewManifest {
    pub(crate) schema_version: u32,
    pub(crate) media_type: &'static str,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
}

/// An image's configuration.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Configuration {
    #[serde(flatten)]
    pub(crate) platform: Platform,
    #[serde(default)]
    pub(crate) config: Option<Process>,
    #[serde(default)]
    pub(crate) rootfs: Option<RootFileSystem>,
}

/// What to run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Process {
    pub(crate) entrypoint: Option<Vec<String>>,
    pub(crate) cmd: Option<Vec<String>>,
    pub(crate) env: Option<Vec<String>>,
    pub(crate) working_dir: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) stop_signal: Option<String>,
    pub(crate) exposed_ports: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    pub(crate) volumes: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    pub(crate) labels: Option<BTreeMap<String, String>>,
}

/// The layers' digests before compression, lowest first.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RootFileSystem {
    #[serde(default)]
    pub(crate) diff_ids: Option<Vec<Digest>>,
}

/// An entry of `docker save`'s manifest.json.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Saved {
    pub(crate) config: String,
    #[serde(default)]
    pub(crate) repo_tags: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) layers: Option<Vec<String>>,
}

impl Node {
    /// Why it cannot be said what a document is that came as `media_type`: two readers could take it for different things.
    pub(crate) fn ambiguity(&self, media_type: &str) -> Option<String> {
        let known = [OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST];
        let is_index = |kind: &str| kind == OCI_INDEX || kind == DOCKER_INDEX;
        if self.manifests.is_some() && (self.config.is_some() || self.layers.is_some()) {
            return Some("it is an index and a manifest at once".to_owned());
        }
        let claimed = [media_type, &self.media_type].into_iter().find(|kind| {
            known.contains(kind)
                && is_index(kind) != self.manifests.is_some()
                && (self.manifests.is_some() || self.config.is_some())
        })?;
        Some(format!("it says that it is `{claimed}`, which it is not"))
    }

    /// The problem with a document that claims to be an image's manifest, if there is one.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.schema_version == 1 {
            return Some("manifests of schema 1 are not read; push the image again with a tool of this decade".to_owned());
        }
        let Some(config) = &self.config else { return Some("it names no configuration".to_owned()) };
        let known = [OCI_CONFIG, DOCKER_CONFIG, ""];
        if !known.contains(&config.media_type.as_str()) {
            return Some(format!("it is not a container image: its configuration is `{}`", shown(&config.media_type)));
        }
        let is_layer = |layer: &Descriptor| {
            let kind = layer.media_type.as_str();
            kind.is_empty()
                || kind.starts_with("application/vnd.oci.image.layer.")
                || kind.starts_with("application/vnd.docker.image.rootfs.")
        };
        let stranger = self.layers.iter().flatten().find(|layer| !is_layer(layer))?;
        Some(format!("it is not a container image: it has a layer of type `{}`", shown(&stranger.media_type)))
    }
}

/// A text from outside, short enough for a message.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(120).collect()
}

/// Reads a document; the problem in words if it is none.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| shown(&format!("cannot be read: {error}")))
}
