//! `ps`, `run`, `logs` and `stop`, with an agent of the test's own that does what the test says.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use berth_api::acs::Task;
use berth_api::logs::{CreateLogGroupRequest, CreateLogStreamRequest, InputLogEvent, PutLogEventsRequest};
use berth_testkit::agent::{ControlStream, ProtocolAgent, Report};
use berth_testkit::eventually;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::installation::{Installation, text};

/// A control plane, and the test as its node.
pub(crate) struct Scene {
    pub(crate) installation: Installation,
    pub(crate) agent: ProtocolAgent,
    pub(crate) stream: ControlStream,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let installation = Installation::without_node().await;
        let node = installation.client("agent/node-key.json").await;
        let mut agent = ProtocolAgent::register(node, "default").await.unwrap();
        let stream = agent.connect().await.unwrap();
        Self { installation, agent, stream }
    }

    /// Starts a command and leaves it running.
    pub(crate) fn begins(&self, arguments: &[&str]) -> Child {
        self.installation.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Takes the next task and says that it runs.
    pub(crate) async fn runs_task(&mut self) -> Task {
        let (_, task) = self.agent.take_payload(&mut self.stream).await.unwrap();
        self.agent.submit(&Report::running(&task)).await.unwrap();
        task
    }

    pub(crate) async fn ends_task(&self, task: &Task, code: i32) {
        self.agent.submit(&Report::stopped(task, code)).await.unwrap();
    }

    /// Writes lines as the container's log driver does.
    async fn logs(&self, stream: &str, lines: &[&str]) {
        let client = self.installation.typed_client("agent/node-key.json");
        let group = "/berth/run".to_owned();
        // What the driver does first; they may be there.
        let _ = client.call(&CreateLogGroupRequest { log_group_name: group.clone(), ..Default::default() }).await;
        let new = CreateLogStreamRequest { log_group_name: group.clone(), log_stream_name: stream.to_owned() };
        let _ = client.call(&new).await;
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
        let events = lines.iter().map(|line| InputLogEvent { timestamp: now, message: (*line).to_owned() }).collect();
        let put = PutLogEventsRequest {
            log_group_name: group,
            log_stream_name: stream.to_owned(),
            log_events: events,
            ..Default::default()
        };
        client.call(&put).await.unwrap();
    }
}

pub(crate) fn id(task: &Task) -> &str {
    task.arn.rsplit('/').next().unwrap()
}

fn stream_of(task: &Task) -> String {
    format!("run/{}/{}", task.containers[0].name, id(task))
}

#[tokio::test]
async fn run_shows_the_log_as_it_comes_and_exits_as_the_container_does() {
    let mut scene = Scene::new().await;
    let mut run = scene.begins(&["run", "--env", "A=b", "--memory", "64", "team/web:1", "serve", "--port", "80"]);
    let task = scene.runs_task().await;
    let container = &task.containers[0];
    assert_eq!((container.name.as_str(), container.image.as_str()), ("web", "team/web:1"));
    assert_eq!(container.command.as_deref(), Some(&["serve".to_owned(), "--port".to_owned(), "80".to_owned()][..]));
    scene.logs(&stream_of(&task), &["one"]).await;
    let written = Instant::now();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    assert!(written.elapsed() < Duration::from_secs(1), "a line is there at once: {:?}", written.elapsed());
    scene.ends_task(&task, 7).await;
    // Written after the end was reported.
    scene.logs(&stream_of(&task), &["two"]).await;
    assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["two"]);
    assert_eq!(run.wait().unwrap().code(), Some(7));
}

#[tokio::test]
async fn same_container_makes_one_revision() {
    let mut scene = Scene::new().await;
    let mut definitions = Vec::new();
    for arguments in [&["run", "-d", "web"][..], &["run", "-d", "web"], &["run", "-d", "web", "other"]] {
        scene.installation.succeeds(arguments);
        let task = scene.runs_task().await;
        definitions.push(format!("{}:{}", task.family, task.version));
    }
    assert_eq!(definitions[0], definitions[1]);
    assert_ne!(definitions[0], definitions[2]);
    assert!(
        definitions.iter().all(|definition| definition.starts_with("run-web-") && definition.ends_with(":1")),
        "{definitions:?}"
    );
}

#[tokio::test]
async fn interrupted_run_stops_its_task() {
    let mut scene = Scene::new().await;
    let run = scene.begins(&["run", "web"]);
    let task = scene.runs_task().await;
    kill(Pid::from_raw(i32::try_from(run.id()).unwrap()), Signal::SIGINT).unwrap();
    let root = scene.installation.client("root-key.json").await;
    let asked = eventually("the task to be stopped", async || {
        let described = root.ecs("DescribeTasks", &serde_json::json!({ "tasks": [task.arn] })).await.unwrap();
        (described["tasks"][0]["desiredStatus"] == "STOPPED").then(|| described["tasks"][0]["stoppedReason"].clone())
    })
    .await;
    assert_eq!(asked, "Stopped with Ctrl-C of berth run");
    scene.ends_task(&task, 143).await;
    assert_eq!(run.wait_with_output().unwrap().status.code(), Some(143));
}

