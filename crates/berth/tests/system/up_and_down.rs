//! `berth up` and `berth down`, without containers.

use berth_testkit::eventually;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::installation::Installation;

#[tokio::test]
async fn up_says_what_to_try_once_it_serves() {
    let installation = Installation::without_node().await;
    let said = eventually("the welcome", async || Some(installation.log()).filter(|log| log.contains("In another shell"))).await;
    let folder = installation.folder().display();
    assert!(said.contains(&format!("export BERTH_DATA_DIR={folder}")) && said.contains("berth env"), "{said}");
}

#[tokio::test]
async fn down_ends_what_runs_and_leaves_the_data() {
    let mut installation = Installation::without_node().await;
    let said = installation.succeeds(&["down"]);
    assert!(said.starts_with("the system ended; the data in "), "{said}");
    assert_eq!(installation.ended().await, Some(0));
    assert!(installation.path("server/berth.db").exists());
    assert!(installation.succeeds(&["down"]).starts_with("nothing ran"));
}

#[tokio::test]
async fn purge_deletes_what_is_berths_alone() {
    let installation = Installation::without_node().await;
    let refused = installation.fails(&["down", "--purge"]);
    assert!(refused.contains("--yes"), "{refused}");
    let done: Value = serde_json::from_str(&installation.succeeds(&["down", "--purge", "--yes", "--json"])).unwrap();
    assert_eq!((&done["data_deleted"], &done["processes_ended"]), (&true.into(), &1.into()));
    let left: Vec<_> = std::fs::read_dir(installation.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["up.log"], "the test's own file is not Berth's to delete");
    assert!(installation.succeeds(&["down"]).contains("There is no Berth"));
}

#[tokio::test]
async fn server_that_dies_comes_back_under_the_same_up() {
    let mut installation = Installation::without_node().await;
    let up = std::fs::read_to_string(installation.path("lock")).unwrap();
    let children = format!("/proc/{0}/task/{0}/children", up.trim());
    let server: i32 = std::fs::read_to_string(children).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(server), Signal::SIGKILL).unwrap();
    eventually("the server to be started again", async || installation.log().contains("the server died").then_some(())).await;
    // Callers wait in the socket's queue meanwhile.
    assert_eq!(installation.succeeds(&["ps", "--json"]), "[]\n");
    installation.signal(Signal::SIGINT);
    assert_eq!(installation.ended().await, Some(0));
}

#[tokio::test]
async fn commands_name_an_address_that_can_be_called() {
    let mut installation = Installation::new();
    installation.start(&["--no-agent", "--listen", "0.0.0.0:0"]);
    installation.client("root-key.json").await;
    let told: Value = serde_json::from_str(&installation.succeeds(&["env", "--json"])).unwrap();
    let endpoint = told["AWS_ENDPOINT_URL"].as_str().unwrap();
    assert!(endpoint.starts_with("http://127.0.0.1:"), "{endpoint}");
}

#[test]
fn commands_say_where_they_looked_for_a_running_berth() {
    let installation = Installation::new();
    for command in [&["ps"][..], &["run", "image"], &["logs", "0"], &["stop", "0"], &["env"]] {
        let said = installation.fails(command);
        assert!(said.contains("no Berth runs in") && said.contains("--data-dir"), "{command:?}: {said}");
    }
    let said = installation.fails(&["image", "ls"]);
    assert!(said.contains("berth up"), "{said}");
}

#[test]
fn node_without_its_shim_is_refused_with_what_to_do() {
    let said = Installation::new().fails(&["up", "--listen", "127.0.0.1:0", "--shim", "/nonexistent/berth-shim"]);
    assert!(said.contains("--shim") || said.contains("--no-agent"), "{said}");
}
