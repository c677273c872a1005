//! An image in the store, ready to be run.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::manifest::{Configuration, Node, Process, parse};
use crate::platform::Platform;

/// An image, as its manifest and configuration describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The manifest's digest: what names the image.
    pub manifest: Digest,
    /// The configuration's digest: what Docker calls the image id.
    pub configuration: Digest,
    /// What it runs on.
    pub platform: Platform,
    /// What to run.
    pub config: ImageConfig,
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
    /// Bytes of all its blobs.
    pub size: u64,
}

/// A layer of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// The blob, compressed or not.
    pub blob: Digest,
    /// The digest of the archive in it: what names the unpacked folder.
    pub diff_id: Digest,
    /// The blob's bytes.
    pub size: u64,
}

/// The defaults that an image gives its containers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageConfig {
    /// What runs, before its arguments.
    pub entrypoint: Vec<String>,
    /// The arguments, or all of it.
    pub cmd: Vec<String>,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// Empty for the root.
    pub working_dir: String,
    /// `user`, `uid`, `user:group`, ...; empty for root.
    pub user: String,
    /// `SIGTERM` or a number, if the image says so.
    pub stop_signal: Option<String>,
    /// `80/tcp`.
    pub exposed_ports: Vec<String>,
    /// Paths.
    pub volumes: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

impl ImageConfig {
    pub(crate) fn of(process: Option<Process>) -> Self {
        let process = process.unwrap_or_default();
        Self {
            entrypoint: process.entrypoint.unwrap_or_default(),
            cmd: process.cmd.unwrap_or_default(),
            env: process.env.unwrap_or_default(),
            working_dir: process.working_dir.unwrap_or_default(),
            user: process.user.unwrap_or_default(),
            stop_signal: process.stop_signal.filter(|signal| !signal.is_empty()),
            exposed_ports: process.exposed_ports.unwrap_or_default().into_keys().collect(),
            volumes: process.volumes.unwrap_or_default().into_keys().collect(),
            labels: process.labels.unwrap_or_default(),
        }
    }
}

impl Image {
    /// Puts an image together from its documents.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn of(manifest: Digest, manifest_bytes: &[u8], configuration_bytes: &[u8]) -> Result<Self, String> {
        let node: Node = parse(manifest_bytes)?;
        if let Some(problem) = node.problem() {
            return Err(problem);
        }
        let descriptor = node.config.ok_or("it names no configuration")?;
        let configuration: Configuration =
            parse(configuration_bytes).map_err(|problem| format!("its configuration {problem}"))?;
        let blobs = node.layers.unwrap_or_default();
        let diff_ids = configuration.rootfs.and_then(|rootfs| rootfs.diff_ids).unwrap_or_default();
        if blobs.len() != diff_ids.len() {
            return Err(format!("it has {} layers, its configuration speaks of {}", blobs.len(), diff_ids.len()));
        }
        let size = blobs
            .iter()
            .map(|blob| blob.size)
            .chain([descriptor.size, manifest_bytes.len() as u64])
            .fold(0_u64, u64::saturating_add);
        let layers =
            blobs.iter().zip(diff_ids).map(|(blob, diff_id)| Layer { blob: blob.digest, diff_id, size: blob.size }).collect();
        Ok(Self {
            manifest,
            configuration: descriptor.digest,
            platform: configuration.platform,
            config: ImageConfig::of(configuration.config),
            layers,
            size,
        })
    }
}
