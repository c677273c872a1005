//! Updates: durable, whole, in order.

use std::convert::Infallible;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use berth_model::{Document, Task};
use berth_store::{Event, MOST_BYTES, MOST_ROWS, Store, TaskIndex, TaskKey, Transaction, UpdateError};

use crate::fixture::{Media, key, region, task, wait};

/// An update that cannot fail.
async fn change<T>(store: &Store, run: impl FnOnce(&mut Transaction) -> T) -> T {
    store.update(|tx| Ok::<T, Infallible>(run(tx))).await.unwrap()
}

pub(crate) fn written_record_is_read_back(media: &impl Media) {
    wait(async {
        let store = media.open();
        change(&store, |tx| tx.put(task(1))).await;
        assert_eq!(**store.view().get::<Task>(&key(1)).unwrap(), task(1));
        let old = change(&store, |tx| tx.delete::<Task>(&key(1))).await;
        assert_eq!(*old.unwrap(), task(1));
        assert_eq!(store.view().get::<Task>(&key(1)), None);
    });
}

pub(crate) fn aborted_update_changes_nothing(media: &impl Media) {
    wait(async {
        let store = media.open();
        change(&store, |tx| tx.put(task(1))).await;
        let aborted = store.update(|tx| {
            tx.delete::<Task>(&key(1));
            tx.put(task(2));
            Err::<(), _>("no")
        });
        assert!(matches!(aborted.await, Err(UpdateError::Aborted("no"))));
        let seen = change(&store, |tx| (tx.total::<Task>(), tx.get::<Task>(&key(2)).cloned(), tx.revision())).await;
        assert_eq!(seen, (1, None, 1));
        let counts = store.view().counts().cluster(region("us-east-1"), &"default".into());
        assert_eq!(counts.pending(), 1);
    });
}

pub(crate) fn panic_in_a_closure_changes_nothing(media: &impl Media) {
    let store = media.open();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        wait(change(&store, |tx| {
            tx.put(task(1));
            panic!("a bug in a handler");
        }));
    }));
    assert!(panicked.is_err());
    assert_eq!(wait(change(&store, |tx| tx.total::<Task>())), 0);
}

pub(crate) fn closure_sees_its_own_writes(media: &impl Media) {
    wait(async {
        let store = media.open();
        change(&store, |tx| {
            tx.put(task(1));
            assert!(tx.modify::<Task>(&key(1), |task| task.version = 7));
            assert!(!tx.modify::<Task>(&key(2), |task| task.version = 7));
            assert_eq!(tx.get::<Task>(&key(1)).unwrap().version, 7);
            assert_eq!(tx.count::<Task>(&TaskIndex::Cluster(region("us-east-1"), "default".into(), true)), 1);
            assert_eq!(tx.counts().cluster(region("us-east-1"), &"default".into()).pending(), 1);
        })
        .await;
        assert_eq!(store.view().revision(), 1, "one update is one change set");
    });
}

pub(crate) fn records_survive_a_restart(media: &impl Media) {
    wait(async {
        let store = media.open();
        change(&store, |tx| (1..=50).for_each(|number| drop(tx.put(task(number))))).await;
        change(&store, |tx| tx.delete::<Task>(&key(7))).await;
        let before: Vec<Task> = store.view().range::<Task>(..).map(|task| Task::clone(task)).collect();
        let counts = store.view().counts().clone();
        store.close().await.unwrap();

        let store = media.open();
        let after: Vec<Task> = store.view().range::<Task>(..).map(|task| Task::clone(task)).collect();
        assert_eq!(after.len(), 49);
        assert_eq!(before, after);
        assert_eq!(*store.view().counts(), counts);
    });
}

pub(crate) fn revision_rises_by_one_and_survives_a_restart(media: &impl Media) {
    wait(async {
        let store = media.open();
        for expected in 1..=3 {
            change(&store, |tx| tx.put(Task { version: expected, ..task(1) })).await;
            assert_eq!(store.view().revision(), expected);
        }
        store.close().await.unwrap();
        assert_eq!(media.open().view().revision(), 3);
    });
}

pub(crate) fn rewriting_the_same_record_is_no_change(media: &impl Media) {
    wait(async {
        let store = media.open();
        for _ in 0..2 {
            change(&store, |tx| tx.put(task(1))).await;
        }
        change(&store, |tx| tx.delete::<Task>(&key(9))).await;
        assert_eq!(store.view().revision(), 1);
    });
}

