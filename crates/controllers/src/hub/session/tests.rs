use std::collections::BTreeSet;
use std::time::Duration;

use berth_api::acs::{AckRequest, HeartbeatAck, NackRequest, TaskStopVerification};
use berth_model::{Region, TaskId};
use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn task(number: u8) -> TaskKey {
    TaskKey { region: Region::new("us-east-1").unwrap(), id: TaskId::from_bytes([number; 16]) }
}

fn run(number: u8) -> Due {
    Due { task: task(number), news: News::Run }
}

fn stop(number: u8) -> Due {
    Due { task: task(number), news: News::Stop }
}

/// A session under test, and a clock of its own.
struct Stage {
    session: Session,
    began: Instant,
    now: Instant,
    revision: u64,
}

impl Stage {
    fn new() -> Self {
        let now = Instant::now();
        Self { session: Session::new(7, Timing::default(), now), began: now, now, revision: 0 }
    }

    /// A stage whose manifest and first heartbeat are said.
    fn opened() -> Self {
        let mut stage = Self::new();
        stage.see(&[]);
        stage
    }

    fn see(&mut self, due: &[Due]) -> Vec<Output> {
        self.revision += 1;
        let input = Input::Seen { due: due.to_vec(), ahead: None, revision: self.revision };
        self.session.step(input, self.now)
    }

    fn hear(&mut self, message: AgentMessage) -> Vec<Output> {
        self.session.step(Input::Heard(message), self.now)
    }

    fn acknowledge(&mut self, id: MessageId) -> Vec<Output> {
        self.hear(AgentMessage::Ack(AckRequest { message_id: id.to_string(), ..AckRequest::default() }))
    }

    fn after(&mut self, time: Duration) -> Vec<Output> {
        self.now += time;
        self.session.step(Input::Tick, self.now)
    }

    /// The same, but for the agent's silence.
    fn alive_after(&mut self, time: Duration) -> Vec<Output> {
        self.now += time;
        self.hear(AgentMessage::HeartbeatAck(HeartbeatAck::default()))
    }
}

fn payloads(out: &[Output]) -> Vec<(MessageId, Due)> {
    out.iter().filter_map(|output| if let Output::Task(id, due) = output { Some((*id, *due)) } else { None }).collect()
}

fn dues(out: &[Output]) -> Vec<Due> {
    payloads(out).into_iter().map(|(_, due)| due).collect()
}

#[test]
fn manifest_goes_before_payloads_and_one_task_in_each() {
    let mut stage = Stage::new();
    let out = stage.see(&[run(1), run(2)]);
    let id = |number| MessageId { session: 7, number };
    let expected =
        vec![Output::Manifest(id(1)), Output::Task(id(2), run(1)), Output::Task(id(3), run(2)), Output::Heartbeat(id(4))];
    assert_eq!(out, expected);
}

#[test]
fn payload_without_acknowledgement_is_sent_again_after_ten_seconds_under_a_new_name() {
    let mut stage = Stage::opened();
    let first = payloads(&stage.see(&[run(1)]));
    assert_eq!(payloads(&stage.after(SECOND * 9)), []);
    assert_eq!(stage.session.wake_at(), stage.began + SECOND * 10);
    let again = stage.after(SECOND);
    assert_eq!(dues(&again), [run(1)]);
    assert!(again.contains(&Output::Note(Note::Resent)));
    assert_ne!(payloads(&again)[0].0, first[0].0);
}

#[test]
fn acknowledged_payload_is_not_sent_again() {
    let mut stage = Stage::opened();
    let sent = payloads(&stage.see(&[run(1)]));
    assert_eq!(stage.acknowledge(sent[0].0), []);
    for _ in 0..10 {
        assert_eq!(payloads(&stage.alive_after(SECOND * 20)), []);
    }
    assert_eq!(payloads(&stage.see(&[run(1)])), []);
}

