use std::time::Duration;

use berth_api::acs::{AckRequest, AgentMessage, ControlMessage};
use berth_controllers::Timing;
use berth_testkit::agent::ProtocolAgent;
use berth_testkit::aws::AwsClient;
use berth_testkit::plane::Plane;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::fixture::{agent, define, end, next, plane, quick, refused, run};

#[tokio::test]
async fn a_stream_is_refused_with_a_typed_error() {
    let plane = plane().await;
    let (mut agent, _stream) = agent(&plane, "1").await;
    let own = agent.instance.clone();

    agent.instance = own.replace(own.rsplit('/').next().unwrap(), &"0".repeat(32));
    assert_eq!(refused(agent.connect().await), "InvalidInstanceException");
    agent.instance = "arn:aws:ecs:us-east-1:999999999999:container-instance/default/x".to_owned();
    assert_eq!(refused(agent.connect().await), "InvalidInstanceException");
    agent.instance.clone_from(&own);
    agent.cluster = "elsewhere".to_owned();
    assert_eq!(refused(agent.connect_telemetry().await), "InvalidClusterException");
    agent.cluster = "default".to_owned();
    agent.client = plane.node("2");
    assert_eq!(refused(agent.connect().await), "AccessDeniedException");
    assert_eq!(refused(agent.connect_telemetry().await), "AccessDeniedException");
    // A new process cannot even ask for the endpoint.
    agent.restart();
    assert!(agent.connect().await.unwrap_err().to_string().contains("AccessDenied"));
}

#[tokio::test]
async fn another_nodes_key_opens_no_stream_and_roots_does() {
    let plane = plane().await;
    let (mut agent, _stream) = agent(&plane, "1").await;
    let query = |agent: &ProtocolAgent| {
        let instance = agent.instance.replace(':', "%3A").replace('/', "%2F");
        format!("clusterArn=default&containerInstanceArn={instance}")
    };
    let knock = async |client: &AwsClient, query: &str| raw(client, "/_berth/acs/ws", query, true).await;
    let denied = knock(&plane.node("2"), &query(&agent)).await;
    assert!(denied.starts_with("HTTP/1.1 403") && denied.contains(r#""type":"AccessDeniedException""#), "{denied}");
    let opened = knock(&plane.root(), &query(&agent)).await;
    assert!(opened.starts_with("HTTP/1.1 101"), "{opened}");
    let nameless = knock(&plane.root(), "clusterArn=default").await;
    assert!(nameless.starts_with("HTTP/1.1 400") && nameless.contains("BadRequestException"), "{nameless}");
    let plain = raw(&plane.root(), "/_berth/acs/ws", &query(&agent), false).await;
    assert!(plain.starts_with("HTTP/1.1 400") && plain.contains("BadRequestException"), "{plain}");
    agent.client = plane.root();
    agent.connect().await.unwrap();
}

#[tokio::test]
async fn an_unsigned_or_wrongly_signed_request_opens_no_stream() {
    let plane = plane().await;
    let (agent, _stream) = agent(&plane, "1").await;
    let query = format!("clusterArn=default&containerInstanceArn={}", agent.instance);
    let mut thief = plane.node("1");
    thief.credentials.secret = berth_testkit::plane::Plane::node(&plane, "2").credentials.secret;
    let denied = raw(&thief, "/_berth/acs/ws", &query, true).await;
    assert!(denied.starts_with("HTTP/1.1 403") && denied.contains("AccessDeniedException"), "{denied}");
    let elsewhere = AwsClient { region: "eu-west-1".to_owned(), ..plane.node("1") };
    let refused = raw(&elsewhere, "/_berth/tcs/ws", &query.replace("Arn", ""), true).await;
    assert!(refused.contains("InvalidClusterException"), "{refused}");

    let mut stream = TcpStream::connect(plane.address).await.unwrap();
    let request = format!("GET /_berth/acs/ws?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("AccessDeniedException") && answer.contains("Missing Authentication Token"), "{answer}");
}

#[tokio::test]
async fn a_deregistered_instance_is_shut_out() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    run(&root, &definition).await;
    let request = json!({ "containerInstance": agent.instance, "force": true });
    root.ecs("DeregisterContainerInstance", &request).await.unwrap();
    assert_eq!(end(&mut agent, &mut stream).await, "closed with 1000: the container instance was deregistered");
    assert_eq!(refused(agent.connect().await), "InactiveInstanceException");
    assert_eq!(refused(agent.connect_telemetry().await), "InactiveInstanceException");
}

#[tokio::test]
async fn the_second_stream_of_an_instance_takes_the_firsts_place() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut first) = agent(&plane, "1").await;
    let mut second = agent.connect().await.unwrap();
    let end = end(&mut agent, &mut first).await;
    assert_eq!(end, "closed with 1008: another stream of this container instance was opened");
    let definition = define(&root, "web", json!({})).await;
    let arn = run(&root, &definition).await;
    assert_eq!(agent.take_payload(&mut second).await.unwrap().1.arn, arn);
}

