//! Tasks with a network interface of their own, and Fargate's.

use std::collections::BTreeSet;

use berth_api::acs::{ControlMessage, DesiredStatus};
use berth_model::node;
use berth_testkit::agent::{ControlStream, ProtocolAgent, Report};
use berth_testkit::aws::AwsClient;
use berth_testkit::plane::Plane;
use berth_testkit::{eventually, plane::REGION};
use serde_json::{Value, json};

use super::fixture::{agent, describe, instance, next, plane, stop, text};

const BERTH: &[(&str, &str)] = &[(node::AWSVPC, node::AWSVPC_VERSION)];
const OTHER: &[(&str, &str)] = &[(node::TASK_ENI, "")];
const FARGATE: &[(&str, &str)] = &[(node::AWSVPC, node::AWSVPC_VERSION), (node::FARGATE, "true")];
const FARGATE_ONLY: &[(&str, &str)] = &[(node::AWSVPC, node::AWSVPC_VERSION), (node::FARGATE, node::FARGATE_ONLY)];

async fn node_with(plane: &Plane, name: &str, attributes: &[(&str, &str)]) -> (ProtocolAgent, ControlStream) {
    let mut agent = ProtocolAgent::register_with(plane.node(name), "default", attributes).await.unwrap();
    let stream = agent.connect().await.unwrap();
    (agent, stream)
}

async fn define(root: &AwsClient, family: &str) -> String {
    let request = json!({
        "family": family, "networkMode": "awsvpc", "cpu": "256", "memory": "512", "requiresCompatibilities": ["EC2", "FARGATE"],
        "containerDefinitions": [{ "name": "main", "image": "busybox" }],
    });
    let answer = root.ecs("RegisterTaskDefinition", &request).await.unwrap();
    text(&answer, "/taskDefinition/taskDefinitionArn")
}

/// Runs a task in the subnets of these zones.
async fn run(plane: &Plane, definition: &str, zones: &[usize], more: Value) -> Value {
    let subnets: Vec<String> = zones.iter().map(|&zone| plane.network.subnets[zone].id.to_string()).collect();
    let mut request = json!({
        "taskDefinition": definition,
        "networkConfiguration": { "awsvpcConfiguration": { "subnets": subnets } },
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    plane.root().ecs("RunTask", &request).await.unwrap()
}

fn detail(task: &Value, name: &str) -> String {
    let details = task["attachments"][0]["details"].as_array().unwrap();
    let found = details.iter().find(|detail| detail["name"] == name).unwrap_or_else(|| panic!("no {name} in {task}"));
    text(found, "/value")
}

fn free(plane: &Plane) -> u32 {
    plane.store.view().addresses().available(&plane.network.subnets[0])
}

#[tokio::test]
async fn node_of_berths_own_gets_the_interface_with_its_task() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = node_with(&plane, "1", BERTH).await;
    let definition = define(&root, "web").await;
    let all = free(&plane);
    let started = run(&plane, &definition, &[2, 0], json!({})).await["tasks"][0].clone();
    let arn = text(&started, "/taskArn");
    assert_eq!((&started["lastStatus"], &started["availabilityZone"]), (&json!("PROVISIONING"), &json!("us-east-1a")));
    assert_eq!(started["attachments"][0]["type"], "ElasticNetworkInterface");
    assert_eq!(started["attachments"][0]["status"], "PRECREATED");
    assert_eq!(started["containers"][0]["networkInterfaces"], json!([]));
    assert_eq!(free(&plane), all - 1);

    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    assert_eq!(task.network_mode.as_deref(), Some("awsvpc"));
    let [interface] = &task.elastic_network_interfaces[..] else { panic!("one interface") };
    let id = text(&started, "/attachments/0/id");
    assert_eq!(interface.attachment_arn, Some(format!("arn:aws:ecs:{REGION}:000000000000:attachment/{id}")));
    assert_eq!(interface.ec2_id, detail(&started, "networkInterfaceId"));
    assert_eq!(interface.mac_address, "0a:58:ac:1f:00:04");
    assert_eq!(interface.ipv4_addresses[0].private_address, "172.31.0.4");
    assert_eq!(interface.subnet_gateway_ipv4_address.as_deref(), Some("172.31.0.1/20"));
    assert_eq!(interface.private_dns_name.as_deref(), Some("ip-172-31-0-4.ec2.internal"));

    agent.submit(&Report::pulling(&task)).await.unwrap();
    let pending = describe(&root, &arn).await;
    assert_eq!((&pending["lastStatus"], &pending["attachments"][0]["status"]), (&json!("PENDING"), &json!("ATTACHED")));
    let shown = json!([{ "attachmentId": id, "privateIpv4Address": "172.31.0.4" }]);
    assert_eq!(pending["containers"][0]["networkInterfaces"], shown);
    agent.submit(&Report::running(&task)).await.unwrap();
    assert_eq!(describe(&root, &arn).await["lastStatus"], "RUNNING");

    stop(&root, &arn).await;
    agent.submit(&Report::stopped(&task, 0)).await.unwrap();
    eventually("the task is over", async || (describe(&root, &arn).await["lastStatus"] == "STOPPED").then_some(())).await;
    let over = describe(&root, &arn).await;
    assert_eq!(
        (&over["attachments"][0]["status"], detail(&over, "privateIPv4Address")),
        (&json!("DELETED"), "172.31.0.4".to_owned())
    );
    assert_eq!(over["stopCode"], "UserInitiated");
    assert_eq!(free(&plane), all);
    let instance = instance(&root, &agent.instance).await;
    assert_eq!(instance["remainingResources"], instance["registeredResources"]);
}

#[tokio::test]
async fn other_agent_is_told_of_the_interface_first() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = node_with(&plane, "1", OTHER).await;
    let definition = define(&root, "web").await;
    let started = run(&plane, &definition, &[0], json!({})).await["tasks"][0].clone();
    assert_eq!(started["attachments"][0]["status"], "ATTACHING");

    // An agent that says nothing is told again, under another name.
    let mut names = BTreeSet::new();
    while names.len() < 2 {
        if let ControlMessage::AttachTaskNetworkInterfaces(message) = stream.next().await.unwrap() {
            assert_eq!(message.task_arn, text(&started, "/taskArn"));
            names.insert(message.message_id);
        }
    }
    let attach = loop {
        match next(&mut agent, &mut stream).await {
            ControlMessage::AttachTaskNetworkInterfaces(message) => break message,
            message => assert!(!matches!(message, ControlMessage::Payload(_)), "the task comes later"),
        }
    };
    assert!((1..=180_000).contains(&attach.wait_timeout_ms));
    assert_eq!(attach.elastic_network_interfaces[0].mac_address, detail(&started, "macAddress"));
    assert_eq!(describe(&root, &attach.task_arn).await["lastStatus"], "PROVISIONING");

    agent.attached(&attach).await.unwrap();
    let attached = describe(&root, &attach.task_arn).await;
    assert_eq!((&attached["lastStatus"], &attached["attachments"][0]["status"]), (&json!("PENDING"), &json!("ATTACHED")));
    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    assert_eq!(task.elastic_network_interfaces, attach.elastic_network_interfaces);
}

