//! The streams of agents on the real binary: that they are wired up, and how they end with it.

use berth_api::acs::ControlMessage;
use berth_testkit::agent::{ProtocolAgent, Report};
use nix::sys::signal::Signal;
use serde_json::json;

use crate::installation::Installation;

#[tokio::test]
async fn a_task_reaches_an_agent_of_the_real_binary() {
    let mut installation = Installation::without_node().await;
    let root = installation.client("root-key.json").await;
    let node = installation.client("agent/node-key.json").await;
    let mut agent = ProtocolAgent::register(node, "default").await.unwrap();
    let mut stream = agent.connect().await.unwrap();
    agent.connect_telemetry().await.unwrap();
    let container = json!({ "name": "main", "image": "busybox", "memory": 64 });
    root.ecs("RegisterTaskDefinition", &json!({ "family": "web", "networkMode": "host", "containerDefinitions": [container] }))
        .await
        .unwrap();
    let started = root.ecs("RunTask", &json!({ "taskDefinition": "web" })).await.unwrap();
    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    assert_eq!(Some(task.arn.as_str()), started["tasks"][0]["taskArn"].as_str());
    agent.submit(&Report::running(&task)).await.unwrap();
    let described = root.ecs("DescribeTasks", &json!({ "tasks": [task.arn] })).await.unwrap();
    assert_eq!(described["tasks"][0]["lastStatus"], "RUNNING");

    installation.signal(Signal::SIGTERM);
    let end = loop {
        if let Err(error) = agent.take(&mut stream).await {
            break error.to_string();
        }
    };
    assert_eq!(end, "closed with 1001: the control plane closes");
    assert_eq!(installation.ended().await, Some(0));

    // The same node, the same instance, the next process: the manifest names the task that still runs.
    installation.start(&["--no-agent"]);
    agent.client = installation.client("agent/node-key.json").await;
    agent.restart();
    let mut stream = agent.connect().await.unwrap();
    let ControlMessage::TaskManifest(manifest) = agent.take(&mut stream).await.unwrap() else { panic!("no manifest") };
    assert_eq!(manifest.tasks[0].task_arn, task.arn);
}
