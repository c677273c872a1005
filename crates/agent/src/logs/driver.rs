//! Which driver takes a container's output.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use berth_api::acs::docker::{HostConfig, LogConfig};
use berth_client::Client;
use berth_runtime::Output;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::cloudwatch::{self, CloudWatch, Ship};
use super::error::DriverError;
use super::json_file::{self, JsonFile};
use super::options::Options;
use super::retained::log_folder;
use super::wakes::Wakes;

/// Whose output it is, and what a driver needs besides its options.
#[derive(Debug, Clone)]
pub struct Context {
    /// Calls the control plane.
    pub client: Client,
    /// Wakes drivers.
    pub wakes: Arc<Wakes>,
    /// `DATA/agent/logs`.
    pub logs: PathBuf,
    /// The task's id.
    pub task_id: String,
    /// The container's name.
    pub container: String,
    /// What names the container to the control plane.
    pub runtime_id: String,
}

/// What takes a container's output.
#[derive(Debug, Clone)]
pub struct Driver {
    kind: Kind,
    wakes: Arc<Wakes>,
}

#[derive(Debug, Clone)]
enum Kind {
    Nothing,
    JsonFile(JsonFile),
    CloudWatch(Arc<CloudWatch>),
}

impl Driver {
    /// The driver that a container asks for; `json-file` if it asks for none, as Docker has it.
    ///
    /// # Errors
    /// There is no such driver, or its options make no sense.
    pub fn of(host: &HostConfig, context: &Context) -> Result<Self, DriverError> {
        let usual = LogConfig::default();
        let asked = host.log_config.as_ref().unwrap_or(&usual);
        let wakes = Arc::clone(&context.wakes);
        let kind = match asked.r#type.as_str() {
            "none" => Kind::Nothing,
            "" | json_file::NAME => {
                let folder = folder(context)?;
                Kind::JsonFile(JsonFile::of(Options::new(json_file::NAME, &asked.config), folder)?)
            }
            cloudwatch::NAME => {
                let options = Options::new(cloudwatch::NAME, &asked.config);
                let Context { client, task_id, container, runtime_id, .. } = context;
                Kind::CloudWatch(Arc::new(CloudWatch::of(options, client, task_id, container, runtime_id)?))
            }
            driver => return Err(DriverError::Unknown { driver: driver.to_owned() }),
        };
        Ok(Self { kind, wakes })
    }

    /// What the runtime is to do with the output.
    #[must_use]
    pub fn output(&self) -> Output {
        match &self.kind {
            Kind::Nothing => Output::Discard,
            Kind::JsonFile(file) => file.output,
            Kind::CloudWatch(stream) => stream.output,
        }
    }

    /// Makes ready what the driver writes to. The container is not to be started if it fails.
    ///
    /// # Errors
    /// The control plane refuses, or is not reached.
    pub async fn prepare(&self) -> Result<(), DriverError> {
        match &self.kind {
            Kind::Nothing | Kind::JsonFile(_) => Ok(()),
            Kind::CloudWatch(stream) => stream.prepare().await,
        }
    }

    /// Brings in the output of the container in a folder, from where an earlier call came to; to be called once the container was created. The
    /// task ends when `ended` is true and all is where it belongs, or the folder is gone. It is left undone if `ended` is dropped.
    #[must_use]
    pub fn follow(self, container: &Path, ended: watch::Receiver<bool>) -> JoinHandle<()> {
        let container = container.to_owned();
        match self.kind {
            Kind::Nothing => tokio::spawn(async {}),
            Kind::JsonFile(file) => tokio::spawn(file.follow(container, self.wakes, ended)),
            Kind::CloudWatch(stream) => tokio::spawn(Ship::new(stream, container).follow(self.wakes, ended)),
        }
    }
}

/// Names come from the control plane, which need not be ours.
fn folder(context: &Context) -> Result<PathBuf, DriverError> {
    let Context { logs, task_id, container, .. } = context;
    let is_name = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']);
    if is_name(task_id) && is_name(container) {
        return Ok(log_folder(logs, task_id, container));
    }
    Err(DriverError::Value { driver: json_file::NAME, problem: "the container's name cannot be that of a folder".to_owned() })
}