#[tokio::test]
async fn task_that_is_stopped_before_its_interface_was_found_is_over_at_once() {
    let plane = plane().await;
    let root = plane.root();
    let (_agent, _stream) = node_with(&plane, "1", OTHER).await;
    let definition = define(&root, "web").await;
    let all = free(&plane);
    let started = run(&plane, &definition, &[0], json!({})).await;
    let arn = text(&started, "/tasks/0/taskArn");
    stop(&root, &arn).await;
    let over = describe(&root, &arn).await;
    assert_eq!((&over["lastStatus"], &over["attachments"][0]["status"]), (&json!("STOPPED"), &json!("DELETED")));
    assert_eq!(free(&plane), all);
}

#[tokio::test]
async fn nodes_that_cannot_have_the_task_say_why() {
    let plane = plane().await;
    let root = plane.root();
    let definition = define(&root, "web").await;
    let (_plain, _stream) = agent(&plane, "1").await;
    let answer = run(&plane, &definition, &[0], json!({})).await;
    assert_eq!((&answer["tasks"], &answer["failures"][0]["reason"]), (&json!([]), &json!("ATTRIBUTE")));
    let (_other, _stream) = node_with(&plane, "2", OTHER).await;
    let reasons = |answer: &Value| -> BTreeSet<String> {
        answer["failures"].as_array().unwrap().iter().map(|failure| text(failure, "/reason")).collect()
    };
    let elsewhere = run(&plane, &definition, &[1, 2], json!({})).await;
    assert_eq!(reasons(&elsewhere), ["ATTRIBUTE".to_owned(), "LOCATION".to_owned()].into());
    // 16 tasks would fit in by processors; the fifteenth has no interface.
    for count in [10, 4] {
        assert_eq!(run(&plane, &definition, &[0], json!({ "count": count })).await["failures"], json!([]));
    }
    let full = run(&plane, &definition, &[0], json!({})).await;
    assert_eq!(reasons(&full), ["ATTRIBUTE".to_owned(), "RESOURCE:ENI".to_owned()].into());
}

#[tokio::test]
async fn no_two_tasks_have_one_address() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = node_with(&plane, "1", BERTH).await;
    let definition = define(&root, "web").await;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let answer = run(&plane, &definition, &[0], json!({ "count": 5 })).await;
        let tasks = answer["tasks"].as_array().unwrap();
        assert_eq!(tasks.len(), 5);
        for task in tasks {
            assert!(seen.insert(detail(task, "privateIPv4Address")), "an address comes back last of all");
        }
        for _ in tasks {
            let (_, task) = agent.take_payload(&mut stream).await.unwrap();
            agent.submit(&Report::stopped(&task, 0)).await.unwrap();
        }
    }
    assert_eq!(seen.len(), 15);
}

