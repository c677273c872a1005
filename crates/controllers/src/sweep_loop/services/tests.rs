use berth_model::{
    CircuitBreaker, DeploymentConfiguration, DeploymentController, LaunchType, Name, RevisionId, Scheduling, Source, Tags,
    Timestamp,
};
use berth_store::backend::Memory;
use berth_store::{Options, Store};

use super::*;
use crate::loops::Pass;
use crate::sweep_loop::pass;
use crate::sweep_loop::tests::{at, region};

pub(in crate::sweep_loop) fn service(status: ServiceStatus) -> Service {
    Service {
        region: region(),
        cluster: "default".into(),
        name: "web".into(),
        status,
        scheduling: Scheduling::Replica,
        controller: DeploymentController::Ecs,
        desired_count: 0,
        configuration: DeploymentConfiguration {
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: CircuitBreaker::default(),
            alarms: None,
            strategy: None,
            bake_minutes: None,
            hooks: Vec::new(),
            drain: None,
        },
        deployments: Vec::new(),
        constraints: Vec::new(),
        strategies: Vec::new(),
        grace_seconds: None,
        zone_rebalancing: None,
        role: None,
        tags: Tags::default(),
        propagate_tags: None,
        managed_tags: false,
        enable_execute_command: false,
        created_at: at(0),
        created_by: "".into(),
        updated_at: at(0),
        next_event: 150,
        notices: Vec::new(),
        version: 1,
        client_token: None,
    }
}

fn event(name: &str, number: u64) -> ServiceEvent {
    let (cluster, service) = (Name::new("default"), name.into());
    ServiceEvent { region: region(), cluster, service, number, id: [0; 16], at: at(0), message: "said".into() }
}

pub(in crate::sweep_loop) fn revision(number: u64) -> ServiceRevision {
    ServiceRevision {
        region: region(),
        cluster: "default".into(),
        service: "web".into(),
        id: RevisionId::new(number),
        family: "web".into(),
        definition: 1,
        source: Source { launch: LaunchType::Ec2, strategy: Vec::new(), platform_version: None, platform_family: None },
        network: None,
        rest: None,
        ephemeral_storage_gib: None,
        images: Vec::new(),
        created_at: at(0),
    }
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
