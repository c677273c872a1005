//! What the tests share.

use std::time::Duration;

use anyhow::Result;
use berth_api::acs::ControlMessage;
use berth_controllers::Timing;
use berth_testkit::agent::{ControlStream, ProtocolAgent, Refusal};
use berth_testkit::aws::AwsClient;
use berth_testkit::plane::Plane;
use serde_json::{Value, json};

/// Times as short as a loaded machine allows.
pub(crate) fn quick() -> Timing {
    Timing {
        heartbeat: Duration::from_millis(100),
        resend: Duration::from_millis(200),
        grace: Duration::from_millis(200),
        grace_after_start: Duration::from_millis(200),
        repeat: Duration::ZERO,
        ..Timing::default()
    }
}

pub(crate) async fn plane() -> Plane {
    Plane::start(quick()).await.unwrap()
}

/// An instance of the default cluster with its control stream open.
pub(crate) async fn agent(plane: &Plane, name: &str) -> (ProtocolAgent, ControlStream) {
    let mut agent = ProtocolAgent::register(plane.node(name), "default").await.unwrap();
    let stream = agent.connect().await.unwrap();
    (agent, stream)
}

/// Registers a definition of one container `main` and answers its ARN.
pub(crate) async fn define(root: &AwsClient, family: &str, container: Value) -> String {
    let mut main = json!({ "name": "main", "image": "busybox", "memory": 64, "cpu": 128 });
    main.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    let request = json!({ "family": family, "networkMode": "host", "containerDefinitions": [main] });
    let answer = root.ecs("RegisterTaskDefinition", &request).await.unwrap();
    text(&answer, "/taskDefinition/taskDefinitionArn")
}

/// Runs a task and answers its ARN.
pub(crate) async fn run(root: &AwsClient, definition: &str) -> String {
    let answer = root.ecs("RunTask", &json!({ "taskDefinition": definition })).await.unwrap();
    assert_eq!(answer["failures"], json!([]));
    text(&answer, "/tasks/0/taskArn")
}

/// Starts a task on an instance and answers its ARN.
pub(crate) async fn start(root: &AwsClient, definition: &str, instance: &str) -> String {
    let request = json!({ "taskDefinition": definition, "containerInstances": [instance] });
    let answer = root.ecs("StartTask", &request).await.unwrap();
    assert_eq!(answer["failures"], json!([]));
    text(&answer, "/tasks/0/taskArn")
}

pub(crate) async fn stop(root: &AwsClient, task: &str) {
    root.ecs("StopTask", &json!({ "task": task })).await.unwrap();
}

pub(crate) async fn describe(root: &AwsClient, task: &str) -> Value {
    let answer = root.ecs("DescribeTasks", &json!({ "tasks": [task] })).await.unwrap();
    answer["tasks"][0].clone()
}

pub(crate) async fn instance(root: &AwsClient, instance: &str) -> Value {
    let request = json!({ "containerInstances": [instance], "include": ["CONTAINER_INSTANCE_HEALTH"] });
    let answer = root.ecs("DescribeContainerInstances", &request).await.unwrap();
    answer["containerInstances"][0].clone()
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}

/// The exception that an agent is refused with.
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    outcome.unwrap_err().downcast::<Refusal>().unwrap().code
}

/// What comes next on a stream besides heartbeats.
pub(crate) async fn next(agent: &mut ProtocolAgent, stream: &mut ControlStream) -> ControlMessage {
    loop {
        match agent.take(stream).await.unwrap() {
            ControlMessage::Heartbeat(_) => {}
            message => return message,
        }
    }
}

/// The end of a stream, as its error says it.
pub(crate) async fn end(agent: &mut ProtocolAgent, stream: &mut ControlStream) -> String {
    loop {
        if let Err(error) = agent.take(stream).await {
            return error.to_string();
        }
    }
}