pub(crate) fn hundred_rows_are_accepted_and_one_more_is_refused(media: &impl Media) {
    wait(async {
        let store = media.open();
        let most = u8::try_from(MOST_ROWS).unwrap();
        change(&store, |tx| (0..most).for_each(|number| drop(tx.put(task(number))))).await;
        let refused = store.update(|tx| {
            (0..=most).for_each(|number| drop(tx.put(Task { version: 9, ..task(number) })));
            Ok::<(), Infallible>(())
        });
        assert!(matches!(refused.await, Err(UpdateError::TooManyRows(101))));
        assert_eq!(store.view().total::<Task>(), MOST_ROWS);
    });
}

pub(crate) fn change_set_of_over_a_megabyte_is_refused(media: &impl Media) {
    wait(async {
        let store = media.open();
        let large = |number| Task { overrides: Some(Document::new("x".repeat(MOST_BYTES / 2 - 1_000))), ..task(number) };
        let write = |count: u8| {
            store.update(move |tx| {
                (0..count).for_each(|number| drop(tx.put(large(number))));
                Ok::<_, Infallible>(())
            })
        };
        assert!(matches!(write(3).await, Err(UpdateError::TooManyBytes(1_500_000..1_600_000))));
        assert_eq!(store.view().total::<Task>(), 0);
        write(2).await.unwrap();
    });
}

pub(crate) fn closed_store_takes_no_updates(media: &impl Media) {
    wait(async {
        let store = media.open();
        store.close().await.unwrap();
        store.close().await.unwrap();
        let late = store.update(|tx| Ok::<_, Infallible>(tx.put(task(1))));
        assert!(matches!(late.await, Err(UpdateError::Closed)));
    });
}

pub(crate) fn close_drains_the_queue(media: &impl Media) {
    wait(async {
        let store = media.open();
        let updates: Vec<_> = (1..=20)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move { store.update(|tx| Ok::<_, Infallible>(tx.put(task(number)))).await.is_ok() })
            })
            .collect();
        store.close().await.unwrap();
        let mut accepted = 0;
        for update in updates {
            accepted += usize::from(update.await.unwrap());
        }
        assert_eq!(media.open().view().total::<Task>(), accepted);
    });
}

pub(crate) fn feed_names_the_touched_keys_in_order(media: &impl Media) {
    wait(async {
        let store = media.open();
        let mut feed = store.changes();
        change(&store, |tx| [tx.put(task(2)), tx.put(task(1)), tx.put(Task { version: 2, ..task(2) })]).await;
        change(&store, |tx| tx.delete::<Task>(&key(1))).await;
        for (expected, keys) in [(1, vec![key(2), key(1)]), (2, vec![key(1)])] {
            let Some(Event::Changed { revision, touched }) = feed.next().await else { panic!("no change") };
            assert_eq!(revision, expected);
            assert_eq!(touched.keys::<Task>(), keys);
            assert!(!touched.any::<berth_model::Cluster>());
        }
    });
}

pub(crate) fn slow_subscriber_is_told_that_it_lags(media: &impl Media) {
    wait(async {
        let store = media.open();
        let mut feed = store.changes();
        let updates: Vec<_> = (0..1_100)
            .map(|version| {
                let store = store.clone();
                tokio::spawn(async move { change(&store, |tx| tx.put(Task { version, ..task(1) })).await })
            })
            .collect();
        for update in updates {
            update.await.unwrap();
        }
        assert!(matches!(feed.next().await, Some(Event::Lagged)));
        assert!(matches!(feed.next().await, Some(Event::Changed { .. })));
    });
}

pub(crate) fn feed_ends_with_the_store(media: &impl Media) {
    wait(async {
        let store = media.open();
        let mut feed = store.changes();
        store.close().await.unwrap();
        assert!(feed.next().await.is_none());
        assert!(store.changes().next().await.is_none());
    });
}

pub(crate) fn concurrent_updates_lose_nothing(media: &impl Media) {
    wait(async {
        let store = media.open();
        change(&store, |tx| tx.put(Task { version: 0, ..task(1) })).await;
        let updates: Vec<_> = (0..200)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { change(&store, |tx| tx.modify::<Task>(&key(1), |task| task.version += 1)).await })
            })
            .collect();
        for update in updates {
            assert!(update.await.unwrap());
        }
        assert_eq!(store.view().get::<Task>(&key(1)).unwrap().version, 200);
    });
}

pub(crate) fn old_view_does_not_change(media: &impl Media) {
    wait(async {
        let store = media.open();
        change(&store, |tx| tx.put(task(1))).await;
        let view = store.view();
        change(&store, |tx| (2..90).for_each(|number| drop(tx.put(task(number))))).await;
        change(&store, |tx| tx.delete::<Task>(&key(1))).await;
        let keys = (Bound::<TaskKey>::Unbounded, Bound::Unbounded);
        assert_eq!(view.range::<Task>(keys).map(|task| task.id).collect::<Vec<_>>(), [key(1).id]);
        assert_eq!(view.revision(), 1);
    });
}
