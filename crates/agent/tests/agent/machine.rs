//! A machine with an agent, and a control plane.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use berth_agent::images::{ImageSettings, LocalClient};
use berth_agent::{AgentError, Config};

use berth_runtime::RuntimeError;
use berth_testkit::aws::AwsClient;
use berth_testkit::eventually;
use berth_testkit::plane::{Plane, REGION, Timing};
use berth_wire::Sensitive;
use berth_wire::sigv4::Credentials;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::image::archive;
use super::scripted::Scripted;

/// A machine with an agent, and a control plane.
pub(crate) struct Machine {
    pub(crate) plane: Plane,
    pub(crate) root: AwsClient,
    pub(crate) runtime: Scripted,
    data: TempDir,
    agent: Option<Running>,
}

/// What asks an agent to end, and how it did.
type Running = (watch::Sender<bool>, JoinHandle<Result<(), AgentError>>);

impl Machine {
    /// With an agent that is registered, and an image `app`.
    pub(crate) async fn start() -> Self {
        let plane = Plane::start(timing()).await.unwrap();
        let (root, data) = (plane.root(), tempfile::tempdir().unwrap());
        let mut machine = Self { plane, root, runtime: Scripted::default(), data, agent: None };
        machine.start_agent();
        machine.instance().await;
        machine.import("app", None).await;
        machine
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.data.path().to_owned()
    }

    /// The folders of tasks that the agent knows something of.
    pub(crate) fn task_folders(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.data().join("tasks")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    pub(crate) fn start_agent(&mut self) {
        let key_id = "AKIANODEmachine".to_owned();
        let config = Config {
            endpoint: format!("http://{}", self.plane.address).parse().unwrap(),
            region: REGION.to_owned(),
            cluster: "default".to_owned(),
            data: self.data(),
            installation: "abc123".to_owned(),
            credentials: Credentials { secret: Sensitive::new(format!("the secret of {key_id}")), key_id, session_token: None },
            version: "0.0.0".to_owned(),
            runtime: Arc::new(self.runtime.clone()),
            images: ImageSettings::default(),
            s3: None,
            network: None,
            fargate_only: false,
            capacity_provider: None,
        };
        let (shutdown, ends) = watch::channel(false);
        // The one before may not have let go of its images yet.
        let run = async move {
            loop {
                match berth_agent::run(config.clone(), ends.clone()).await {
                    Err(AgentError::Images { .. }) => tokio::task::yield_now().await,
                    outcome => return outcome,
                }
            }
        };
        self.agent = Some((shutdown, tokio::spawn(run)));
    }

    /// The agent is gone from one moment to the next.
    pub(crate) async fn kill_agent(&mut self) {
        let (_shutdown, agent) = self.agent.take().unwrap();
        agent.abort();
        assert!(agent.await.unwrap_err().is_cancelled(), "the agent ended before");
    }

    /// The agent is asked to end.
    pub(crate) async fn stop_agent(&mut self) {
        let (shutdown, agent) = self.agent.take().unwrap();
        shutdown.send_replace(true);
        agent.await.unwrap().unwrap();
    }

    /// The control plane is killed and started again elsewhere, over the same state.
    pub(crate) async fn restart_plane(&mut self, meanwhile: impl AsyncFnOnce(&mut Self)) {
        let spare = Plane::start(timing()).await.unwrap();
        let plane = std::mem::replace(&mut self.plane, spare);
        let store = plane.close().await.unwrap();
        meanwhile(self).await;
        self.plane = Plane::over(store, timing()).await.unwrap();
        self.root = self.plane.root();
    }

    pub(crate) async fn import(&self, name: &str, stop_signal: Option<&str>) {
        let socket = self.data().join("agent.sock");
        eventually("the agent's socket is there", async || socket.exists().then_some(())).await;
        let archive = archive(name, stop_signal);
        LocalClient::new(&socket).import(std::io::Cursor::new(archive), None, |_| {}).await.unwrap();
    }

    /// The ARN of the instance that is active and connected.
    pub(crate) async fn instance(&self) -> String {
        eventually("an instance is connected", async || {
            let listed = self.root.ecs("ListContainerInstances", &json!({ "status": "ACTIVE" })).await.unwrap();
            let arn = listed["containerInstanceArns"][0].as_str()?.to_owned();
            let request = json!({ "containerInstances": [arn] });
            let answer = self.root.ecs("DescribeContainerInstances", &request).await.unwrap();
            (answer["containerInstances"][0]["agentConnected"] == true).then_some(arn)
        })
        .await
    }

    /// Registers a definition and runs a task of it; answers its ARN. Containers write nothing.
    pub(crate) async fn run(&self, containers: &[Value]) -> String {
        let whole = |container: &Value| {
            let mut whole = json!({
                "name": "main", "image": "app", "memory": 64, "logConfiguration": { "logDriver": "none" },
            });
            whole.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
            whole
        };
        let containers: Vec<Value> = containers.iter().map(whole).collect();
        let request = json!({ "family": "web", "networkMode": "none", "containerDefinitions": containers });
        self.root.ecs("RegisterTaskDefinition", &request).await.unwrap();
        let answer = self.root.ecs("RunTask", &json!({ "taskDefinition": "web" })).await.unwrap();
        assert_eq!(answer["failures"], json!([]));
        answer["tasks"][0]["taskArn"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn stop(&self, task: &str) {
        self.root.ecs("StopTask", &json!({ "task": task })).await.unwrap();
    }

    pub(crate) async fn describe(&self, task: &str) -> Value {
        let answer = self.root.ecs("DescribeTasks", &json!({ "tasks": [task] })).await.unwrap();
        answer["tasks"][0].clone()
    }

    /// The task, once it is as far.
    pub(crate) async fn task_is(&self, task: &str, status: &str) -> Value {
        eventually(&format!("the task is {status}"), async || {
            let task = self.describe(task).await;
            (task["lastStatus"] == status).then_some(task)
        })
        .await
    }

    /// Waits until the runtime was asked for something as often as that.
    pub(crate) async fn asked(&self, call: &str, times: usize) {
        eventually(&format!("{call}, {times} times"), async || (self.runtime.count(call) >= times).then_some(())).await;
        assert_eq!(self.runtime.count(call), times, "{call}");
    }

    /// Nothing is left of any task.
    pub(crate) async fn is_clear(&self) {
        let is_clear = async || (self.runtime.is_empty() && self.task_folders().is_empty()).then_some(());
        eventually("nothing is left of the tasks", is_clear).await;
    }
}

/// What a kernel says that has no room.
pub(crate) fn busy() -> RuntimeError {
    RuntimeError::System { doing: "making room".to_owned(), source: std::io::Error::from_raw_os_error(16) }
}

fn timing() -> Timing {
    Timing {
        heartbeat: Duration::from_millis(100),
        resend: Duration::from_millis(500),
        repeat: Duration::ZERO,
        ..Timing::default()
    }
}
