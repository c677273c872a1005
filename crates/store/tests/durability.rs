//! What is seen before, and after, a backend has or has not taken a change.

#![cfg(test)]

use std::convert::Infallible;
use std::time::Duration;

use berth_model::{Family, Region};
use berth_store::backend::{Backend, BackendError, Memory};
use berth_store::{FamilyKey, Options, Store, UpdateError};

fn family(last_revision: u32) -> Family {
    Family { region: Region::new("us-east-1").unwrap(), name: "web".into(), last_revision }
}

fn key() -> FamilyKey {
    FamilyKey { region: Region::new("us-east-1").unwrap(), name: "web".into() }
}

fn open(memory: &Memory) -> Store {
    Store::open(memory.clone(), Options::new("test")).unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Polls a future once; it must not be done.
async fn started<F: Future + Unpin>(future: &mut F) {
    let polled =
        std::future::poll_fn(|context| std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_ready()));
    assert!(!polled.await, "it did not wait");
}

#[test]
fn nothing_is_seen_outside_before_it_is_durable() {
    wait(async {
        let memory = Memory::new();
        let store = open(&memory);
        let mut feed = store.changes();
        memory.hold(true);
        let mut write = Box::pin(store.update(|tx| Ok::<_, Infallible>(tx.put(family(1)))));
        started(&mut write).await;
        assert_eq!(store.view().get::<Family>(&key()), None);
        let mut news = Box::pin(feed.next());
        started(&mut news).await;

        memory.hold(false);
        write.await.unwrap();
        assert_eq!(store.view().get::<Family>(&key()).unwrap().last_revision, 1);
        assert!(news.await.is_some());
    });
}

#[test]
fn reader_and_loser_wait_for_what_they_have_seen() {
    wait(async {
        let memory = Memory::new();
        let store = open(&memory);
        memory.hold(true);
        let mut write = Box::pin(store.update(|tx| Ok::<_, Infallible>(tx.put(family(1)))));
        started(&mut write).await;
        let mut read = Box::pin(store.update(|tx| Ok::<_, Infallible>(tx.get::<Family>(&key()).is_some())));
        started(&mut read).await;
        let mut lost = Box::pin(store.update(|tx| match tx.get::<Family>(&key()) {
            Some(_) => Err("exists"),
            None => Ok(()),
        }));
        started(&mut lost).await;

        memory.hold(false);
        assert!(read.await.unwrap());
        assert!(matches!(lost.await, Err(UpdateError::Aborted("exists"))));
        write.await.unwrap();
        assert_eq!(store.view().revision(), 1, "neither made a change set of its own");
    });
}

#[test]
fn reader_of_durable_state_waits_for_nothing() {
    wait(async {
        let memory = Memory::new();
        let store = open(&memory);
        store.update(|tx| Ok::<_, Infallible>(tx.put(family(1)))).await.unwrap();
        memory.hold(true);
        assert!(store.update(|tx| Ok::<_, Infallible>(tx.get::<Family>(&key()).is_some())).await.unwrap());
        memory.hold(false);
    });
}

#[test]
fn abandoned_update_is_made_all_the_same() {
    wait(async {
        let memory = Memory::new();
        let store = open(&memory);
        memory.hold(true);
        let mut write = Box::pin(store.update(|tx| Ok::<_, Infallible>(tx.put(family(1)))));
        started(&mut write).await;
        drop(write);
        memory.hold(false);
        store.close().await.unwrap();
        assert_eq!(open(&memory).view().get::<Family>(&key()).unwrap().last_revision, 1);
    });
}

#[test]
fn failed_backend_answers_everybody_and_stops_the_store() {
    wait(async {
        let memory = Memory::new();
        let store = open(&memory);
        store.update(|tx| Ok::<_, Infallible>(tx.put(family(1)))).await.unwrap();
        let mut feed = store.changes();
        memory.hold(true);
        let mut first = Box::pin(store.update(|tx| Ok::<_, Infallible>(tx.put(family(2)))));
        started(&mut first).await;
        let mut second = Box::pin(store.update(|tx| Ok::<_, Infallible>(tx.put(family(3)))));
        started(&mut second).await;
        memory.fail(Some("the disk is on fire"));
        memory.hold(false);

        assert!(matches!(first.await, Err(UpdateError::Failed(_))));
        assert!(matches!(second.await, Err(UpdateError::Failed(_))));
        memory.fail(None);
        let late = store.update(|tx| Ok::<_, Infallible>(tx.put(family(4)))).await;
        assert!(late.unwrap_err().to_string().contains("the disk is on fire"), "it does not come back to life");
        assert!(matches!(store.failed().await.cause(), BackendError::Told(_)));
        assert!(feed.next().await.is_none());
        assert!(store.close().await.is_err());
        assert_eq!(store.view().get::<Family>(&key()).unwrap().last_revision, 1, "the last durable state stays readable");
    });
}