#[tokio::test]
async fn second_interrupt_leaves_the_task_stopping() {
    let mut scene = Scene::new().await;
    let mut run = scene.begins(&["run", "--rm", "web"]);
    scene.runs_task().await;
    let pid = Pid::from_raw(i32::try_from(run.id()).unwrap());
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    for words in ["stopping task", "is left stopping"] {
        kill(pid, Signal::SIGINT).unwrap();
        let line = said.next().unwrap().unwrap();
        assert!(line.contains(words), "{line}");
    }
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let listed: Value = serde_json::from_str(&scene.installation.succeeds(&["ps", "--json"])).unwrap();
    assert_eq!(listed[0]["desiredStatus"], "STOPPED");
    assert_eq!(scene.installation.succeeds(&["task-definition", "ls"]), "", "with --rm the definition is removed all the same");
}

#[tokio::test]
async fn run_says_why_nothing_ran() {
    let mut scene = Scene::new().await;
    let run = scene.begins(&["run", "web"]);
    let (_, task) = scene.agent.take_payload(&mut scene.stream).await.unwrap();
    scene.agent.submit(&Report::unrecognised(&task.arn, "no such image")).await.unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("did not run: "), "{}", text(&output.stderr));
    let said = scene.installation.fails(&["run", "--memory", "1000000", "web"]);
    assert!(said.contains("RESOURCE:MEMORY"), "{said}");
}

#[tokio::test]
async fn ps_shows_what_runs_and_with_all_what_ended() {
    let mut scene = Scene::new().await;
    scene.installation.succeeds(&["run", "-d", "web"]);
    let first = scene.runs_task().await;
    scene.installation.succeeds(&["run", "-d", "web"]);
    let second = scene.runs_task().await;
    scene.ends_task(&first, 3).await;
    let running = scene.installation.succeeds(&["ps"]);
    let [_, line] = running.lines().collect::<Vec<_>>()[..] else { panic!("{running}") };
    assert!(line.starts_with(&id(&second)[..12]) && line.contains("RUNNING") && line.contains("web running"), "{line}");
    let all = scene.installation.succeeds(&["ps", "--all"]);
    assert!(all.contains("STOPPED") && all.contains("web exited 3"), "{all}");
    let quiet = scene.installation.succeeds(&["ps", "--quiet"]);
    assert_eq!(quiet.trim(), id(&second));
    let json: Value = serde_json::from_str(&scene.installation.succeeds(&["ps", "--all", "--json"])).unwrap();
    assert_eq!((json[1]["id"].as_str(), json[1]["containers"][0]["exitCode"].as_i64()), (Some(id(&first)), Some(3)));
}

#[tokio::test]
async fn logs_begin_where_they_are_asked_to_and_follow_to_the_end() {
    let mut scene = Scene::new().await;
    scene.installation.succeeds(&["run", "-d", "web"]);
    let task = scene.runs_task().await;
    let short = &id(&task)[..8];
    assert_eq!(scene.installation.succeeds(&["logs", short]), "", "nothing was printed yet");
    scene.logs(&stream_of(&task), &["a", "b", "c"]).await;
    assert_eq!(scene.installation.succeeds(&["logs", short]), "a\nb\nc\n");
    assert_eq!(scene.installation.succeeds(&["logs", short, "--tail", "2", "--since", "1h"]), "b\nc\n");
    assert_eq!(scene.installation.succeeds(&["logs", short, "--since", "2999-01-01T00:00:00Z"]), "");
    let json: Value = serde_json::from_str(&scene.installation.succeeds(&["logs", short, "-n", "1", "--json"])).unwrap();
    assert_eq!((&json["container"], &json["message"]), (&"web".into(), &"c".into()));
    let said = scene.installation.fails(&["logs", short, "--container", "db"]);
    assert!(said.contains("no container db; there are web"), "{said}");

    let mut follow = scene.begins(&["logs", "--follow", "--tail", "1", short]);
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("c"));
    scene.logs(&stream_of(&task), &["d"]).await;
    assert_eq!(lines.next().as_deref(), Some("d"));
    scene.ends_task(&task, 0).await;
    assert_eq!(lines.next(), None);
    assert!(follow.wait().unwrap().success());
}

#[tokio::test]
async fn stop_waits_and_tells_the_exit_codes() {
    let mut scene = Scene::new().await;
    scene.installation.succeeds(&["run", "-d", "web"]);
    let task = scene.runs_task().await;
    let said = scene.installation.fails(&["stop", id(&task), "ffffffff"]);
    assert!(said.contains("no task of cluster default"), "{said}");
    let stop = scene.begins(&["stop", &id(&task)[..10]]);
    scene.agent.take(&mut scene.stream).await.unwrap();
    scene.ends_task(&task, 137).await;
    let output = stop.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), format!("{}  web exited with 137\n", &id(&task)[..12]));
}

#[tokio::test]
async fn reader_that_goes_away_is_no_failure() {
    let mut scene = Scene::new().await;
    scene.installation.succeeds(&["run", "-d", "web"]);
    let task = scene.runs_task().await;
    scene.logs(&stream_of(&task), &["a"]).await;
    let mut logs = scene.begins(&["logs", "--follow", id(&task)]);
    drop(logs.stdout.take());
    assert!(logs.wait().unwrap().success());
}
