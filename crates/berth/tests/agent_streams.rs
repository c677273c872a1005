//! The streams of agents on the real binary: that they are wired up, and how they end with it.

#![cfg(test)]

use std::path::Path;
use std::process::{Child, Command, Stdio};

use berth_api::acs::ControlMessage;
use berth_testkit::agent::{ProtocolAgent, Report};
use berth_testkit::aws::AwsClient;
use berth_testkit::eventually;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// `berth up` of one installation; killed if the test ends without ending it.
struct Up(Child);

impl Up {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        command.args(["up", "--no-agent", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), signal).unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // Also when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// A client with the key of a file, once the installation serves.
async fn client(folder: &Path, key: &str) -> AwsClient {
    eventually("the installation to serve", async || {
        let (run, key) = (read(&folder.join("run.json"))?, read(&folder.join(key))?);
        let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
        let address = text(&run, "listen")?.parse().ok()?;
        let (key_id, secret) = (text(&key, "access_key_id")?, text(&key, "secret_access_key")?);
        let client = AwsClient::new(address, &text(&run, "region")?, &key_id, &secret);
        client.ecs("DiscoverPollEndpoint", &json!({})).await.ok()?;
        Some(client)
    })
    .await
}

#[tokio::test]
async fn a_task_reaches_an_agent_of_the_real_binary() {
    let folder = tempfile::tempdir().unwrap();
    let mut up = Up::start(folder.path());
    let root = client(folder.path(), "root-key.json").await;
    let node = client(folder.path(), "agent/node-key.json").await;
    let mut agent = ProtocolAgent::register(node, "default").await.unwrap();
    let mut stream = agent.connect().await.unwrap();
    agent.connect_telemetry().await.unwrap();
    let container = json!({ "name": "main", "image": "busybox", "memory": 64 });
    root.ecs("RegisterTaskDefinition", &json!({ "family": "web", "containerDefinitions": [container] })).await.unwrap();
    let started = root.ecs("RunTask", &json!({ "taskDefinition": "web" })).await.unwrap();
    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    assert_eq!(Some(task.arn.as_str()), started["tasks"][0]["taskArn"].as_str());
    agent.submit(&Report::running(&task)).await.unwrap();
    let described = root.ecs("DescribeTasks", &json!({ "tasks": [task.arn] })).await.unwrap();
    assert_eq!(described["tasks"][0]["lastStatus"], "RUNNING");

    up.signal(Signal::SIGTERM);
    let end = loop {
        if let Err(error) = agent.take(&mut stream).await {
            break error.to_string();
        }
    };
    assert_eq!(end, "closed with 1001: the control plane closes");
    eventually("the installation to end", async || up.0.try_wait().unwrap()).await;

    // The same node, the same instance, the next process: the manifest names the task that still runs.
    let _up = Up::start(folder.path());
    agent.client = client(folder.path(), "agent/node-key.json").await;
    agent.restart();
    let mut stream = agent.connect().await.unwrap();
    let ControlMessage::TaskManifest(manifest) = agent.take(&mut stream).await.unwrap() else { panic!("no manifest") };
    assert_eq!(manifest.tasks[0].task_arn, task.arn);
}
