//! What services wait for, as it is told to whoever asks.

use berth_testkit::agent::Report;
use berth_testkit::eventually;
use serde_json::json;

use super::fixture::{agent, define, plane};

#[tokio::test]
async fn what_a_service_waits_for_is_there_for_whoever_may_describe_it() {
    let plane = plane().await;
    let root = plane.root();
    let definition = define(&root, "web", json!({})).await;
    let service = json!({ "serviceName": "web", "taskDefinition": definition, "desiredCount": 1 });
    root.ecs("CreateService", &service).await.unwrap();
    let why = async || root.get("/_berth/why", "cluster=default&service=web").await.unwrap();
    let (status, told) = why().await;
    assert_eq!(status, 200, "{told}");
    let lines = told["why"].as_array().unwrap();
    assert!(lines.iter().any(|line| line == "1 tasks find no place: there are no instances"), "{told}");

    let (mut owner, mut stream) = agent(&plane, "1").await;
    let (_, task) = owner.take_payload(&mut stream).await.unwrap();
    owner.submit(&Report::running(&task)).await.unwrap();
    eventually("the service to wait for nothing", async || (why().await.1 == json!({ "why": [] })).then_some(())).await;

    for wrong in ["cluster=default&service=api", "cluster=nowhere&service=web", "service="] {
        assert_eq!(root.get("/_berth/why", wrong).await.unwrap().0, 400, "{wrong}");
    }
    let (status, _) = plane.node("1").get("/_berth/why", "service=web").await.unwrap();
    assert_eq!(status, 403, "a node sees no service");
}