#[test]
fn late_acknowledgement_of_an_earlier_attempt_counts() {
    let mut stage = Stage::opened();
    let first = payloads(&stage.see(&[run(1)]));
    assert_eq!(dues(&stage.after(SECOND * 10)), [run(1)]);
    stage.acknowledge(first[0].0);
    assert_eq!(dues(&stage.alive_after(SECOND * 60)), []);
}

#[test]
fn task_that_runs_or_is_over_is_given_up() {
    let mut stage = Stage::opened();
    let sent = payloads(&stage.see(&[run(1)]));
    stage.see(&[]);
    assert_eq!(payloads(&stage.after(SECOND * 30)), []);
    assert_eq!(stage.acknowledge(sent[0].0), [Output::Note(Note::Late)]);
}

#[test]
fn stop_is_sent_at_once_though_the_start_was_acknowledged() {
    let mut stage = Stage::opened();
    let sent = payloads(&stage.see(&[run(1)]));
    stage.acknowledge(sent[0].0);
    assert_eq!(dues(&stage.see(&[stop(1)])), [stop(1)]);
}

#[test]
fn acknowledgement_of_a_start_is_none_of_the_stop() {
    let mut stage = Stage::opened();
    let start = payloads(&stage.see(&[run(1)]));
    stage.see(&[stop(1)]);
    assert_eq!(stage.acknowledge(start[0].0), [Output::Note(Note::Late)]);
    assert_eq!(dues(&stage.after(SECOND * 10)), [stop(1)]);
}

#[test]
fn another_sessions_acknowledgement_counts_for_nothing() {
    let mut stage = Stage::opened();
    let sent = payloads(&stage.see(&[run(1)]));
    let other = MessageId { session: 8, ..sent[0].0 };
    assert_eq!(stage.acknowledge(other), [Output::Note(Note::Late)]);
    let words = AckRequest { message_id: "0000000000000007-02".to_owned(), ..AckRequest::default() };
    assert_eq!(stage.hear(AgentMessage::Ack(words)), [Output::Note(Note::Late)]);
    assert_eq!(dues(&stage.after(SECOND * 10)), [run(1)]);
}

#[test]
fn refusal_is_counted_and_the_payload_sent_again() {
    let mut stage = Stage::opened();
    let sent = payloads(&stage.see(&[run(1)]));
    let nack = NackRequest { message_id: sent[0].0.to_string(), ..NackRequest::default() };
    assert_eq!(stage.hear(AgentMessage::Nack(nack)), [Output::Note(Note::Refused)]);
    assert_eq!(dues(&stage.after(SECOND * 10)), [run(1)]);
}

#[test]
fn few_payloads_are_on_their_way_at_a_time() {
    let mut stage = Stage::opened();
    let due: Vec<Due> = (0..200).map(run).collect();
    let sent = payloads(&stage.see(&due));
    assert_eq!(sent.len(), WINDOW);
    let next = stage.acknowledge(sent[0].0);
    assert_eq!(dues(&next), [run(64)]);
}

#[test]
fn bad_tasks_hold_up_nobody() {
    let mut stage = Stage::opened();
    // As many as may be on their way, none of which is ever acknowledged; and one more.
    let due: Vec<Due> = (0..65).map(run).collect();
    assert!(!dues(&stage.see(&due)).contains(&run(64)));
    let next = dues(&stage.after(SECOND * 10));
    assert_eq!(next.first(), Some(&run(64)));
    assert_eq!(next.len(), WINDOW);
}

#[test]
fn stops_go_before_starts() {
    let mut stage = Stage::opened();
    assert_eq!(dues(&stage.see(&[run(1), stop(2), run(3)])), [stop(2), run(1), run(3)]);
}

#[test]
fn heartbeat_goes_out_every_thirty_seconds() {
    let mut stage = Stage::opened();
    for _ in 0..20 {
        assert_eq!(stage.alive_after(SECOND * 29), []);
        assert_eq!(stage.session.wake_at(), stage.now + SECOND);
        assert!(matches!(stage.after(SECOND)[..], [Output::Heartbeat(_)]));
    }
}

