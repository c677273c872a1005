use berth_model::{
    ClusterStatus, Desired, LaunchType, Life, Name, Resources, RevisionStatus, Stop, StopCode, Tags, TaskId, TaskTimes, ThinVec,
};
use berth_store::Options;
use berth_store::backend::Memory;

use super::*;
use crate::fixtures::{at, definition, region};

const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn task(number: u8, stopped_at: Option<Timestamp>) -> Task {
    let life = stopped_at.map_or(Life::Pending, |stopped_at| Life::Stopped { started_at: None, stopped_at });
    let stop = |at| Box::new(Stop { code: StopCode::UserInitiated, reason: "done".into(), stopping_at: at });
    Task {
        region: region(),
        id: TaskId::from_bytes([number; 16]),
        cluster: Name::new("default"),
        family: Name::new("web"),
        revision: 1,
        containers: Box::default(),
        overrides: None,
        launch: LaunchType::Ec2,
        capacity_provider: None,
        platform_version: None,
        group: Name::new("family:web"),
        started_by: None,
        instance: None,
        zone: None,
        life,
        desired: stopped_at.map_or(Desired::Running, |at| Desired::Stopped(stop(at))),
        reservation: Resources::default(),
        version: 1,
        times: TaskTimes { created_at: at(0), pull_started_at: None, pull_stopped_at: None, execution_stopped_at: None },
        connectivity: None,
        enable_execute_command: false,
        tags: Tags::default(),
        client_token: None,
        attachments: ThinVec::new(),
        ephemeral_storage_gib: None,
        override_cpu: None,
        override_memory: None,
        protected_until: None,
        settled: false,
    }
}

fn cluster(inactive_at: Option<Timestamp>) -> Cluster {
    Cluster {
        region: region(),
        name: Name::new("old"),
        status: if inactive_at.is_some() { ClusterStatus::Inactive } else { ClusterStatus::Active },
        settings: Vec::new(),
        configuration: None,
        capacity_providers: Vec::new(),
        default_strategy: Vec::new(),
        service_connect_namespace: None,
        tags: Tags::default(),
        created_at: at(0),
        inactive_at,
    }
}

fn token(expires_at: Timestamp) -> ClientToken {
    ClientToken {
        region: region(),
        operation: Name::new("RunTask"),
        cluster: Name::new("default"),
        token: "t".into(),
        request_hash: [0; 32],
        results: Vec::new(),
        expires_at,
    }
}

async fn store(fill: impl FnOnce(&mut berth_store::Transaction)) -> Store {
    let store = Store::open(Memory::new(), Options::new("test")).unwrap();
    store
        .update(|tx| {
            fill(tx);
            Ok::<_, Infallible>(())
        })
        .await
        .unwrap();
    store
}

#[tokio::test]
async fn a_stopped_task_is_kept_for_an_hour_and_then_forgotten() {
    let store = store(|tx| {
        tx.put(task(1, Some(at(0))));
        tx.put(task(2, None));
    })
    .await;
    assert_eq!(pass(&store, at(0) + HOUR).await.unwrap().changed, 0);
    assert_eq!(pass(&store, at(1) + HOUR).await.unwrap().changed, 1);
    assert_eq!(store.view().total::<Task>(), 1);
    assert_eq!(pass(&store, at(100_000)).await.unwrap().changed, 0, "a task that runs is never forgotten");
}

#[tokio::test]
async fn more_than_one_update_holds_are_forgotten_in_one_pass() {
    let store = store(|_| ()).await;
    for start in [0_u8, 90, 180] {
        let put = |tx: &mut berth_store::Transaction| {
            for number in start..start.saturating_add(75) {
                tx.put(task(number, Some(at(0))));
            }
            Ok::<_, Infallible>(())
        };
        store.update(put).await.unwrap();
    }
    assert_eq!(pass(&store, at(120)).await.unwrap().changed, 225);
}

#[tokio::test]
async fn a_revision_to_be_deleted_goes_after_its_last_task() {
    let store = store(|tx| {
        let status = RevisionStatus::DeleteInProgress { deregistered_at: at(0), requested_at: at(0) };
        tx.put(TaskDefinition { status, ..definition() });
        tx.put(task(1, Some(at(0))));
    })
    .await;
    assert_eq!(pass(&store, at(30)).await.unwrap().changed, 0);
    assert_eq!(pass(&store, at(120)).await.unwrap().changed, 2);
    assert_eq!(store.view().total::<TaskDefinition>(), 0);
}

#[tokio::test]
async fn a_deleted_cluster_and_an_expired_token_are_forgotten() {
    let store = store(|tx| {
        tx.put(cluster(Some(at(0))));
        tx.put(token(at(10)));
    })
    .await;
    assert_eq!(pass(&store, at(10)).await.unwrap().changed, 0);
    assert_eq!(pass(&store, at(11)).await.unwrap().changed, 1);
    assert_eq!(pass(&store, at(62)).await.unwrap().changed, 1);
}

#[tokio::test]
async fn a_cluster_created_again_stays() {
    let store = store(|tx| {
        tx.put(cluster(Some(at(0))));
        tx.put(cluster(None));
    })
    .await;
    assert_eq!(pass(&store, at(1000)).await.unwrap().changed, 0);
}
