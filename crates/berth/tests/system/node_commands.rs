//! Commands on a machine that runs containers: root's, with `berth-shim` and `berth-demo` beside the binary.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use berth_testkit::eventually;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::installation::{Installation, eventually_running, text};

#[tokio::test]
async fn run_is_the_container_to_whoever_starts_it() {
    let node = Installation::with_node().await;
    let output = node.runs(&["run", "berth-demo", "count", "3", "--exit", "7"]);
    assert_eq!(text(&output.stdout), "line 1 of 3\nline 2 of 3\nline 3 of 3\n", "{}\n{}", text(&output.stderr), node.log());
    assert_eq!(output.status.code(), Some(7));
    let env = node.succeeds(&["run", "-e", "GREETING=hello world", "berth-demo", "env"]);
    assert!(env.contains("GREETING=hello world\n"), "{env}");
    let said = node.fails(&["run", "no/such-image"]);
    assert!(said.contains("CannotPullContainerError") && said.contains("berth image import"), "{said}");
}

#[tokio::test]
async fn lines_are_seen_as_they_are_printed() {
    let node = Installation::with_node().await;
    let mut run = node.command(&["run", "berth-demo", "count", "4", "--every", "500"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut arrivals = Vec::new();
    for line in BufReader::new(run.stdout.take().unwrap()).lines() {
        line.unwrap();
        arrivals.push(Instant::now());
    }
    assert!(run.wait().unwrap().success());
    let apart = arrivals.last().unwrap().duration_since(arrivals[0]).as_millis();
    assert!((1_000..2_500).contains(&apart), "four lines, each half a second after the one before, came {apart} ms apart");
}

#[tokio::test]
async fn interrupted_run_stops_its_container() {
    let node = Installation::with_node().await;
    let mut run = node.command(&["run", "berth-demo", "wait"]).stdout(Stdio::piped()).spawn().unwrap();
    eventually_running(&node, 1).await;
    kill(Pid::from_raw(i32::try_from(run.id()).unwrap()), Signal::SIGINT).unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "signal 15");
    assert_eq!(run.wait().unwrap().code(), Some(143));
    assert_eq!(node.succeeds(&["ps", "--quiet"]), "");
}

#[tokio::test]
async fn images_come_from_files_folders_and_standard_input() {
    let node = Installation::with_node().await;
    let listed = node.succeeds(&["image", "ls"]);
    assert!(listed.contains("berth-demo:latest"), "{listed}");
    node.succeeds(&["image", "import", node.path("demo.tar").to_str().unwrap(), "--name", "team/web:2"]);
    let json: Value = serde_json::from_str(&node.succeeds(&["image", "ls", "--json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1, "one image with two names: {json}");
    let id = json[0]["id"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    assert_eq!(node.succeeds(&["image", "inspect", &id[..8]]), node.succeeds(&["image", "inspect", "berth-demo"]));
    assert!(node.fails(&["image", "inspect", "ffffffffffff"]).contains("`berth image ls` lists them"));
    let mut import = node.command(&["image", "import", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(&std::fs::read(node.path("demo.tar")).unwrap()).unwrap();
    let output = import.wait_with_output().unwrap();
    assert!(
        output.status.success() && text(&output.stdout).starts_with("imported berth-demo:latest"),
        "{}",
        text(&output.stdout)
    );
    node.succeeds(&["image", "rm", "team/web:2"]);
    assert!(!node.succeeds(&["image", "ls"]).contains("team/web"));
    let task = node.succeeds(&["run", "--detach", "berth-demo", "wait"]);
    node.succeeds(&["stop", task.trim()]);
    node.succeeds(&["image", "rm", "berth-demo:latest"]);
    let layout = layout(&node);
    let said = node.succeeds(&["image", "import", layout.to_str().unwrap(), "--name", "from-folder"]);
    assert!(said.contains("from-folder:latest"), "{said}");
    assert_eq!(node.succeeds(&["run", "from-folder", "count", "1"]), "line 1 of 1\n");
    let said = node.fails(&["image", "import", "/etc"]);
    assert!(said.contains("/etc is no OCI layout"), "{said}");
    let said = node.fails(&["image", "import", "/etc/hostname"]);
    assert!(said.contains("importing /etc/hostname"), "{said}");
}

#[tokio::test]
async fn second_agent_in_the_same_folder_is_refused() {
    let node = Installation::with_node().await;
    let said = node.fails(&["agent"]);
    assert!(said.contains("another agent runs in"), "{said}");
}

#[tokio::test]
async fn tasks_outlive_up_and_down_ends_them_without_it() {
    let mut node = Installation::with_node().await;
    node.succeeds(&["run", "--detach", "berth-demo", "wait"]);
    eventually_running(&node, 1).await;
    node.signal(Signal::SIGTERM);
    assert_eq!(node.ended().await, Some(0));
    assert!(!node.processes().is_empty(), "the task goes on");
    let done: Value = serde_json::from_str(&node.succeeds(&["down", "--json"])).unwrap();
    assert_eq!((&done["containers"], &done["tasks_stopped"]), (&1.into(), &0.into()), "{done}");
    assert!(node.processes().is_empty() && node.cgroups().is_empty());
    // What became of it is known to the next one.
    node.start(&[]);
    node.awaits_node().await;
    eventually("the task to be over", async || node.succeeds(&["ps", "--quiet"]).is_empty().then_some(())).await;
}

#[tokio::test]
async fn second_machine_joins_from_a_folder_of_its_own() {
    let plane = Installation::without_node().await;
    let mut node = Installation::new();
    let endpoint = serde_json::from_str::<Value>(&plane.succeeds(&["env", "--json"])).unwrap()["AWS_ENDPOINT_URL"].clone();
    let key = plane.path("agent/node-key.json");
    node.begin(&["agent", "--endpoint", endpoint.as_str().unwrap(), "--key-file", key.to_str().unwrap()]);
    eventually("its socket", async || node.path("agent/agent.sock").exists().then_some(())).await;
    node.imports_image();
    let run = async || {
        let output = plane.runs(&["run", "berth-demo", "count", "1"]);
        output.status.success().then(|| text(&output.stdout))
    };
    let said = eventually("a task on the other machine", run).await;
    assert_eq!(said, "line 1 of 1\n");
    let down = node.succeeds(&["down"]);
    assert!(down.contains("the system ended"), "{down}");
}

#[test]
fn normal_users_are_told_that_a_node_needs_root() {
    let installation = Installation::new();
    let folder = installation.path("other");
    let script = format!("exec {} up --data-dir {}", env!("CARGO_BIN_EXE_berth"), folder.display());
    // As nobody, if the binary can be reached by that user.
    let output =
        Command::new("setpriv").args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", &script]).output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("--no-agent") || said.contains("Permission denied"), "{said}");
}

/// The project's own image as an OCI layout in a folder.
fn layout(node: &Installation) -> PathBuf {
    let (archive, layout) = (node.path("archive"), node.path("layout"));
    tar::Archive::new(std::fs::File::open(node.path("demo.tar")).unwrap()).unpack(&archive).unwrap();
    let blobs = layout.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let blob = |kind: &str, bytes: &[u8]| {
        let digest = hex::encode(Sha256::digest(bytes));
        std::fs::write(blobs.join(&digest), bytes).unwrap();
        json!({ "mediaType": format!("application/vnd.oci.image.{kind}"), "digest": format!("sha256:{digest}"), "size": bytes.len() })
    };
    let manifest: Value = serde_json::from_slice(&std::fs::read(archive.join("manifest.json")).unwrap()).unwrap();
    let read = |name: &Value| std::fs::read(archive.join(name.as_str().unwrap())).unwrap();
    let config = blob("config.v1+json", &read(&manifest[0]["Config"]));
    let layer = blob("layer.v1.tar", &read(&manifest[0]["Layers"][0]));
    let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
    let manifest = blob("manifest.v1+json", manifest.to_string().as_bytes());
    std::fs::write(layout.join("index.json"), json!({ "schemaVersion": 2, "manifests": [manifest] }).to_string()).unwrap();
    std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    layout
}
