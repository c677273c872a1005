//! `services`, `scale`, `deploy` and `why`, with an agent of the test's own.

use std::io::{BufRead as _, BufReader};
use std::process::Output;

use berth_api::acs::Task;
use berth_testkit::aws::AwsClient;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::installation::text;
use crate::operator_commands::{Scene, id};

/// The service `web` with one task, which runs.
struct Web {
    scene: Scene,
    root: AwsClient,
    task: Task,
}

impl Web {
    async fn new() -> Self {
        let mut scene = Scene::new().await;
        let root = scene.installation.client("root-key.json").await;
        let container = json!({ "name": "web", "image": "web:1", "memory": 16, "command": ["serve"] });
        let definition = json!({ "family": "web", "networkMode": "host", "containerDefinitions": [container] });
        root.ecs("RegisterTaskDefinition", &definition).await.unwrap();
        root.ecs("CreateService", &json!({ "serviceName": "web", "taskDefinition": "web", "desiredCount": 1 })).await.unwrap();
        let task = scene.runs_task().await;
        scene.installation.succeeds(&["scale", "web=1"]);
        Self { scene, root, task }
    }

    /// What stops is stopped.
    async fn ends(&mut self, task: &Task) {
        self.scene.agent.take(&mut self.scene.stream).await.unwrap();
        self.scene.ends_task(task, 143).await;
    }

