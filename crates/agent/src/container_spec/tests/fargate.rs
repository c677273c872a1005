//! What is Fargate's own.

use berth_runtime::IdMap;
use std::os::unix::fs::MetadataExt as _;

use super::*;

const IDS: IdMap = IdMap { first: 1_900_000_000, count: 65_536 };

fn fargate(host: &Value) -> acs::Task {
    acs::Task { launch_type: Some("FARGATE".to_owned()), ..task(json!({}), &json!({}), host) }
}

#[test]
fn a_fargate_task_has_the_ids_of_its_network_or_does_not_run() {
    let with_ids = Connection { ids: Some(IDS), ..own() };
    assert_eq!(connected(&fargate(&json!({})), image(), &with_ids).unwrap().id_map, Some(IDS));
    let refused = connected(&fargate(&json!({})), image(), &own()).unwrap_err().to_string();
    assert!(refused.starts_with("launchType of container main: this machine takes no Fargate tasks"), "{refused}");
    let refused = connected(&fargate(&json!({ "Privileged": true })), image(), &with_ids).unwrap_err().to_string();
    assert!(refused.starts_with("privileged of container main"), "{refused}");
    // Others run with the machine's ids.
    let other = acs::Task { launch_type: Some("EC2".to_owned()), ..fargate(&json!({})) };
    assert_eq!(connected(&other, image(), &own()).unwrap().id_map, None);
}

#[test]
fn files_in_etc_belong_to_the_tasks_root() {
    let folder = tempfile::tempdir().unwrap();
    let own_id = std::fs::metadata(folder.path()).unwrap().uid();
    if own_id != 0 {
        return;
    }
    let files = etc_files(&fargate(&json!({})), &fargate(&json!({})).containers[0], &node(), &own()).unwrap();
    for (ids, owner) in [(None, 0), (Some(IDS), IDS.first)] {
        files.write(folder.path(), ids).unwrap();
        for file in &files.0 {
            let found = std::fs::metadata(folder.path().join(file.name)).unwrap();
            assert_eq!((found.uid(), found.gid()), (owner, owner), "{}", file.name);
        }
    }
}
