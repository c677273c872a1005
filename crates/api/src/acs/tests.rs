use std::collections::BTreeMap;

use super::*;

#[test]
fn messages_travel_in_an_envelope_with_their_type() {
    let heartbeat = ControlMessage::Heartbeat(Heartbeat { message_id: Some("m-1".to_owned()), healthy: Some(true) });
    assert_eq!(heartbeat.write(), r#"{"type":"HeartbeatMessage","message":{"messageId":"m-1","healthy":true}}"#);
    assert_eq!(ControlMessage::read(&heartbeat.write()).unwrap(), heartbeat);
}

#[test]
fn members_that_nobody_knows_are_ignored_and_null_ones_are_absent() {
    let frame = r#"{"later":1,"type":"AckRequest","message":{"messageId":"m","cluster":null,"newer":{"a":[1]}}}"#;
    let ack = AckRequest { message_id: "m".to_owned(), ..AckRequest::default() };
    assert_eq!(AgentMessage::read(frame).unwrap(), AgentMessage::Ack(ack));
    let frame = r#"{"type":"TaskStopVerificationMessage","message":{"messageId":"m","stopCandidates":null}}"#;
    let empty = TaskStopVerification { message_id: "m".to_owned(), stop_candidates: Vec::new() };
    assert_eq!(AgentMessage::read(frame).unwrap(), AgentMessage::TaskStopVerification(empty));
}

#[test]
fn a_message_may_be_absent_altogether() {
    assert_eq!(
        AgentMessage::read(r#"{"type":"HeartbeatAckRequest"}"#).unwrap(),
        AgentMessage::HeartbeatAck(HeartbeatAck::default())
    );
}

#[test]
fn a_frame_that_is_no_message_says_why() {
    assert!(matches!(AgentMessage::read("{"), Err(FrameError::Envelope(_))));
    assert!(matches!(AgentMessage::read("[]"), Err(FrameError::Envelope(_))));
    assert!(matches!(AgentMessage::read(r#"{"message":{}}"#), Err(FrameError::Envelope(_))));
    assert!(matches!(AgentMessage::read(r#"{"type":"PayloadMessage","message":{}}"#), Err(FrameError::UnknownType(_))));
    let wrong = AgentMessage::read(r#"{"type":"AckRequest","message":{"messageId":7}}"#).unwrap_err();
    assert!(matches!(wrong, FrameError::Message { kind: "AckRequest", .. }), "{wrong}");
}

#[test]
fn words_that_are_not_listed_are_kept() {
    let frame = r#"{"taskArn":"t","desiredStatus":"RESTING"}"#;
    let task: ManifestTask = serde_json::from_str(frame).unwrap();
    assert_eq!(task.desired_status, Some(DesiredStatus::Unlisted("RESTING".to_owned())));
    assert_eq!(serde_json::to_string(&task).unwrap(), frame);
}

#[test]
fn members_have_the_names_that_agents_know() {
    let container = Container {
        docker_config: Some(DockerConfig { host_config: Some("{}".to_owned()), ..DockerConfig::default() }),
        entry_point: Some(vec!["/bin/true".to_owned()]),
        ..Container::default()
    };
    let interface = ElasticNetworkInterface {
        ec2_id: "eni-1".to_owned(),
        subnet_gateway_ipv4_address: Some("10.0.0.1/24".to_owned()),
        ..ElasticNetworkInterface::default()
    };
    let task = Task { containers: vec![container], elastic_network_interfaces: vec![interface], ..Task::default() };
    let expected = concat!(
        r#"{"containers":[{"entryPoint":["/bin/true"],"dockerConfig":{"hostConfig":"{}"}}],"#,
        r#""elasticNetworkInterfaces":[{"ec2Id":"eni-1","subnetGatewayIpv4Address":"10.0.0.1/24"}]}"#
    );
    assert_eq!(serde_json::to_string(&task).unwrap(), expected);
}

#[test]
fn docker_has_names_of_its_own() {
    let host = docker::HostConfig {
        readonly_rootfs: Some(true),
        shm_size: Some(64),
        log_config: Some(docker::LogConfig { r#type: "none".to_owned(), config: BTreeMap::new() }),
        ..docker::HostConfig::default()
    };
    assert_eq!(serde_json::to_string(&host).unwrap(), r#"{"LogConfig":{"Type":"none"},"ReadonlyRootfs":true,"ShmSize":64}"#);
}

#[test]
fn secrets_are_not_shown() {
    let credentials = RoleCredentials {
        access_key_id: "ASIA1".to_owned(),
        secret_access_key: Hidden("hush".to_owned()),
        session_token: Hidden("hush".to_owned()),
        ..RoleCredentials::default()
    };
    let environment = Hidden([("PASSWORD".to_owned(), "hush".to_owned())].into());
    let task = Task {
        role_credentials: Some(credentials),
        containers: vec![Container { environment, ..Container::default() }],
        ..Task::default()
    };
    assert!(!format!("{task:?}").contains("hush"));
    assert!(serde_json::to_string(&task).unwrap().contains("hush"));
}

#[test]
fn a_telemetry_frame_is_headers_an_empty_line_and_json() {
    let text = "Host: localhost:7300\r\nX-Amz-Date: 20260630T101112Z\r\nAuthorization: AWS4-HMAC-SHA256 \
                Credential=AKIAEXAMPLE/20260630/us-east-1/ecs/aws4_request, SignedHeaders=host;x-amz-date, \
                Signature=0000000000000000000000000000000000000000000000000000000000000000\r\n\r\n\
                {\"type\":\"PublishHealthRequest\",\"message\":{\"metadata\":{\"fin\":true}}}";
    let frame = SignedFrame::parse(text).unwrap();
    assert_eq!(frame.presented().unwrap().key_id, "AKIAEXAMPLE");
    let TelemetryReport::Health(health) = TelemetryReport::read(frame.message).unwrap() else { panic!("no health") };
    assert_eq!(health.metadata.unwrap().fin, Some(true));
    assert_eq!(SignedFrame::parse(&frame.write()).unwrap(), frame);
}

#[test]
fn a_telemetry_frame_without_a_signature_says_what_it_lacks() {
    assert_eq!(SignedFrame::parse("{}"), Err(SignedFrameError::NoHeaders));
    assert_eq!(SignedFrame::parse("no header\r\n\r\n{}"), Err(SignedFrameError::Header));
    assert_eq!(SignedFrame::parse(&format!("A: {}\r\n\r\n", "x".repeat(40_000))), Err(SignedFrameError::TooLong));
    let unsigned = SignedFrame::parse("Host: localhost\r\n\r\n{}").unwrap();
    assert!(matches!(unsigned.presented(), Err(SignedFrameError::Signature(_))));
}
