use berth_model::{
    BreakerState, Deployment, DeploymentId, Monitor, Rollback, Rollout, ServiceDeploymentId, ServiceDeploymentStatus,
    ServiceStatus, Timestamp,
};
use berth_store::backend::Memory;
use berth_store::{Options, Store};

use super::*;
use crate::fixtures::{at, deployment, region, revision, service};
use crate::sweep_loop::services::tests::sweep;

/// Minutes after which a record that ended in minute 0 is forgotten.
const REMEMBERED: i64 = 90 * 24 * 60;

fn id(number: u64) -> ServiceDeploymentId {
    ServiceDeploymentId::from_bytes([u8::try_from(number % 256).unwrap(); 16])
}

/// The record of the deployment that brought the revision of this number, in place of the one before.
fn record(number: u64, finished_at: Option<Timestamp>) -> ServiceDeployment {
    let status = if finished_at.is_some() { ServiceDeploymentStatus::Successful } else { ServiceDeploymentStatus::InProgress };
    ServiceDeployment {
        region: region(),
        cluster: "default".into(),
        service: "web".into(),
        id: id(number),
        deployment: DeploymentId::new(number),
        status,
        reason: None,
        target: RevisionId::new(number),
        sources: vec![RevisionId::new(number - 1)],
        configuration: service(ServiceStatus::Active).configuration,
        requested: 1,
        created_at: at(0),
        started_at: Some(at(0)),
        finished_at,
        stopped_at: None,
        updated_at: at(0),
        breaker: BreakerState { monitor: Monitor::Disabled, failures: 0, threshold: 3 },
        rollback: None,
        stage: None,
        pauses: Vec::new(),
    }
}

/// What a service has of a deployment, with the record that tells about it.
fn live(number: u64, record: u64, rollout: Rollout) -> Deployment {
    deployment(number, id(record), rollout)
}

/// A store with a service that has these deployments, had those of these records, and has a revision for each.
async fn store(deployments: Vec<Deployment>, records: Vec<ServiceDeployment>) -> Store {
    let store = Store::open(Memory::default(), Options::new("test")).unwrap();
    let put = |tx: &mut Transaction| Ok::<_, String>(tx.put(Service { deployments, ..service(ServiceStatus::Active) }));
    store.update(put).await.unwrap();
    for some in records.chunks(50) {
        let put = |tx: &mut Transaction| {
            for record in some {
                tx.put(revision(record.target.number()));
                tx.put(record.clone());
            }
            Ok::<_, String>(())
        };
        store.update(put).await.unwrap();
    }
    store
}

/// The numbers of the records and of the revisions that are there.
fn left(store: &Store) -> (Vec<u64>, Vec<u64>) {
    let view = store.view();
    let mut records: Vec<u64> = view.range::<ServiceDeployment>(..).map(|record| record.deployment.number()).collect();
    records.sort_unstable();
    (records, view.range::<ServiceRevision>(..).map(|revision| revision.id.number()).collect())
}

#[tokio::test]
async fn a_deployment_is_forgotten_90_days_after_its_end_with_its_revision() {
    let records = vec![record(1, Some(at(0))), record(2, Some(at(10))), record(3, Some(at(20)))];
    let store = store(vec![live(3, 3, Rollout::Completed)], records).await;
    assert_eq!(sweep(&store, at(REMEMBERED)).await, 0);
    // The second one's record still names the first one's revision.
    assert_eq!(sweep(&store, at(REMEMBERED + 1)).await, 1);
    assert_eq!(left(&store), (vec![2, 3], vec![1, 2, 3]));
    assert_eq!(sweep(&store, at(REMEMBERED + 11)).await, 2);
    assert_eq!(left(&store), (vec![3], vec![2, 3]));
}

#[tokio::test]
async fn what_runs_and_what_it_may_go_back_to_stays_however_old_it_is() {
    let records = vec![record(1, Some(at(0))), record(2, Some(at(0))), record(3, None)];
    let deployments = vec![live(3, 3, Rollout::InProgress), live(2, 2, Rollout::Completed)];
    let store = store(deployments, records).await;
    assert_eq!(sweep(&store, at(10 * REMEMBERED)).await, 1);
    assert_eq!(left(&store), (vec![2, 3], vec![1, 2, 3]), "the second one's record names the revision that it replaced");
}

#[tokio::test]
async fn a_rollback_keeps_its_record_and_that_of_what_came_back() {
    let back = Rollback { reason: "broken".into(), started_at: at(0), revision: RevisionId::new(2) };
    let taken_back =
        ServiceDeployment { status: ServiceDeploymentStatus::RollbackSuccessful, rollback: Some(back), ..record(3, Some(at(0))) };
    let records = vec![record(1, Some(at(0))), record(2, Some(at(0))), taken_back];
    let store = store(vec![live(2, 3, Rollout::Completed)], records).await;
    assert_eq!(sweep(&store, at(10 * REMEMBERED)).await, 1);
    assert_eq!(left(&store).0, [2, 3]);
}

#[tokio::test]
async fn a_long_history_goes_in_slices_but_for_what_the_service_has() {
    let records = (1..=250).map(|number| record(number, Some(at(0)))).collect();
    let store = store(vec![live(250, 250, Rollout::Completed)], records).await;
    assert_eq!(sweep(&store, at(10 * REMEMBERED)).await, 249 + 248);
    assert_eq!(left(&store), (vec![250], vec![249, 250]));
}

#[tokio::test]
async fn a_deployment_that_came_back_since_it_was_looked_at_stays() {
    let store = store(vec![live(3, 3, Rollout::Completed)], vec![record(1, Some(at(0))), record(3, None)]).await;
    let mut room = 100;
    let past = due(&store.view(), OfService::EndedIn(i64::MIN)..=OfService::EndedIn(i64::MAX), &mut room);
    assert_eq!((past.len(), past[0].len(), room), (1, 3, 97));
    let again = |tx: &mut Transaction| {
        tx.put(Service { deployments: vec![live(1, 1, Rollout::Completed)], ..service(ServiceStatus::Active) });
        Ok::<_, String>(past[0].forget(tx))
    };
    assert_eq!(store.update(again).await.unwrap(), 0);
}