#[test]
fn restart_after_a_failure_finds_what_was_acknowledged() {
    wait(async {
        let memory = Memory::new();
        let store = open(&memory);
        store.update(|tx| Ok::<_, Infallible>(tx.put(family(1)))).await.unwrap();
        memory.fail(Some("no"));
        assert!(store.update(|tx| Ok::<_, Infallible>(tx.put(family(2)))).await.is_err());
        memory.fail(None);
        memory.expire_lease();
        let store = open(&memory);
        assert_eq!(store.view().get::<Family>(&key()).unwrap().last_revision, 1);
        store.update(|tx| Ok::<_, Infallible>(tx.put(family(3)))).await.unwrap();
    });
}

#[test]
fn second_store_needs_the_lease() {
    let memory = Memory::new();
    let _first = open(&memory);
    let second = Store::open(memory.clone(), Options::new("standby"));
    assert!(matches!(second, Err(BackendError::LeaseHeld { holder }) if holder == "test"));
}

#[test]
fn leader_that_lost_its_lease_commits_nothing_more() {
    wait(async {
        let memory = Memory::new();
        let old = open(&memory);
        memory.expire_lease();
        let new = Store::open(memory.clone(), Options::new("standby")).unwrap();
        let fenced = old.update(|tx| Ok::<_, Infallible>(tx.put(family(1)))).await;
        assert!(matches!(fenced, Err(UpdateError::Failed(failure)) if matches!(failure.cause(), BackendError::Fenced { .. })));
        new.update(|tx| Ok::<_, Infallible>(tx.put(family(2)))).await.unwrap();
    });
}

#[test]
fn idle_leader_renews_its_lease() {
    let memory = Memory::new();
    memory.renew_within(Some(Duration::from_millis(15)));
    let _store = open(&memory);
    memory.wait_for_renewals(3);
}

#[test]
fn busy_leader_renews_its_lease() {
    wait(async {
        let memory = Memory::new();
        memory.renew_within(Some(Duration::from_millis(15)));
        let store = open(&memory);
        let mut revision = 0;
        while memory.renewals() < 3 {
            revision += 1;
            store.update(|tx| Ok::<_, Infallible>(tx.put(family(revision)))).await.unwrap();
        }
    });
}

#[test]
fn follower_sees_every_change_set_in_order() {
    wait(async {
        let mut memory = Memory::new();
        let store = open(&memory);
        let watch = memory.watch(1).unwrap();
        for revision in 1..=4 {
            store.update(|tx| Ok::<_, Infallible>(tx.put(family(revision)))).await.unwrap();
        }
        let seen: Vec<u64> = watch.take(3).map(|set| set.unwrap().revision).collect();
        assert_eq!(seen, [2, 3, 4]);
    });
}

#[test]
fn follower_too_far_behind_has_to_load_again() {
    wait(async {
        let mut memory = Memory::new();
        let store = open(&memory);
        for revision in 1..=1_100 {
            store.update(|tx| Ok::<_, Infallible>(tx.put(family(revision)))).await.unwrap();
        }
        assert!(matches!(memory.watch(5).unwrap().next(), Some(Err(BackendError::Compacted { after: 5 }))));
    });
}

#[test]
fn damaged_row_is_named_and_nothing_opens() {
    let memory = Memory::new();
    memory.set_row(2, b"us-east-1\0\x01web\0\x01", b"\xa0");
    let refused = Store::open(memory.clone(), Options::new("test")).unwrap_err();
    assert!(refused.to_string().contains(r"us-east-1\x00\x01web\x00\x01 of table 2"), "{refused}");
}

#[test]
fn record_under_another_key_is_damage() {
    let memory = Memory::new();
    memory.set_row(2, b"us-east-1\0\x01api\0\x01", &minicbor::to_vec(family(1)).unwrap());
    assert!(matches!(Store::open(memory, Options::new("test")), Err(BackendError::Damaged { .. })));
}

#[test]
fn table_of_a_newer_version_is_left_alone() {
    wait(async {
        let memory = Memory::new();
        memory.set_row(250, b"us-east-1\0\x01", b"whatever");
        let store = open(&memory);
        store.update(|tx| Ok::<_, Infallible>(tx.put(family(1)))).await.unwrap();
        assert_eq!(memory.row(250, b"us-east-1\0\x01").as_deref(), Some(&b"whatever"[..]));
    });
}
