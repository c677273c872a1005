//! The life of containers: made, started, watched, ended, deleted.

use crate::node::Node;
use berth_runtime::{Runtime, Standing};

#[test]
fn a_container_runs_and_says_how_it_ended() {
    let node = Node::new();
    let (ended, out, err) = node.run(&node.spec("a", &["both"]));
    assert_eq!((ended.code, out.as_str(), err.as_str()), (0, "out\n", "err\n"));
    assert!(ended.ended_at >= ended.started_at && !ended.out_of_memory);
    assert_eq!(node.run(&node.spec("b", &["exit", "7"])).0.code, 7);
}

#[test]
fn a_container_stands_as_its_folder_says_at_every_step() {
    let node = Node::new();
    let folder = node.container("a");
    assert_eq!(node.runtime.look(&folder).unwrap(), Standing::Absent);
    node.runtime.create(&folder, &node.spec("a", &["wait"])).unwrap();
    assert_eq!(node.runtime.look(&folder).unwrap(), Standing::Created);
    let running = node.runtime.start(&folder).unwrap();
    assert!(matches!(running, Standing::Running { .. }));
    assert_eq!(node.runtime.look(&folder).unwrap(), running);
    node.runtime.signal(&folder, 15).unwrap();
    node.runtime.signal(&folder, 9).unwrap();
    assert_eq!(node.wait(&folder).code, 137);
    node.runtime.signal(&folder, 9).unwrap();
    node.runtime.delete(&folder).unwrap();
    node.runtime.delete(&folder).unwrap();
    assert_eq!(node.runtime.look(&folder).unwrap(), Standing::Absent);
    assert!(!folder.exists());
}
