//! What an agent is told when it is started.

use std::path::PathBuf;
use std::sync::Arc;

use berth_client::Endpoint;
use berth_runtime::Runtime;
use berth_wire::sigv4::Credentials;

use crate::environment_files::S3Settings;
use crate::images::ImageSettings;

/// What an agent is told when it is started.
#[derive(Debug, Clone)]
pub struct Config {
    /// The control plane.
    pub endpoint: Endpoint,
    /// The region that the machine is in.
    pub region: String,
    /// The cluster it joins, by its short name.
    pub cluster: String,
    /// The folder that is its own: `DATA/agent`.
    pub data: PathBuf,
    /// Names everything made on the machine: `DATA/installation`.
    pub installation: String,
    /// What it signs with.
    pub credentials: Credentials,
    /// The version it says it has.
    pub version: String,
    /// What runs its containers.
    pub runtime: Arc<dyn Runtime>,
    /// How it comes by images, and which it keeps.
    pub images: ImageSettings,
    /// Where environment files are, if anywhere.
    pub s3: Option<S3Settings>,
    /// How its tasks get networks. Nothing: they get none, and those of `awsvpc` and `bridge` fail.
    pub network: Option<berth_net::Options>,
    /// Whether it takes none but Fargate tasks. It takes those too if its networks have ids for them.
    pub fargate_only: bool,
    /// The capacity provider whose group of nodes it belongs to.
    pub capacity_provider: Option<String>,
}