#[tokio::test]
async fn heartbeats_come_and_an_agent_that_answers_none_is_dead() {
    let plane = Plane::start(Timing { silence: Duration::from_secs(3), ..quick() }).await.unwrap();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let mut beats = 0;
    while beats < 10 {
        if let ControlMessage::Heartbeat(heartbeat) = agent.take(&mut stream).await.unwrap() {
            assert!(heartbeat.message_id.is_some());
            beats += 1;
        }
    }
    let end = loop {
        if let Err(error) = stream.next().await {
            break error.to_string();
        }
    };
    assert_eq!(end, "closed with 1000: nothing was heard for too long");
}

#[tokio::test]
async fn nonsense_on_a_stream_hurts_nobody() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    for nonsense in ["", "{", "[1]", r#"{"type":"Mystery","message":{}}"#, r#"{"type":"AckRequest","message":7}"#] {
        stream.send_text(nonsense).await.unwrap();
    }
    let unasked = AckRequest { message_id: "nothing of yours".to_owned(), ..AckRequest::default() };
    stream.send(&AgentMessage::Ack(unasked)).await.unwrap();
    let definition = define(&root, "web", json!({})).await;
    let arn = run(&root, &definition).await;
    assert_eq!(agent.take_payload(&mut stream).await.unwrap().1.arn, arn);
    // A frame that nobody of this protocol sends ends the stream, and nothing else.
    stream.send_text("x".repeat(1 << 20)).await.unwrap();
    end(&mut agent, &mut stream).await;
    let mut stream = agent.connect().await.unwrap();
    assert!(matches!(next(&mut agent, &mut stream).await, ControlMessage::TaskManifest(_)));
}

#[tokio::test]
async fn a_control_plane_that_closes_says_goodbye() {
    let plane = plane().await;
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let mut telemetry = agent.connect_telemetry().await.unwrap();
    let (closed, end) = tokio::join!(plane.close(), end(&mut agent, &mut stream));
    closed.unwrap();
    assert_eq!(end, "closed with 1001: the control plane closes");
    let end = loop {
        if let Err(error) = telemetry.next().await {
            break error.to_string();
        }
    };
    assert_eq!(end, "closed with 1001: the control plane closes");
}

/// The beginning of the answer to a signed GET.
async fn raw(client: &AwsClient, path: &str, query: &str, upgrade: bool) -> String {
    let mut request = format!("GET {path}?{query} HTTP/1.1\r\nHost: {}\r\n", client.address);
    for (name, value) in client.sign(&http::Method::GET, path, query, b"") {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if upgrade {
        request.push_str("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
        request.push_str("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    }
    let mut stream = TcpStream::connect(client.address).await.unwrap();
    stream.write_all(format!("{request}\r\n").as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let mut length = 0;
    while !answer[..length].windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        length += stream.read(&mut answer[length..]).await.unwrap();
    }
    String::from_utf8_lossy(&answer[..length]).into_owned()
}