    async fn described(&self) -> Value {
        self.root.ecs("DescribeServices", &json!({ "services": ["web"] })).await.unwrap()["services"][0].clone()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn services_are_listed_and_one_is_shown_with_what_happened() {
    let web = Web::new().await;
    let node = &web.scene.installation;
    let page = node.succeeds(&["services"]);
    let [_, line] = page.lines().collect::<Vec<_>>()[..] else { panic!("{page}") };
    assert!(line.starts_with("web") && line.contains("COMPLETED") && line.contains("web:1"), "{line}");
    let listed: Value = serde_json::from_str(&node.succeeds(&["services", "--json"])).unwrap();
    assert_eq!((&listed[0]["runningCount"], &listed[0]["rolloutState"]), (&json!(1), &json!("COMPLETED")), "{listed}");
    let one = node.succeeds(&["services", "web"]);
    assert!(one.contains("PRIMARY") && one.contains("has reached a steady state."), "{one}");
    let described: Value = serde_json::from_str(&node.succeeds(&["services", "web", "--json"])).unwrap();
    assert_eq!(described["deployments"][0]["status"], "PRIMARY");
    let said = node.fails(&["services", "api"]);
    assert!(said.contains("no service api; there is web"), "{said}");
    assert_eq!(node.succeeds(&["services", "--json", "--cluster", "default"]), format!("{listed}\n"));
    let events = node.succeeds(&["events"]);
    assert!(events.lines().any(|line| line.ends_with("service web  has reached a steady state.")), "{events}");
}

#[tokio::test]
async fn scaling_waits_until_it_is_so() {
    let mut web = Web::new().await;
    let up = web.scene.begins(&["scale", "web=2"]);
    web.scene.runs_task().await;
    let output = up.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(text(&output.stdout), "web  2 of 2 running, 0 pending\n");
    assert!(text(&output.stderr).contains("has started 1 tasks"), "{}", text(&output.stderr));
    let node = &web.scene.installation;
    let told: Value = serde_json::from_str(&node.succeeds(&["scale", "web=3", "--no-wait", "--json"])).unwrap();
    assert_eq!((&told["desiredCount"], &told["runningCount"]), (&json!(3), &json!(2)));
    let said = node.fails(&["scale", "web=3", "--timeout", "0"]);
    assert!(said.contains("web is not there after 0 s"), "{said}");
    let said = node.fails(&["scale", "web=1", "api=2"]);
    assert!(said.contains("no service api"), "{said}");
    assert_eq!(web.described().await["desiredCount"], 3, "a mistake in one of them scales none");
    assert_eq!(web.scene.installation.runs(&["scale", "web"]).status.code(), Some(2));
}

#[tokio::test]
async fn image_is_deployed_as_a_revision_of_its_own() {
    let mut web = Web::new().await;
    let deploy = web.scene.begins(&["deploy", "web", "--image", "web:2"]);
    let new = web.scene.runs_task().await;
    let container = &new.containers[0];
    assert_eq!((container.image.as_str(), container.command.as_deref()), ("web:2", Some(&["serve".to_owned()][..])));
    let old = web.task.clone();
    web.ends(&old).await;
    let output = deploy.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(text(&output.stdout), "web  web:2  SUCCESSFUL\n");
    let told = text(&output.stderr);
    assert!(told.lines().any(|line| line.starts_with("web:2 ") && line.contains(" of 1 running")), "{told}");
    let again = web.scene.installation.runs(&["deploy", "web", "--image", "web=web:2"]);
    assert!(again.status.success() && text(&again.stderr).contains("runs web:2 already"), "{}", said(&again));
    let refused = web.scene.installation.fails(&["deploy", "web", "--image", "log=web:2"]);
    assert!(refused.contains("no container log; there are web"), "{refused}");
    assert_eq!(web.scene.installation.runs(&["deploy", "web"]).status.code(), Some(2), "there is something to deploy");
}

#[tokio::test]
async fn deployment_that_is_taken_back_is_a_failure() {
    let mut web = Web::new().await;
    let deploy = web.scene.begins(&["deploy", "web", "--force"]);
    let (_, new) = web.scene.agent.take_payload(&mut web.scene.stream).await.unwrap();
    let stop = json!({ "serviceDeploymentArn": web.described().await["currentServiceDeployment"], "stopType": "ROLLBACK" });
    web.root.ecs("StopServiceDeployment", &stop).await.unwrap();
    web.ends(&new).await;
    let output = deploy.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(text(&output.stdout), "web  web:1  ROLLBACK_SUCCESSFUL\n");
    let told = text(&output.stderr);
    assert!(told.contains("rolling back was requested") && told.contains("before: web:1 1 of 1 running"), "{told}");
    assert_ne!(id(&new), id(&web.task));
}

#[tokio::test]
async fn paused_deployment_says_which_command_lets_it_go_on() {
    let mut web = Web::new().await;
    let hook = json!({ "targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"] });
    let hooks = json!({ "service": "web", "deploymentConfiguration": { "lifecycleHooks": [hook] } });
    web.root.ecs("UpdateService", &hooks).await.unwrap();
    let mut deploy = web.scene.begins(&["deploy", "web", "--force"]);
    let mut lines = BufReader::new(deploy.stderr.take().unwrap()).lines().map(Result::unwrap);
    let told = lines.find(|line| line.starts_with("paused at PRE_SCALE_UP until ")).expect("it says that it is paused");
    let why = web.scene.installation.succeeds(&["why", "web"]);
    assert!(why.lines().any(|line| line.trim() == told), "{why}");
    assert!(why.contains("  the deployment is paused at PRE_SCALE_UP by hook ecs-pause-"), "{why}");
    let argument = |name: &str| told.split(&format!("{name} ")).nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let (arn, hook) = (argument("--service-deployment-arn"), argument("--hook-id"));
    assert_eq!(web.described().await["currentServiceDeployment"], arn);
    web.root.ecs("ContinueServiceDeployment", &json!({ "serviceDeploymentArn": arn, "hookId": hook })).await.unwrap();
    web.scene.runs_task().await;
    let old = web.task.clone();
    web.ends(&old).await;
    let rest: Vec<String> = lines.collect();
    assert!(deploy.wait().unwrap().success(), "{rest:?}");
}

#[tokio::test]
async fn interrupted_deploy_leaves_the_deployment_going() {
    let mut web = Web::new().await;
    let mut deploy = web.scene.begins(&["deploy", "web", "--force"]);
    let mut lines = BufReader::new(deploy.stderr.take().unwrap()).lines();
    assert!(lines.next().unwrap().is_ok(), "it says how it goes");
    kill(Pid::from_raw(i32::try_from(deploy.id()).unwrap()), Signal::SIGINT).unwrap();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(rest.last().unwrap().contains("the deployment of web goes on"), "{rest:?}");
    assert_eq!(deploy.wait().unwrap().code(), Some(130));
    // Until the new task runs, the old one has to.
    assert_eq!(web.described().await["deployments"].as_array().unwrap().len(), 2);
    web.scene.runs_task().await;
}

#[tokio::test]
async fn tasks_and_services_say_why_they_are_as_they_are() {
    let mut web = Web::new().await;
    let node = &web.scene.installation;
    let whole = node.succeeds(&["why", "web"]);
    assert_eq!(whole, "service web has what it is to have: 1 of 1 running, 0 pending\n");
    let task = node.succeeds(&["why", &id(&web.task)[..10]]);
    assert!(task.starts_with(&format!("task {} has been running for ", &id(&web.task)[..12])), "{task}");
    let said = node.fails(&["why", "nothing"]);
    assert!(said.contains("no task of cluster default") && said.contains("has no service nothing"), "{said}");

    // The container ends by itself; the next one has not been heard of yet, and a third finds no place.
    let ended = web.task.clone();
    web.scene.ends_task(&ended, 3).await;
    web.scene.agent.take_payload(&mut web.scene.stream).await.unwrap();
    let huge = json!({ "name": "web", "image": "web:1", "memory": 1_000_000 });
    let definition = json!({ "family": "huge", "networkMode": "host", "containerDefinitions": [huge] });
    web.root.ecs("RegisterTaskDefinition", &definition).await.unwrap();
    web.root.ecs("CreateService", &json!({ "serviceName": "huge", "taskDefinition": "huge", "desiredCount": 1 })).await.unwrap();
    let node = &web.scene.installation;
    let whole = node.succeeds(&["why", "web"]);
    for part in [
        "is not there yet: 0 of 1 running, 1 pending",
        "its node was told",
        "Essential container in task exited",
        "web exited with 3",
    ] {
        assert!(whole.contains(part), "{part} is not in\n{whole}");
    }
    let task = node.succeeds(&["why", id(&ended)]);
    assert!(task.contains("stopped") && task.contains("web exited with 3"), "{task}");
    let huge: Value = serde_json::from_str(&node.succeeds(&["why", "huge", "--json"])).unwrap();
    let lines: Vec<&str> = huge["why"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(lines.iter().any(|line| line.contains("1 tasks find no place")), "{lines:?}");
}
