//! What an operator says of a machine as a node: `DATA/node.toml`, or the file that `--node-config` names.
//!
//! ```toml
//! [node]
//! capacity-provider = "blue"         # the group of nodes it belongs to; none if it is not here
//!
//! [images]
//! pull-behavior = "default"          # always, once, prefer-cached
//! cleanup = true
//! cleanup-interval = "30m"
//! cleanup-minimum-age = "1h"
//! cleanup-per-cycle = 5
//! disk-high-percent = 90
//! disk-low-percent = 80
//!
//! [registries."docker.io"]
//! mirrors = ["https://mirror.example:5000"]
//!
//! [registries."registry.example:5000"]
//! ca-file = "/etc/berth/registry-ca.pem"
//! username = "node"
//! password-file = "/etc/berth/registry-password"
//!
//! [registries."lan:5000"]
//! insecure = true                    # plain HTTP
//!
//! [s3]                               # where environmentFiles are; none if it is not here
//! endpoint = "https://s3.example"    # AWS's own if it is not here
//! region = "us-east-1"
//! access-key-id = "AKID"
//! secret-access-key-file = "/etc/berth/s3-key"
//! path-style = true                  # BUCKET.HOST otherwise
//!
//! [runtime]                          # what makes containers; Berth itself if it is not here
//! name = "runc"                      # an OCI runtime, by name or path
//! fargate = "/usr/local/bin/runsc"   # the same for those of Fargate tasks; "embedded" for Berth itself
//! ```

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use berth_agent::S3Settings;
use berth_agent::images::{CleanupSettings, ImageSettings, PullBehavior, Registries};
use berth_wire::Sensitive;
use serde::Deserialize;

use crate::oci_runtime::RuntimeNames;

/// More than this is no configuration.
const LONGEST: u64 = 1 << 20;
/// The file's name in the data folder.
const NAME: &str = "node.toml";

/// Where the file is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct NodeConfig {
    /// How this machine is a node: its registries, mirrors, image clean-up; DATA/node.toml if nothing is said and there is one
    #[arg(long, env = "BERTH_NODE_CONFIG", value_name = "FILE")]
    pub(crate) node_config: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct NodeFile {
    node: Node,
    images: Images,
    registries: Registries,
    s3: Option<S3>,
    runtime: RuntimeNames,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Node {
    capacity_provider: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct S3 {
    endpoint: Option<String>,
    #[serde(default = "usual_region")]
    region: String,
    access_key_id: String,
    secret_access_key_file: PathBuf,
    #[serde(default = "yes")]
    path_style: bool,
}

fn usual_region() -> String {
    "us-east-1".to_owned()
}

const fn yes() -> bool {
    true
}

impl S3 {
    /// Paths are beside the file.
    fn settings(self, folder: &Path) -> Result<S3Settings> {
        if let Some(endpoint) = self.endpoint.as_deref().filter(|endpoint| !is_origin(endpoint)) {
            bail!(
                "s3: endpoint `{endpoint}` has to be http://HOST or https://HOST, with a port if need be, and nothing behind it"
            );
        }
        let file = folder.join(self.secret_access_key_file);
        let secret = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        Ok(S3Settings {
            endpoint: self.endpoint.map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            region: self.region,
            access_key_id: self.access_key_id,
            secret_access_key: Sensitive::new(secret.trim().to_owned()),
            path_style: self.path_style,
        })
    }
}

fn is_origin(text: &str) -> bool {
    let uri = text.parse::<http::Uri>().ok();
    uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && uri.path() == "/" && uri.query().is_none()
    })
}

/// What the file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeSettings {
    /// The capacity provider whose group it belongs to.
    pub(crate) capacity_provider: Option<String>,
    /// Of images.
    pub(crate) images: ImageSettings,
    /// Of where environment files are.
    pub(crate) s3: Option<S3Settings>,
    /// Of what makes containers.
    pub(crate) runtime: RuntimeNames,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Images {
    pull_behavior: PullBehavior,
    cleanup: Option<bool>,
    cleanup_interval: Option<Span>,
    cleanup_minimum_age: Option<Span>,
    cleanup_per_cycle: Option<usize>,
    disk_high_percent: Option<u8>,
    disk_low_percent: Option<u8>,
}

/// A time as ECS's agent has it in its settings: `30m`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Span(Duration);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let unit = |letter| match letter {
            's' => Some(1),
            'm' => Some(60),
            'h' => Some(3600),
            'd' => Some(86_400),
            _ => None,
        };
        let read = || {
            let (at, letter) = text.char_indices().next_back()?;
            let count: u64 = text.get(..at)?.parse().ok()?;
            count.checked_mul(unit(letter)?)
        };
        read().map(|seconds| Self(Duration::from_secs(seconds))).ok_or_else(|| format!("`{text}` is no time: 90s, 30m, 1h or 2d"))
    }
}

