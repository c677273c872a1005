//! Any history of updates, aborts and restarts against a plain map.

use std::collections::BTreeMap;

use berth_model::{Desired, InstanceId, LaunchType, Life, Task, Timestamp};
use berth_store::{Counts, Derived, Edit, Options, Record, Store, Stored, TaskKey};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::fixture::{Media, key, region, stop, task, wait};

#[derive(Debug, Clone)]
enum Step {
    Update { edits: Vec<Edits>, abort: bool },
    Reopen,
}

#[derive(Debug, Clone)]
enum Edits {
    Put(Box<Task>),
    Delete(u8),
}

fn tasks() -> impl Strategy<Value = Task> {
    let at = Timestamp::from_millis;
    let life = prop_oneof![
        Just(Life::Provisioning),
        Just(Life::Pending),
        Just(Life::Running { started_at: at(1) }),
        (0..300_000_i64).prop_map(move |stopped| Life::Stopped { started_at: None, stopped_at: at(stopped) }),
    ];
    let placed = (proptest::option::of(0..3_u8), any::<bool>(), "[ab]", "[ab]", proptest::option::of("[ab]"), "[ab]");
    (0..40_u8, life, any::<bool>(), placed).prop_map(|(number, life, run, (instance, fargate, cluster, family, by, group))| {
        Task {
            cluster: cluster.into(),
            family: family.into(),
            group: group.into(),
            started_by: by.map(Into::into),
            instance: instance.map(|number| InstanceId::from_bytes([number; 16])),
            launch: if fargate { LaunchType::Fargate } else { LaunchType::Ec2 },
            life,
            desired: if run { Desired::Running } else { stop() },
            ..task(number)
        }
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let edit = prop_oneof![
        3 => tasks().prop_map(|task| Edits::Put(Box::new(task))),
        1 => (0..40_u8).prop_map(Edits::Delete),
    ];
    let step = prop_oneof![
        12 => (vec(edit, 0..12), prop::bool::weighted(0.2)).prop_map(|(edits, abort)| Step::Update { edits, abort }),
        1 => Just(Step::Reopen),
    ];
    vec(step, 0..25)
}

pub(crate) fn any_history_leaves_what_a_map_would(media: &impl Media) {
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&steps(), |steps| {
        wait(async {
            clear(media).await;
            replay(media, steps).await;
        });
        Ok(())
    });
    ran.unwrap();
}

async fn clear(media: &impl Media) {
    let store = media.open();
    let keys: Vec<TaskKey> = store.view().range::<Task>(..).map(|task| task.key()).collect();
    let cleared = store.update(|tx| {
        keys.iter().for_each(|key| drop(tx.delete::<Task>(key)));
        Ok::<(), ()>(())
    });
    cleared.await.unwrap();
    store.close().await.unwrap();
}

async fn replay(media: &impl Media, steps: Vec<Step>) {
    let mut model: BTreeMap<TaskKey, Task> = BTreeMap::new();
    let mut store = media.open();
    for step in steps {
        match step {
            Step::Reopen => {
                store.close().await.unwrap();
                store = media.open_with(Options::new("test"));
            }
            Step::Update { edits, abort } => {
                let mut after = model.clone();
                let done = store.update(|tx| {
                    for edit in edits {
                        match edit {
                            Edits::Put(task) => {
                                assert_eq!(tx.put((*task).clone()).map(|old| Task::clone(&old)), after.insert(task.key(), *task));
                            }
                            Edits::Delete(number) => {
                                let old = tx.delete::<Task>(&key(number)).map(|old| Task::clone(&old));
                                assert_eq!(old, after.remove(&key(number)));
                            }
                        }
                    }
                    if abort { Err("aborted") } else { Ok(()) }
                });
                if done.await.is_ok() {
                    model = after;
                }
            }
        }
        check(&store, &model);
    }
    store.close().await.unwrap();
}

fn check(store: &Store, model: &BTreeMap<TaskKey, Task>) {
    let view = store.view();
    assert!(view.range::<Task>(..).map(|task| Task::clone(task)).eq(model.values().cloned()));
    let mut entries = Vec::new();
    let mut counts = Counts::default();
    for task in model.values() {
        task.indexes(&mut |index| entries.push((index, task.key())));
        counts.apply(&Task::change(Edit { old: None, new: Some(task) }));
    }
    entries.sort();
    assert!(view.index::<Task>(..).map(|(index, key)| (index.clone(), *key)).eq(entries.iter().cloned()));
    for (index, _) in &entries {
        let expected: Vec<TaskKey> = entries.iter().filter(|(other, _)| other == index).map(|(_, key)| *key).collect();
        assert!(view.with::<Task>(index, ..).map(|task| task.key()).eq(expected.iter().copied()));
        assert!(view.with::<Task>(index, ..).rev().map(|task| task.key()).eq(expected.iter().rev().copied()));
        assert_eq!(view.count::<Task>(index), expected.len());
    }
    assert_eq!(*view.counts(), counts);
    assert_eq!(view.counts().cluster(region("us-east-1"), &"none".into()).running(), 0);
}
