use berth_api::acs::{AgentMessage, ControlMessage, ManifestTask, Task, TaskStopVerification};
use berth_testkit::agent::Report;
use berth_testkit::plane::{ACCOUNT, REGION};
use serde_json::json;

use super::fixture::{agent, define, next, plane, run, stop};

fn arn(account: &str, id: u8) -> String {
    format!("arn:aws:ecs:{REGION}:{account}:task/default/{}", format!("{id:02x}").repeat(16))
}

fn candidate(task_arn: &str) -> ManifestTask {
    ManifestTask { task_arn: task_arn.to_owned(), ..ManifestTask::default() }
}

#[tokio::test]
async fn an_agent_stops_what_no_control_plane_knows() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let definition = define(&root, "web", json!({})).await;
    let known = run(&root, &definition).await;
    let (_, task) = agent.take_payload(&mut stream).await.unwrap();
    agent.submit(&Report::running(&task)).await.unwrap();
    drop(stream);

    // It comes back with a task of an older life, and the newest number it has seen is lower than the store's.
    let stranger = arn(ACCOUNT, 0xab);
    agent.engine.adopt(Task { arn: stranger.clone(), ..task });
    let mut stream = agent.connect().await.unwrap();
    let ControlMessage::TaskManifest(manifest) = next(&mut agent, &mut stream).await else { panic!("no manifest") };
    assert_eq!(manifest.tasks.len(), 1);
    assert_eq!(manifest.tasks[0].task_arn, known);
    let ControlMessage::TaskStopVerificationAck(judged) = next(&mut agent, &mut stream).await else { panic!("no answer") };
    assert_eq!((judged.message_id, judged.stop_tasks.len()), (manifest.message_id, 1));
    assert!(agent.engine.tasks()[&stranger].to_stop);
    assert!(!agent.engine.tasks()[&known].to_stop);
}

#[tokio::test]
async fn stop_candidates_are_judged_by_the_newest_state() {
    let plane = plane().await;
    let root = plane.root();
    let (mut agent, mut stream) = agent(&plane, "1").await;
    let ControlMessage::TaskManifest(manifest) = next(&mut agent, &mut stream).await else { panic!("no manifest") };
    // Since the manifest one task runs, and another one is to stop.
    let definition = define(&root, "web", json!({})).await;
    let (runs, stops) = (run(&root, &definition).await, run(&root, &definition).await);
    stop(&root, &stops).await;
    let (unknown, foreign) = (arn(ACCOUNT, 1), arn("999999999999", 2));
    let stop_candidates = [&runs, &stops, &unknown, &foreign, &"nonsense".to_owned()].map(|arn| candidate(arn)).to_vec();
    let asked = TaskStopVerification { message_id: manifest.message_id.clone(), stop_candidates };
    stream.send(&AgentMessage::TaskStopVerification(asked.clone())).await.unwrap();
    let judged = loop {
        if let ControlMessage::TaskStopVerificationAck(judged) = next(&mut agent, &mut stream).await {
            break judged;
        }
    };
    assert_eq!(judged.message_id, manifest.message_id);
    let to_stop: Vec<String> = judged.stop_tasks.into_iter().map(|task| task.task_arn).collect();
    assert_eq!(to_stop, [stops, unknown]);
}
