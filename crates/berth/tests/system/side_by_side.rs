//! Several installations on one machine.

use serde_json::Value;

use crate::installation::{Installation, eventually_running};

#[tokio::test]
async fn down_of_one_leaves_the_other_untouched() {
    let (one, other) = tokio::join!(Installation::with_node(), Installation::with_node());
    for installation in [&one, &other] {
        for _ in 0..2 {
            installation.succeeds(&["run", "--detach", "berth-demo", "wait"]);
        }
        eventually_running(installation, 2).await;
    }
    let (processes, cgroups) = (other.processes(), other.cgroups());
    let done: Value = serde_json::from_str(&one.succeeds(&["down", "--json"])).unwrap();
    assert_eq!((&done["tasks_stopped"], &done["processes_ended"]), (&2.into(), &1.into()), "{done}");
    assert!(one.processes().is_empty(), "{:?}", one.processes());
    assert!(one.cgroups().is_empty(), "{:?}", one.cgroups());
    assert_eq!((other.processes(), other.cgroups()), (processes, cgroups));
    eventually_running(&other, 2).await;
    let done: Value = serde_json::from_str(&other.succeeds(&["down", "--purge", "--yes", "--json"])).unwrap();
    assert_eq!(done["tasks_stopped"], 2, "{done}");
    assert!(other.processes().is_empty() && other.cgroups().is_empty());
    assert!(!other.path("agent").exists());
}