#[test]
fn silent_agent_is_dead_after_three_heartbeats() {
    let mut stage = Stage::opened();
    for _ in 0..2 {
        assert!(matches!(stage.after(SECOND * 30)[..], [Output::Heartbeat(_)]));
    }
    assert_eq!(stage.session.wake_at(), stage.began + SECOND * 90);
    assert_eq!(stage.after(SECOND * 30), [Output::Dead]);
}

#[test]
fn agent_that_says_what_nobody_understands_is_alive() {
    let mut stage = Stage::opened();
    for _ in 0..5 {
        stage.now += SECOND * 60;
        assert!(!stage.session.step(Input::Noise, stage.now).contains(&Output::Dead));
    }
}

#[test]
fn stop_candidates_are_judged_once_for_the_last_manifest() {
    let mut stage = Stage::new();
    let Some(&Output::Manifest(id)) = stage.see(&[]).first() else { panic!("no manifest") };
    let candidates = vec![ManifestTask { task_arn: "a".to_owned(), ..ManifestTask::default() }];
    let ask = |id: MessageId| {
        let asked = TaskStopVerification { message_id: id.to_string(), stop_candidates: candidates.clone() };
        AgentMessage::TaskStopVerification(asked)
    };
    assert_eq!(stage.hear(ask(MessageId { number: 99, ..id })), [Output::Note(Note::Late)]);
    assert_eq!(stage.hear(ask(id)), [Output::Verify(id, candidates.clone())]);
    assert_eq!(stage.hear(ask(id)), [Output::Note(Note::Late)]);
}

#[test]
fn manifest_is_said_again_only_after_a_change() {
    let mut stage = Stage::opened();
    let manifests = |out: &[Output]| out.iter().filter(|output| matches!(output, Output::Manifest(_))).count();
    for _ in 0..20 {
        assert_eq!(manifests(&stage.alive_after(SECOND * 60)), 0);
    }
    assert_eq!(manifests(&stage.see(&[])), 1);
    assert_eq!(manifests(&stage.see(&[])), 0);
    assert_eq!(stage.session.wake_at(), stage.now + SECOND * 30);
    let after: usize = (0..20).map(|_| manifests(&stage.alive_after(SECOND * 60))).sum();
    assert_eq!(after, 1);
}

#[derive(Debug, Clone)]
enum Event {
    See(BTreeSet<(u8, bool)>),
    Acknowledge(usize),
    Pass(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        proptest::collection::btree_set((0..100_u8, any::<bool>()), 0..90).prop_map(Event::See),
        (0..100_usize).prop_map(Event::Acknowledge),
        (0..15_u64).prop_map(Event::Pass),
    ]
}

