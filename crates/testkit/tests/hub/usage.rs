//! What containers use, said by an agent and asked for by others.

use berth_api::acs::{
    ContainerMetric, CounterStatsSet, MetricsMetadata, NetworkStatsSet, PublishMetrics, StatsSet, TaskMetric, TelemetryAnswer,
    TelemetryReport,
};
use berth_testkit::agent::Report;
use serde_json::{Value, json};

use super::fixture::{agent, define, plane, run};

fn one(value: f64) -> Option<StatsSet> {
    Some(StatsSet { min: Some(value), max: Some(value), sample_count: Some(2), sum: Some(2.0 * value) })
}

/// As the official agent says it: it knows nothing of processes.
fn used(instance: &str, task: &str, names: &[&str]) -> TelemetryReport {
    let received = CounterStatsSet { max: Some(5000), ..CounterStatsSet::default() };
    let network = NetworkStatsSet { rx_bytes: Some(received), rx_bytes_per_second: one(40.0), ..NetworkStatsSet::default() };
    let container = |name: &&str| ContainerMetric {
        container_name: Some((*name).to_owned()),
        cpu_stats_set: one(12.5),
        memory_stats_set: one(300.0),
        network_stats_set: Some(network.clone()),
        ..ContainerMetric::default()
    };
    let containers = names.iter().map(container).collect();
    let task = TaskMetric { task_arn: Some(task.to_owned()), container_metrics: containers, ..TaskMetric::default() };
    let metadata = MetricsMetadata { container_instance: Some(instance.to_owned()), ..MetricsMetadata::default() };
    TelemetryReport::Metrics(PublishMetrics { metadata: Some(metadata), task_metrics: vec![task], timestamp: Some(1.5) })
}

#[tokio::test]
async fn what_an_agent_says_of_its_own_containers_is_there_for_whoever_may_describe_them() {
    let plane = plane().await;
    let root = plane.root();
    let (mut owner, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    let arn = run(&root, &definition).await;
    let (_, task) = owner.take_payload(&mut stream).await.unwrap();
    owner.submit(&Report::running(&task)).await.unwrap();
    let usage = async |query: &str| root.get("/_berth/usage", query).await.unwrap();
    assert_eq!(usage("cluster=default").await, (200, json!({ "tasks": [] })));

    let mut telemetry = owner.connect_telemetry().await.unwrap();
    for _ in 0..2 {
        telemetry.send(&used(&owner.instance, &arn, &["main", "stranger"])).await.unwrap();
        assert!(matches!(telemetry.answer().await.unwrap(), TelemetryAnswer::AckMetrics(_)));
    }
    let (_, all) = usage("cluster=default&past=true").await;
    let task = &all["tasks"][0];
    assert_eq!(task["taskArn"], arn.as_str());
    let node = owner.instance.rsplit('/').next();
    assert_eq!((&task["definition"], &task["group"], task["node"].as_str()), (&json!("web:1"), &json!("family:web"), node));
    let containers = all["tasks"][0]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1, "a container that the task does not have is nobody's: {all}");
    let main = &containers[0];
    let cpu = main["cpuUnits"].as_f64().unwrap();
    assert!(cpu > 0.0 && (cpu / 128.0).fract() == 0.0, "an eighth of whole processors: {cpu}");
    assert_eq!(
        (&main["memoryMiB"], &main["receivedBytes"], &main["receivedBytesPerSecond"]),
        (&json!(300.0), &json!(5000), &json!(40.0))
    );
    assert_eq!((&main["pids"], &main["sentBytes"], main["past"].as_array().unwrap().len()), (&Value::Null, &Value::Null, 2));

    let id = arn.rsplit('/').next().unwrap();
    assert_eq!(usage(&format!("task={id}")).await.1["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(usage(&format!("task={}", "0".repeat(32))).await.1, json!({ "tasks": [] }));
    for wrong in ["task=me", "cluster=nowhere"] {
        assert_eq!(usage(wrong).await.0, 400, "{wrong}");
    }
    let (status, _) = plane.node("1").get("/_berth/usage", "").await.unwrap();
    assert_eq!(status, 403, "a node sees its own tasks alone");
}

#[tokio::test]
async fn an_agent_says_nothing_of_what_another_ones_containers_use() {
    let plane = plane().await;
    let root = plane.root();
    let (mut owner, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    let arn = run(&root, &definition).await;
    owner.take_payload(&mut stream).await.unwrap();
    let (mut liar, _stream) = agent(&plane, "2").await;
    let mut telemetry = liar.connect_telemetry().await.unwrap();
    telemetry.send(&used(&liar.instance, &arn, &["main"])).await.unwrap();
    assert!(matches!(telemetry.answer().await.unwrap(), TelemetryAnswer::AckMetrics(_)));
    assert_eq!(root.get("/_berth/usage", "").await.unwrap().1, json!({ "tasks": [] }));
}
