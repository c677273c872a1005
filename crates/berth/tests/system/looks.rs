//! Commands that look: `inspect`, `events`, `cluster`, `node`, `task-definition`, `validate`, `doctor`.

use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::installation::{Installation, text};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn given(installation: &Installation, arguments: &[&str], input: &str) -> Output {
    let mut command = installation.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test]
async fn task_is_inspected_and_its_events_are_told_in_order() {
    let node = Installation::with_node().await;
    let ran = node.runs(&["run", "berth-demo", "count", "1", "--exit", "3"]);
    assert_eq!(ran.status.code(), Some(3), "{}", text(&ran.stderr));
    let id = node.succeeds(&["ps", "--all", "--quiet"]).trim().to_owned();
    let page = node.succeeds(&["inspect", &id[..8]]);
    for part in ["Status", "STOPPED", "EssentialContainerExited", "berth-demo", "run-berth-demo-"] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    let described = json(&node.succeeds(&["inspect", "--json", &id]));
    assert_eq!(described["containers"][0]["exitCode"], 3);
    let events = node.succeeds(&["events", "--json"]);
    let told: Vec<Value> = events.lines().map(json).filter(|event| event["id"] == id.as_str()).collect();
    let words: Vec<&str> = told.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let position =
        |start: &str| words.iter().position(|word| word.starts_with(start)).unwrap_or_else(|| panic!("{start}: {words:?}"));
    assert!(position("created") < position("running") && position("running") < position("stopped"), "{words:?}");
    assert!(words[position("stopped")].contains("exited with 3"), "{words:?}");
}

#[tokio::test]
async fn node_is_drained_and_used_again() {
    let node = Installation::with_node().await;
    let listed = json(&node.succeeds(&["node", "ls", "--json"]));
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!((listed[0]["status"].as_str(), listed[0]["agentConnected"].as_bool()), (Some("ACTIVE"), Some(true)));
    let drained = json(&node.succeeds(&["node", "drain", "--json", &id[..6]]));
    assert_eq!(drained, serde_json::json!({ "id": id, "status": "DRAINING" }));
    assert!(node.succeeds(&["node", "ls"]).contains("DRAINING"));
    assert!(node.fails(&["run", "berth-demo"]).contains("no machine"));
    node.succeeds(&["node", "activate", id]);
    assert_eq!(node.runs(&["run", "berth-demo", "count", "1"]).status.code(), Some(0));
    assert!(node.fails(&["node", "drain", "ffffffffff"]).contains("berth node ls"));
}