/// What the file says; the defaults if there is none.
pub(crate) fn settings(named: &NodeConfig, data: &Path) -> Result<NodeSettings> {
    let usual = data.join(NAME);
    let (path, must_exist) = named.node_config.as_deref().map_or((usual.as_path(), false), |path| (path, true));
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() > LONGEST => bail!("{} has more than {LONGEST} bytes", path.display()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => return Ok(NodeSettings::default()),
        Err(error) => return Err(error).with_context(|| format!("opening {}", path.display())),
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    read(&text, path.parent().unwrap_or(Path::new(""))).with_context(|| format!("reading {}", path.display()))
}

fn read(text: &str, folder: &Path) -> Result<NodeSettings> {
    let NodeFile { node, images, mut registries, s3, runtime } = toml::from_str(text)?;
    let s3 = s3.map(|s3| s3.settings(folder)).transpose()?;
    for registry in registries.values_mut() {
        for file in [&mut registry.ca_file, &mut registry.password_file].into_iter().flatten() {
            *file = folder.join(&*file);
        }
    }
    let usual = CleanupSettings::default();
    let cleanup = CleanupSettings {
        is_on: images.cleanup.unwrap_or(usual.is_on),
        interval: images.cleanup_interval.map_or(usual.interval, |span| span.0),
        minimum_age: images.cleanup_minimum_age.map_or(usual.minimum_age, |span| span.0),
        per_cycle: images.cleanup_per_cycle.unwrap_or(usual.per_cycle),
        disk_high: images.disk_high_percent.unwrap_or(usual.disk_high),
        disk_low: images.disk_low_percent.unwrap_or(usual.disk_low),
    };
    if cleanup.disk_low > cleanup.disk_high || cleanup.disk_high > 100 {
        bail!("disk-low-percent is at most disk-high-percent, and that is at most 100");
    }
    let images = ImageSettings { behavior: images.pull_behavior, registries, cleanup, ..ImageSettings::default() };
    Ok(NodeSettings { capacity_provider: node.capacity_provider, images, s3, runtime })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_how_images_come_and_go() {
        let text = r#"
            [images]
            pull-behavior = "prefer-cached"
            cleanup-interval = "10m"
            disk-high-percent = 95
            [registries."docker.io"]
            mirrors = ["https://mirror.test"]
            [registries."lan:5000"]
            insecure = true
            ca-file = "ca.pem"
            password-file = "/secret"
        "#;
        let settings = read(text, Path::new("/etc/berth")).unwrap().images;
        assert_eq!(settings.behavior, PullBehavior::PreferCached);
        assert_eq!((settings.cleanup.interval, settings.cleanup.disk_high), (Duration::from_secs(600), 95));
        assert_eq!(settings.cleanup.minimum_age, Duration::from_secs(3600));
        assert_eq!(settings.registries["docker.io"].mirrors, ["https://mirror.test"]);
        let lan = &settings.registries["lan:5000"];
        assert_eq!((lan.insecure, lan.ca_file.as_deref()), (true, Some(Path::new("/etc/berth/ca.pem"))));
        assert_eq!(lan.password_file.as_deref(), Some(Path::new("/secret")));
        assert_eq!(read("", Path::new("")).unwrap(), NodeSettings::default());
    }

    #[test]
    fn the_file_says_which_group_the_node_belongs_to() {
        let settings = read("[node]\ncapacity-provider = \"blue\"", Path::new("")).unwrap();
        assert_eq!(settings.capacity_provider.as_deref(), Some("blue"));
    }

    #[test]
    fn the_file_says_where_environment_files_are() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "a secret\n").unwrap();
        let text = "[s3]\nendpoint = \"http://10.0.0.1:9000/\"\naccess-key-id = \"AKID\"\nsecret-access-key-file = \"key\"";
        let s3 = read(text, folder.path()).unwrap().s3.unwrap();
        assert_eq!((s3.endpoint.as_deref(), s3.region.as_str()), (Some("http://10.0.0.1:9000"), "us-east-1"));
        assert_eq!((s3.secret_access_key.expose().as_str(), s3.path_style), ("a secret", true));
        for wrong in ["ftp://x", "http://x/y", "x:9000"] {
            let text = text.replace("http://10.0.0.1:9000/", wrong);
            assert!(format!("{:#}", read(&text, folder.path()).unwrap_err()).contains("endpoint"), "{wrong}");
        }
        assert!(format!("{:#}", read(&text.replace("\"key\"", "\"none\""), folder.path()).unwrap_err()).contains("none"));
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        for (text, expected) in [
            ("[images]\npull-behaviour = \"once\"", "pull-behaviour"),
            ("[images]\npull-behavior = \"sometimes\"", "sometimes"),
            ("[images]\ncleanup-interval = \"soon\"", "90s, 30m, 1h or 2d"),
            ("[images]\ndisk-low-percent = 95", "disk-low-percent"),
            ("[registry.\"docker.io\"]", "registry"),
            ("[runtime]\npath = \"runc\"", "path"),
            ("[registries.x]\npassword = \"hunter2\"", "password"),
        ] {
            let error = format!("{:#}", read(text, Path::new("")).unwrap_err());
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