#[tokio::test]
async fn fargate_tasks_of_any_cluster_run_on_a_node_that_offers_it() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = node_with(&plane, "1", FARGATE).await;
    let definition = define(&root, "web").await;
    root.ecs("CreateCluster", &json!({ "clusterName": "shop" })).await.unwrap();
    let fargate = json!({ "cluster": "shop", "launchType": "FARGATE", "platformVersion": "LATEST" });
    let answer = run(&plane, &definition, &[0], fargate).await;
    assert_eq!(answer["failures"], json!([]));
    let started = answer["tasks"][0].clone();
    assert_eq!((&started["launchType"], &started["platformVersion"]), (&json!("FARGATE"), &json!("1.4.0")));
    assert_eq!((&started["platformFamily"], started.get("containerInstanceArn")), (&json!("Linux"), None));
    assert_eq!(started["ephemeralStorage"]["sizeInGiB"], 20);
    let arn = text(&started, "/taskArn");
    assert!(arn.contains(":task/shop/"), "{arn}");

    // The node is in another cluster, and speaks of it with that cluster's name.
    let (payload, task) = agent.take_payload(&mut stream).await.unwrap();
    assert!(payload.cluster_arn.ends_with(":cluster/default"));
    assert!(task.task_cluster_arn.as_deref().unwrap().ends_with(":cluster/shop"));
    assert_eq!((task.arn.as_str(), task.launch_type.as_deref()), (arn.as_str(), Some("FARGATE")));
    agent.submit(&Report::running(&task)).await.unwrap();
    let described = root.ecs("DescribeTasks", &json!({ "cluster": "shop", "tasks": [arn] })).await.unwrap();
    assert_eq!(described["tasks"][0]["lastStatus"], "RUNNING");

    // Its node shows what is left, and not what took it.
    let node = instance(&root, &agent.instance).await;
    assert_eq!((&node["runningTasksCount"], &node["pendingTasksCount"]), (&json!(0), &json!(0)));
    assert_eq!(node["remainingResources"][0]["integerValue"], 4096 - 256);
    let on_node = json!({ "containerInstance": agent.instance });
    assert_eq!(root.ecs("ListTasks", &on_node).await.unwrap()["taskArns"], json!([]));

    root.ecs("StopTask", &json!({ "cluster": "shop", "task": arn })).await.unwrap();
    let (_, stopping) = agent.take_payload(&mut stream).await.unwrap();
    assert_eq!(stopping.desired_status, Some(DesiredStatus::Stopped));
    agent.submit(&Report::stopped(&task, 0)).await.unwrap();
    let freed = async || {
        let left = &instance(&root, &agent.instance).await["remainingResources"][0]["integerValue"];
        (*left == 4096).then_some(())
    };
    eventually("the node is free again", freed).await;
}

#[tokio::test]
async fn node_for_fargate_alone_is_nobodys_instance() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = node_with(&plane, "1", FARGATE_ONLY).await;
    let definition = define(&root, "web").await;
    let listed = root.ecs("ListContainerInstances", &json!({})).await.unwrap();
    assert_eq!(listed["containerInstanceArns"], json!([]));
    let clusters = root.ecs("DescribeClusters", &json!({})).await.unwrap();
    assert_eq!(clusters["clusters"][0]["registeredContainerInstancesCount"], 0);
    let subnet = plane.network.subnets[0].id.to_string();
    let network = json!({ "awsvpcConfiguration": { "subnets": [subnet] } });
    let as_ec2 = root.ecs("RunTask", &json!({ "taskDefinition": definition, "networkConfiguration": network })).await;
    assert!(as_ec2.unwrap_err().to_string().contains("No Container Instances were found in your cluster."));
    let request =
        json!({ "taskDefinition": definition, "networkConfiguration": network, "containerInstances": [agent.instance] });
    assert_eq!(root.ecs("StartTask", &request).await.unwrap()["failures"][0]["reason"], "MISSING");

    let strategy = json!({ "capacityProviderStrategy": [{ "capacityProvider": "FARGATE_SPOT", "weight": 1 }] });
    let answer = run(&plane, &definition, &[0], strategy).await;
    assert_eq!(answer["tasks"][0]["capacityProviderName"], "FARGATE_SPOT");
    agent.take_payload(&mut stream).await.unwrap();
}

#[tokio::test]
async fn without_a_node_for_it_fargate_has_no_capacity() {
    let plane = plane().await;
    let root = plane.root();
    let definition = define(&root, "web").await;
    let (_agent, _stream) = node_with(&plane, "1", BERTH).await;
    let fargate = json!({ "launchType": "FARGATE", "count": 2 });
    let answer = run(&plane, &definition, &[0], fargate.clone()).await;
    assert_eq!(answer["tasks"], json!([]));
    let [failure] = &answer["failures"].as_array().unwrap()[..] else { panic!("one failure: {answer}") };
    assert!(text(failure, "/reason").starts_with("Capacity is unavailable at this time"));
    assert!(text(failure, "/detail").contains("No node of us-east-1 takes Fargate tasks"));
    assert_eq!(failure.get("arn"), None);

    let (_node, _stream) = node_with(&plane, "2", FARGATE).await;
    let elsewhere = run(&plane, &definition, &[1], fargate).await;
    assert!(text(&elsewhere, "/failures/0/detail").contains("where none of the subnets is"), "{elsewhere}");
}