#[tokio::test]
async fn clusters_and_definitions_are_made_listed_and_removed() {
    let plane = Installation::without_node().await;
    plane.succeeds(&["cluster", "create", "blue"]);
    let names: Vec<String> = json(&plane.succeeds(&["cluster", "ls", "--json"]))
        .as_array()
        .unwrap()
        .iter()
        .map(|cluster| cluster["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["blue", "default"]);
    let arn = "arn:aws:ecs:us-east-1:000000000000:cluster/blue";
    assert_eq!(
        json(&plane.succeeds(&["cluster", "create", "--json", "blue"])),
        serde_json::json!({ "name": "blue", "clusterArn": arn })
    );
    assert_eq!(json(&plane.succeeds(&["cluster", "rm", "--json", "blue"])), serde_json::json!({ "removed": "blue" }));
    let root = plane.client("root-key.json").await;
    let web = serde_json::json!({ "family": "web", "containerDefinitions": [{ "name": "web", "image": "nginx", "memory": 64 }] });
    root.ecs("RegisterTaskDefinition", &web).await.unwrap();
    assert_eq!(plane.succeeds(&["task-definition", "ls"]), "web\n");
    assert_eq!(plane.succeeds(&["task-definition", "ls", "web"]), "web:1\n");
    let shown = plane.succeeds(&["task-definition", "show", "web"]);
    assert_eq!(json(&shown)["containerDefinitions"][0]["image"], "nginx");
    let checked = given(&plane, &["validate", "-"], &shown);
    assert!(checked.status.success(), "{}{}", text(&checked.stdout), text(&checked.stderr));
    plane.succeeds(&["task-definition", "rm", "web:1"]);
    assert_eq!(plane.succeeds(&["task-definition", "ls"]), "");
}

#[tokio::test]
async fn definition_is_refused_with_line_and_field() {
    let plane = Installation::without_node().await;
    let wrong = "{\n \"family\": \"web\",\n \"containerDefinitions\": [\n  {\"name\": \"web\", \"image\": \"nginx\", \"memory\": \"64\"}\n ]\n}";
    let said = given(&plane, &["validate", "-"], wrong);
    assert_eq!(said.status.code(), Some(1));
    assert!(text(&said.stdout).starts_with("<stdin>:4:"), "{}", text(&said.stdout));
    assert!(text(&said.stdout).contains("[containerDefinitions[0].memory]"), "{}", text(&said.stdout));
    let said = json(text(&given(&plane, &["validate", "--json", "-"], wrong).stdout).as_ref());
    assert_eq!((said["valid"].as_bool(), said["findings"][0]["line"].as_u64()), (Some(false), Some(4)));
}

#[tokio::test]
async fn doctor_finds_nothing_lacking_where_tasks_run() {
    let node = Installation::with_node().await;
    let findings = json(&node.succeeds(&["doctor", "--json"]));
    let findings = findings.as_array().unwrap();
    assert!(findings.len() >= 10, "{findings:?}");
    assert!(findings.iter().all(|finding| finding["verdict"] != "lacking"), "{findings:?}");
    assert!(node.succeeds(&["doctor"]).contains("runs in"));
}

#[tokio::test]
async fn logs_of_several_tasks_are_one_with_only_the_lines_that_are_wanted() {
    let node = Installation::with_node().await;
    for _ in 0..2 {
        assert!(node.runs(&["run", "berth-demo", "count", "3"]).status.success());
    }
    let ids = node.succeeds(&["ps", "--all", "--quiet"]);
    let ids: Vec<&str> = ids.lines().collect();
    let both = node.succeeds(&["logs", ids[0], ids[1]]);
    assert_eq!(both.lines().count(), 6, "{both}");
    assert!(ids.iter().all(|id| both.contains(&format!("{}/berth-demo | line 3 of 3", &id[..12]))), "{both}");
    let family = node.succeeds(&["task-definition", "ls"]);
    let followed = node.succeeds(&["logs", "--follow", "--family", family.trim(), "--grep", "^line [12] "]);
    assert_eq!(followed.lines().count(), 4, "{followed}");
    assert!(node.fails(&["logs", "--family", "nobody"]).contains("berth ps --all"));
}

#[tokio::test]
async fn bundle_for_support_has_the_state_and_no_secret() {
    let node = Installation::with_node().await;
    assert!(node.runs(&["run", "--env", "PASSWORD=hunter2", "berth-demo", "count", "1"]).status.success());
    let path = node.path("bundle.tar.gz");
    let said = json(&node.succeeds(&["diagnose", "--json", "--output", path.to_str().unwrap()]));
    assert_eq!(said["file"].as_str(), path.to_str());
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap()));
    let mut names = Vec::new();
    let keys: Vec<Value> =
        ["root-key.json", "agent/node-key.json"].map(|name| json(&std::fs::read_to_string(node.path(name)).unwrap())).into();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        names.push(entry.path().unwrap().display().to_string());
        let mut bytes = String::new();
        std::io::Read::read_to_string(&mut entry, &mut bytes).unwrap();
        assert!(!bytes.contains("hunter2"), "{names:?}");
        for key in &keys {
            let secrets = key.as_object().unwrap().iter().filter(|(name, _)| name.to_lowercase().contains("secret"));
            assert!(secrets.map(|(_, secret)| secret.as_str().unwrap()).all(|secret| !bytes.contains(secret)), "{names:?}");
        }
    }
    for name in
        ["doctor.json", "tasks-default.json", "nodes-default.json", "clusters.json", "metrics.txt", "files.txt", "machine.txt"]
    {
        assert!(names.iter().any(|known| known.ends_with(name)), "{name} is not in {names:?}");
    }
    assert!(node.fails(&["diagnose", "--output", path.to_str().unwrap()]).contains("is there"));
}
