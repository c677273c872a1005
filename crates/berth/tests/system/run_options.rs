//! What `berth run` makes of its options: seen from inside the container, or by an agent that is the test's own.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use berth_api::logs::DescribeLogStreamsRequest;
use berth_testkit::eventually;
use serde_json::Value;

use crate::installation::{Installation, eventually_running, text};

/// The ports of the machine that a task has, once it has any.
async fn published(node: &Installation, task: &str) -> Vec<u16> {
    eventually("the ports of the task", async || {
        let task: Value = serde_json::from_str(&node.succeeds(&["inspect", "--json", task])).unwrap();
        let bindings = task["containers"][0]["networkBindings"].as_array().cloned().unwrap_or_default();
        let ports: Vec<u16> = bindings.iter().filter_map(|one| u16::try_from(one["hostPort"].as_u64()?).ok()).collect();
        (!ports.is_empty()).then_some(ports)
    })
    .await
}

fn fetched(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    let mut page = String::new();
    stream.read_to_string(&mut page).ok()?;
    page.contains("200 OK").then_some(page)
}

#[tokio::test]
async fn published_port_is_reached_at_the_machine() {
    let node = Installation::with_node().await;
    let task = node.succeeds(&["run", "--detach", "--publish", "80", "berth-demo", "serve", "80", "--text", "from inside"]);
    let ports = published(&node, task.trim()).await;
    let page = eventually("the page", async || fetched(ports[0])).await;
    assert!(page.contains("from inside"), "{page}");
    assert!(node.succeeds(&["inspect", task.trim()]).contains(&format!("{}->80/tcp", ports[0])));
    for (network, advice) in [("host", "--network bridge"), ("none", "--network bridge"), ("awsvpc", "say --publish 80")] {
        let said = node.fails(&["run", "--publish", "8080:80", "--network", network, "berth-demo", "wait"]);
        assert!(said.contains(advice), "{network}: {said}");
    }
}

#[tokio::test]
async fn volumes_are_folders_of_the_machine_or_stay_under_their_names() {
    let node = Installation::with_node().await;
    let folder = node.path("given");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("greeting"), "hello\n").unwrap();
    let given = |mode: &str| format!("{}:/given{mode}", folder.display());
    assert_eq!(node.succeeds(&["run", "--volume", &given(""), "berth-demo", "read", "/given/greeting"]), "hello\n");
    let write = ["berth-demo", "write", "/given/new"];
    assert!(!node.runs(&[&["run", "--volume", &given(":ro")][..], &write].concat()).status.success());
    node.succeeds(&[&["run", "--volume", &given("")][..], &write].concat());
    assert_eq!(std::fs::read_to_string(folder.join("new")).unwrap(), "written\n");
    node.succeeds(&["run", "-v", "kept:/kept", "berth-demo", "write", "/kept/file", "by the first"]);
    assert_eq!(node.succeeds(&["run", "-v", "kept:/elsewhere", "berth-demo", "read", "/elsewhere/file"]), "by the first\n");
}

#[tokio::test]
async fn task_has_an_address_of_its_own_with_awsvpc() {
    let node = Installation::with_node().await;
    let task = node.succeeds(&["run", "--detach", "--network", "awsvpc", "-p", "80", "berth-demo", "serve", "80"]);
    eventually_running(&node, 1).await;
    let described: Value = serde_json::from_str(&node.succeeds(&["inspect", "--json", task.trim()])).unwrap();
    let address = described["containers"][0]["networkInterfaces"][0]["privateIpv4Address"].as_str().map(str::to_owned);
    assert!(address.is_some_and(|address| address.contains('.')), "{described}");
}

#[tokio::test]
async fn run_with_rm_leaves_neither_definition_nor_log() {
    let node = Installation::with_node().await;
    let output = node.runs(&["run", "--rm", "berth-demo", "count", "2", "--exit", "3"]);
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("line 1 of 2\nline 2 of 2\n", Some(3)));
    node.fails(&["run", "--rm", "no/such-image"]);
    // Nothing can take so much: the definition goes without a task too.
    assert!(node.fails(&["run", "--rm", "--memory", "100000000", "berth-demo", "wait"]).contains("RESOURCE:MEMORY"));
    assert_eq!(node.succeeds(&["task-definition", "ls"]), "");
    let streams = DescribeLogStreamsRequest { log_group_name: Some("/berth/run".to_owned()), ..Default::default() };
    let left = node.typed_client("root-key.json").call(&streams).await.unwrap().log_streams.unwrap_or_default();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn roles_and_sizes_are_in_the_definition() {
    let plane = Installation::without_node().await;
    let role = "arn:aws:iam::000000000000:role/worker";
    let options = ["--task-role", role, "--execution-role", "puller", "--cpu", "256", "--memory", "64", "-e", "A=b"];
    // Nobody is there to run it; what it would be made from is.
    plane.fails(&[&["run"][..], &options, &["web:1", "serve"]].concat());
    let family = plane.succeeds(&["task-definition", "ls"]);
    let made: Value = serde_json::from_str(&plane.succeeds(&["task-definition", "show", family.trim()])).unwrap();
    assert_eq!(made["taskRoleArn"], role);
    assert!(made["executionRoleArn"].as_str().is_some_and(|arn| arn.ends_with("role/puller") || arn == "puller"), "{made}");
    let container = &made["containerDefinitions"][0];
    assert_eq!((&container["cpu"], &container["memory"]), (&256.into(), &64.into()));
    assert_eq!(container["environment"][0]["name"], "A");
}
