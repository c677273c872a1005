use berth_api::acs::{
    CheckStatus, ContainerHealth, HealthMetadata, HealthStatus, InstanceStatus, InstanceStatusMetadata, MetricsMetadata,
    PublishHealth, PublishInstanceStatus, PublishMetrics, TaskHealth, TelemetryAnswer, TelemetryReport,
};
use berth_model::{Task, TaskId};
use berth_store::TaskKey;
use berth_testkit::agent::Report;
use berth_testkit::plane::{Plane, REGION};
use serde_json::json;

use super::fixture::{agent, define, describe, instance, plane, run};

fn health(instance: &str, task: &str, status: HealthStatus) -> TelemetryReport {
    let container = ContainerHealth {
        container_name: Some("main".to_owned()),
        health_status: Some(status),
        status_since: Some(1.5),
        ..ContainerHealth::default()
    };
    let task = TaskHealth { task_arn: Some(task.to_owned()), containers: vec![container], ..TaskHealth::default() };
    let metadata = HealthMetadata { container_instance: Some(instance.to_owned()), fin: Some(true), ..HealthMetadata::default() };
    TelemetryReport::Health(PublishHealth { metadata: Some(metadata), tasks: vec![task], timestamp: Some(2.5) })
}

fn check(instance: &str, status: CheckStatus) -> TelemetryReport {
    let runtime = InstanceStatus {
        r#type: Some("ContainerRuntime".to_owned()),
        status: Some(status),
        last_updated: Some(1_700_000_000.25),
        last_status_change: Some(1_700_000_000.0),
        ..InstanceStatus::default()
    };
    let metadata = InstanceStatusMetadata { container_instance: Some(instance.to_owned()), ..InstanceStatusMetadata::default() };
    TelemetryReport::InstanceStatus(PublishInstanceStatus {
        metadata: Some(metadata),
        statuses: vec![runtime],
        timestamp: Some(1_700_000_001.0),
    })
}

/// Health checks do not act yet, so no API call starts a task that has one: the second revision has, and the running task of
/// the first is made one of the second.
async fn give_check(plane: &Plane, arn: &str) {
    define(&plane.root(), "web", json!({ "healthCheck": { "command": ["CMD", "true"] } })).await;
    let id: TaskId = arn.rsplit('/').next().unwrap().parse().unwrap();
    let key = TaskKey { region: REGION.parse().unwrap(), id };
    let changed = plane.store.update(|tx| Ok::<_, ()>(tx.modify::<Task>(&key, |task| task.revision = 2))).await.unwrap();
    assert!(changed);
}

#[tokio::test]
async fn health_of_containers_is_the_health_of_their_task() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    let arn = run(&root, &definition).await;
    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    agent.submit(&Report::running(&task)).await.unwrap();
    give_check(&plane, &arn).await;

    let mut telemetry = agent.connect_telemetry().await.unwrap();
    for status in [HealthStatus::Unknown, HealthStatus::Healthy, HealthStatus::Healthy, HealthStatus::Unhealthy] {
        telemetry.send(&health(&agent.instance, &arn, status.clone())).await.unwrap();
        assert!(matches!(telemetry.answer().await.unwrap(), TelemetryAnswer::AckHealth(_)));
        let known = describe(&root, &arn).await;
        assert_eq!((known["healthStatus"].as_str(), known["lastStatus"].as_str()), (Some(status.as_str()), Some("RUNNING")));
        assert_eq!(known["containers"][0]["healthStatus"], status.as_str());
    }
}

#[tokio::test]
async fn the_same_health_again_is_no_change() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    let arn = run(&root, &definition).await;
    agent.take_payload(&mut stream).await.unwrap();
    give_check(&plane, &arn).await;
    let mut telemetry = agent.connect_telemetry().await.unwrap();
    let mut versions = Vec::new();
    for _ in 0..3 {
        telemetry.send(&health(&agent.instance, &arn, HealthStatus::Healthy)).await.unwrap();
        telemetry.answer().await.unwrap();
        versions.push(describe(&root, &arn).await["version"].as_i64().unwrap());
    }
    versions.dedup();
    assert_eq!(versions.len(), 1);
}

#[tokio::test]
async fn an_agent_says_nothing_of_another_ones_tasks() {
    let plane = plane().await;
    let root = plane.root();
    let (mut owner, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    let arn = run(&root, &definition).await;
    owner.take_payload(&mut stream).await.unwrap();
    give_check(&plane, &arn).await;
    let (mut liar, _stream) = agent(&plane, "2").await;
    let mut telemetry = liar.connect_telemetry().await.unwrap();
    telemetry.send(&health(&liar.instance, &arn, HealthStatus::Unhealthy)).await.unwrap();
    assert!(matches!(telemetry.answer().await.unwrap(), TelemetryAnswer::AckHealth(_)));
    assert_eq!(describe(&root, &arn).await["healthStatus"], "UNKNOWN");
    telemetry.send(&health(&owner.instance, &arn, HealthStatus::Unhealthy)).await.unwrap();
    assert!(matches!(telemetry.answer().await.unwrap(), TelemetryAnswer::ResourceValidation(_)));
    assert_eq!(describe(&root, &arn).await["healthStatus"], "UNKNOWN");
}

#[tokio::test]
async fn checks_of_an_instance_are_described() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, _stream) = agent(&plane, "1").await;
    let mut telemetry = agent.connect_telemetry().await.unwrap();
    for status in [CheckStatus::Ok, CheckStatus::Impaired] {
        telemetry.send(&check(&agent.instance, status.clone())).await.unwrap();
        assert!(matches!(telemetry.answer().await.unwrap(), TelemetryAnswer::AckInstanceStatus(_)));
        let known = instance(&root, &agent.instance).await;
        let health = &known["healthStatus"];
        assert_eq!(health["overallStatus"], status.as_str());
        assert_eq!(health["details"][0]["type"], "CONTAINER_RUNTIME");
    }
}

#[tokio::test]
async fn metrics_are_acknowledged_and_heartbeats_come() {
    let plane = plane().await;
    let (mut agent, _stream) = agent(&plane, "1").await;
    let mut telemetry = agent.connect_telemetry().await.unwrap();
    let metadata = MetricsMetadata { idle: Some(true), fin: Some(true), ..MetricsMetadata::default() };
    let report = PublishMetrics { metadata: Some(metadata), ..PublishMetrics::default() };
    telemetry.send(&TelemetryReport::Metrics(report)).await.unwrap();
    assert!(matches!(telemetry.answer().await.unwrap(), TelemetryAnswer::AckMetrics(_)));
    assert!(matches!(telemetry.next().await.unwrap(), TelemetryAnswer::Heartbeat(_)));
}

#[tokio::test]
async fn a_frame_without_its_headers_is_refused_and_the_stream_goes_on() {
    let plane = plane().await;
    let (mut agent, _stream) = agent(&plane, "1").await;
    let mut telemetry = agent.connect_telemetry().await.unwrap();
    let bare = check(&agent.instance, CheckStatus::Ok).write();
    for nonsense in ["", "\r\n\r\n", "Host: x\r\n\r\n{}", bare.as_str()] {
        telemetry.send_text(nonsense).await.unwrap();
        assert!(matches!(telemetry.answer().await.unwrap(), TelemetryAnswer::BadRequest(_)), "{nonsense:?}");
    }
    telemetry.send(&check(&agent.instance, CheckStatus::Ok)).await.unwrap();
    assert!(matches!(telemetry.answer().await.unwrap(), TelemetryAnswer::AckInstanceStatus(_)));
}
