use berth_model::{Name, Timestamp};
use berth_store::backend::Memory;
use berth_store::{Options, Store};

use super::*;
use crate::fixtures::{at, region, revision, service};
use crate::loops::Pass;
use crate::sweep_loop::pass;

fn event(name: &str, number: u64) -> ServiceEvent {
    let (cluster, service) = (Name::new("default"), name.into());
    ServiceEvent { region: region(), cluster, service, number, id: [0; 16], at: at(0), message: "said".into() }
}

/// A store with a service that has a full ring of events and five revisions, and an event of another one.
async fn store(status: ServiceStatus) -> Store {
    let store = Store::open(Memory::default(), Options::new("test")).unwrap();
    let update = store.update(|tx| {
        tx.put(service(status));
        (1..=5).for_each(|number| drop(tx.put(revision(number))));
        Ok::<_, String>(tx.put(event("web2", 0)).is_some())
    });
    update.await.unwrap();
    for from in [50, 100] {
        let put = |tx: &mut Transaction| {
            (from..from + 50).for_each(|number| drop(tx.put(event("web", number))));
            Ok::<_, String>(())
        };
        store.update(put).await.unwrap();
    }
    store
}

pub(in crate::sweep_loop) async fn sweep(store: &Store, now: Timestamp) -> usize {
    let Pass { changed } = pass(store, now).await.unwrap();
    changed
}

#[tokio::test]
async fn a_deleted_service_is_forgotten_with_all_that_was_its_own() {
    let store = store(ServiceStatus::Inactive { at: at(0) }).await;
    assert_eq!(sweep(&store, at(60)).await, 0);
    // A hundred events and five revisions are more than one update holds.
    assert_eq!(sweep(&store, at(61)).await, 106);
    let view = store.view();
    assert_eq!((view.total::<Service>(), view.total::<ServiceRevision>(), view.total::<ServiceEvent>()), (0, 0, 1));
}

#[tokio::test]
async fn a_service_that_was_created_again_keeps_what_it_has() {
    let store = store(ServiceStatus::Inactive { at: at(0) }).await;
    let mut room = 100;
    let gone = ServiceIndex::GoneIn(i64::MIN)..=ServiceIndex::GoneIn(i64::MAX);
    let due = due(&store.view(), gone, &mut room);
    assert_eq!((due.len(), due[0].len(), room), (1, 100, 0));
    let again = |tx: &mut Transaction| {
        tx.put(service(ServiceStatus::Active));
        Ok::<_, String>(due[0].forget(tx))
    };
    assert_eq!(store.update(again).await.unwrap(), 0);
    assert_eq!(sweep(&store, at(1_000)).await, 0);
}