proptest! {
    /// Whatever happens: nothing is said of a task that is not due, nothing twice within ten seconds, nothing again that was
    /// acknowledged, and never more than the window in ten seconds without an acknowledgement.
    #[test]
    fn nothing_is_said_too_often(events in proptest::collection::vec(event(), 1..60)) {
        let mut stage = Stage::opened();
        let mut due: Vec<Due> = Vec::new();
        let mut said: BTreeMap<Due, (Instant, MessageId)> = BTreeMap::new();
        let mut acknowledged = BTreeSet::new();
        for event in events {
            let out = match event {
                Event::See(wanted) => {
                    let wanted: BTreeMap<u8, bool> = wanted.into_iter().collect();
                    due = wanted.into_iter().map(|(number, is_stop)| if is_stop { stop(number) } else { run(number) }).collect();
                    said.retain(|known, _| due.contains(known));
                    acknowledged.retain(|known| due.contains(known));
                    stage.see(&due)
                }
                Event::Acknowledge(at) => match said.iter().nth(at) {
                    Some((&known, &(_, id))) => {
                        acknowledged.insert(known);
                        stage.acknowledge(id)
                    }
                    None => continue,
                },
                Event::Pass(seconds) => stage.alive_after(SECOND * u32::try_from(seconds).unwrap()),
            };
            for (id, told) in payloads(&out) {
                prop_assert!(due.contains(&told) && !acknowledged.contains(&told));
                if let Some((at, _)) = said.insert(told, (stage.now, id)) {
                    prop_assert!(stage.now.duration_since(at) >= SECOND * 10);
                }
            }
            let recent = |at: Instant| stage.now.duration_since(at) < SECOND * 10;
            let on_their_way = said.iter().filter(|(known, (at, _))| recent(*at) && !acknowledged.contains(known)).count();
            prop_assert!(on_their_way <= WINDOW);
            prop_assert!(stage.session.wake_at() > stage.now, "a session that is done sleeps");
        }
    }

    /// Left alone with an agent that acknowledges all, a session has soon said everything, and then says it no more.
    #[test]
    fn everything_due_is_said(numbers in proptest::collection::btree_set(0..255_u8, 0..200)) {
        let mut stage = Stage::opened();
        let due: Vec<Due> = numbers.into_iter().map(run).collect();
        let mut waiting = payloads(&stage.see(&due));
        let mut told = Vec::new();
        while let Some((id, due)) = waiting.pop() {
            told.push(due);
            waiting.extend(payloads(&stage.acknowledge(id)));
        }
        told.sort_unstable();
        prop_assert_eq!(told, due);
        prop_assert_eq!(payloads(&stage.alive_after(SECOND * 60)), []);
    }
}

fn ahead(out: &[Output]) -> Vec<(MessageId, Vec<&str>)> {
    let said = |output| match output {
        &Output::Ahead(id, ref images) => Some((id, images.iter().map(|image| &**image).collect())),
        _ => None,
    };
    out.iter().filter_map(said).collect()
}

#[test]
fn images_to_be_there_before_tasks_are_said_after_the_tasks_until_they_are_acknowledged() {
    let mut stage = Stage::new();
    let see = |stage: &mut Stage, images: Option<&[&str]>| {
        stage.revision += 1;
        let ahead = images.map(|images| images.iter().map(|image| Box::from(*image)).collect());
        stage.session.step(Input::Seen { due: vec![run(1)], ahead, revision: stage.revision }, stage.now)
    };
    let out = see(&mut stage, Some(&["a", "b"]));
    assert!(matches!(&out[..], [Output::Manifest(_), Output::Task(..), Output::Ahead(..), Output::Heartbeat(_)]), "{out:?}");
    assert_eq!(ahead(&see(&mut stage, Some(&["a", "b"]))), [], "they are on their way");
    assert_eq!(stage.session.wake_at(), stage.now + 10 * SECOND);
    let out = stage.after(10 * SECOND);
    let again = ahead(&out);
    assert_eq!(again.iter().map(|(_, images)| images.clone()).collect::<Vec<_>>(), [["a", "b"]]);
    assert!(!stage.acknowledge(again[0].0).contains(&Output::Note(Note::Late)));
    assert_eq!(ahead(&stage.alive_after(10 * SECOND)), []);
    assert_eq!(ahead(&see(&mut stage, Some(&["a", "b"]))), [], "it is known");
    let other = see(&mut stage, Some(&[]));
    assert_eq!(ahead(&other).into_iter().map(|(_, images)| images).collect::<Vec<_>>(), [Vec::<&str>::new()], "nothing, instead");
    assert!(stage.acknowledge(again[0].0).contains(&Output::Note(Note::Late)), "what is not asked for any more");
}

#[test]
fn an_agent_that_does_not_understand_it_is_told_of_no_images() {
    let mut stage = Stage::opened();
    assert_eq!(ahead(&stage.see(&[run(1)])), []);
    assert_eq!(ahead(&stage.alive_after(10 * SECOND)), []);
}
