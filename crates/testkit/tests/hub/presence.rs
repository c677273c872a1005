use std::time::Duration;

use berth_controllers::Timing;
use berth_testkit::agent::ProtocolAgent;
use berth_testkit::aws::AwsClient;
use berth_testkit::eventually;
use berth_testkit::plane::Plane;

use super::fixture::{agent, instance, plane, quick};

/// Waits until an instance's agent is connected, or is not; answers the instance's version then.
async fn connected(root: &AwsClient, arn: &str, wanted: bool) -> i64 {
    eventually("agentConnected to change", async || {
        let known = instance(root, arn).await;
        (known["agentConnected"] == wanted).then(|| known["version"].as_i64().unwrap())
    })
    .await
}

#[tokio::test]
async fn an_agent_is_connected_while_its_stream_is_open() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, stream) = agent(&plane, "1").await;
    let arn = agent.instance.clone();
    let first = connected(&root, &arn, true).await;
    stream.close().await.unwrap();
    let second = connected(&root, &arn, false).await;
    let _stream = agent.connect().await.unwrap();
    let third = connected(&root, &arn, true).await;
    assert_eq!((second, third), (first + 1, first + 2));
}

#[tokio::test]
async fn an_agent_that_comes_back_in_time_was_never_away() {
    let plane = Plane::start(Timing { grace: Duration::from_secs(2), ..quick() }).await.unwrap();
    let root = plane.root();
    let (mut quick, first) = agent(&plane, "1").await;
    let (slow, other) = agent(&plane, "2").await;
    let version = connected(&root, &quick.instance, true).await;
    first.close().await.unwrap();
    let _second = quick.connect().await.unwrap();
    // The other's grace began later: when it is over, the first one's is too.
    other.close().await.unwrap();
    connected(&root, &slow.instance, false).await;
    assert_eq!(connected(&root, &quick.instance, true).await, version);
}

#[tokio::test]
async fn a_client_that_never_opens_a_stream_counts_as_connected() {
    let plane = plane().await;
    let root = plane.root();
    let silent = ProtocolAgent::register(plane.node("1"), "default").await.unwrap();
    let (other, stream) = agent(&plane, "2").await;
    stream.close().await.unwrap();
    connected(&root, &other.instance, false).await;
    assert_eq!(connected(&root, &silent.instance, true).await, 1);
}

#[tokio::test]
async fn agents_that_do_not_come_back_after_a_restart_are_not_connected() {
    let before = plane().await;
    let silent = ProtocolAgent::register(before.node("1"), "default").await.unwrap();
    let (gone, _stream) = agent(&before, "2").await;
    let (mut back, _stream) = agent(&before, "3").await;
    connected(&before.root(), &gone.instance, true).await;
    let store = before.close().await.unwrap();

    let after = Plane::over(store, quick()).await.unwrap();
    back.client = after.node("3");
    let _stream = back.connect().await.unwrap();
    connected(&after.root(), &gone.instance, false).await;
    connected(&after.root(), &back.instance, true).await;
    connected(&after.root(), &silent.instance, true).await;
}
