use berth_model::{
    Constraint, ConstraintKind, DeploymentController, DeploymentId, Document, ResolvedImage, RevisionId, Rollout,
    ServiceDeploymentId, ServiceEvent, ServiceRevision, ServiceStatus, StrategyItem, Tags, TaskSetStatus,
};
use berth_store::backend::Memory;
use berth_store::{ChangeFeed, Event, Options, Store, TaskSetKey, Transaction};

use super::*;
use crate::fixtures::{at, definition, deployment, region, revision, service};

/// A store, and who heeds its changes as the hub does.
struct Stage {
    store: Store,
    changes: ChangeFeed,
    wishes: Wishes,
    board: Board,
}

impl Stage {
    fn new() -> Self {
        let store = Store::open(Memory::default(), Options::new("test")).unwrap();
        Self { changes: store.changes(), store, wishes: Wishes::default(), board: empty_board() }
    }

    /// Makes a change; whether control streams hear of it.
    async fn change(&mut self, change: impl FnOnce(&mut Transaction) + Send + 'static) -> bool {
        let update = |tx: &mut Transaction| {
            change(tx);
            Ok::<_, String>(())
        };
        self.store.update(update).await.unwrap();
        let Some(Event::Changed { touched, .. }) = self.changes.next().await else { panic!("no change") };
        let mut seen = self.board.subscribe();
        seen.mark_unchanged();
        self.wishes.heed(&self.store.view(), &touched, &self.board);
        let is_told = seen.has_changed().unwrap();
        // Whoever begins anew comes to the same.
        let anew = empty_board();
        Wishes::default().heed_all(&self.store.view(), &anew);
        assert_eq!(*anew.borrow(), *self.board.borrow());
        is_told
    }

    fn images(&self) -> Vec<String> {
        self.board.borrow().iter().flat_map(|one| one.images.iter().map(ToString::to_string)).collect()
    }
}

/// An active service that asks for it, with the deployment of this revision.
fn asking(number: u64) -> Service {
    let deployments = vec![deployment(number, ServiceDeploymentId::from_bytes([1; 16]), Rollout::InProgress)];
    Service { deployments, pull_ahead: true, ..service(ServiceStatus::Active) }
}

fn put_revision(tx: &mut Transaction, number: u64, images: &[&str]) {
    let container = |(at, image): (usize, &&str)| format!(r#"{{"name": "c{at}", "image": "{image}"}}"#);
    let containers: Vec<String> = images.iter().enumerate().map(container).collect();
    let document = Document::new(format!(r#"{{"containerDefinitions": [{}]}}"#, containers.join(",")));
    let own = u32::try_from(number).unwrap();
    tx.put(TaskDefinition { revision: own, document, ..definition() });
    tx.put(ServiceRevision { definition: own, ..revision(number) });
}

#[tokio::test]
async fn a_service_asks_for_the_images_of_its_newest_revision_as_long_as_it_wants_to() {
    let mut stage = Stage::new();
    let begins = |tx: &mut Transaction| {
        put_revision(tx, 1, &["web:1", "side:1"]);
        put_revision(tx, 2, &["web:2", "side:1"]);
        tx.put(asking(1));
    };
    assert!(stage.change(begins).await);
    assert_eq!(stage.images(), ["web:1", "side:1"]);
    assert!(stage.change(|tx| drop(tx.put(asking(2)))).await);
    assert_eq!(stage.images(), ["web:2", "side:1"]);
    assert!(!stage.change(|tx| drop(tx.put(Service { desired_count: 7, next_event: 9, ..asking(2) }))).await, "nothing of it");
    assert!(stage.change(|tx| drop(tx.put(Service { pull_ahead: false, ..asking(2) }))).await);
    assert_eq!(stage.images(), [] as [&str; 0]);
    stage.change(|tx| drop(tx.put(asking(2)))).await;
    assert!(stage.change(|tx| drop(tx.put(Service { status: ServiceStatus::Draining, ..asking(2) }))).await);
    assert_eq!(stage.images(), [] as [&str; 0]);
}

#[tokio::test]
async fn once_the_first_task_settled_an_image_that_one_is_asked_for() {
    let mut stage = Stage::new();
    let digest = format!("sha256:{}", "a".repeat(64));
    let settled = ResolvedImage { container: "c0".into(), digest: digest.as_str().into() };
    stage
        .change(|tx| {
            put_revision(tx, 1, &["host:5000/web:1", "side:1"]);
            tx.put(asking(1));
        })
        .await;
    let mut next = asking(1);
    next.deployments[0].digests.push(settled);
    next.deployments[0].consistent = false;
    let other = next.clone();
    assert!(!stage.change(|tx| drop(tx.put(other))).await, "as long as it is not settled");
    next.deployments[0].consistent = true;
    assert!(stage.change(|tx| drop(tx.put(next))).await);
    assert_eq!(stage.images(), [format!("host:5000/web@{digest}"), "side:1".to_owned()]);
}

#[tokio::test]
async fn where_tasks_may_go_is_said_with_the_images() {
    let mut stage = Stage::new();
    stage
        .change(|tx| {
            put_revision(tx, 1, &["web:1"]);
            tx.put(asking(1));
        })
        .await;
    let constraint = Constraint { kind: ConstraintKind::MemberOf, expression: Some("attribute:disk == ssd".into()) };
    assert!(stage.change(move |tx| drop(tx.put(Service { constraints: vec![constraint], ..asking(1) }))).await);
    assert_eq!(stage.board.borrow()[0].rules.len(), 1);
    let broken = Constraint { kind: ConstraintKind::MemberOf, expression: Some("(".into()) };
    stage.change(move |tx| drop(tx.put(Service { constraints: vec![broken], ..asking(1) }))).await;
    assert_eq!(stage.images(), [] as [&str; 0], "what cannot be understood is left out");
    let by_provider = |tx: &mut Transaction| {
        let mut record = revision(3);
        record.source.strategy = vec![StrategyItem { provider: "racks".into(), weight: 1, base: 0 }];
        put_revision(tx, 3, &["web:3"]);
        tx.put(ServiceRevision { definition: 3, ..record });
        tx.put(asking(3));
    };
    stage.change(by_provider).await;
    assert_eq!(stage.board.borrow()[0].providers, ["racks"]);
}

#[tokio::test]
async fn a_service_of_task_sets_asks_for_the_images_of_those_that_stay() {
    let mut stage = Stage::new();
    let set = |number: u64, status| TaskSet {
        region: region(),
        cluster: "default".into(),
        service: "web".into(),
        id: DeploymentId::new(number),
        external_id: None,
        status,
        revision: RevisionId::new(number),
        scale: 10_000,
        is_steady: false,
        steady_at: at(0),
        created_at: at(0),
        updated_at: at(0),
        tags: Tags::default(),
        client_token: None,
        setbacks: 0,
        retry_at: None,
    };
    let begins = move |tx: &mut Transaction| {
        for number in 1..=3 {
            put_revision(tx, number, &[&format!("web:{number}")]);
        }
        let controller = DeploymentController::External;
        tx.put(Service { controller, pull_ahead: true, ..service(ServiceStatus::Active) });
        tx.put(set(1, TaskSetStatus::Active));
        tx.put(set(2, TaskSetStatus::Draining));
    };
    assert!(stage.change(begins).await);
    assert_eq!(stage.images(), ["web:1"]);
    assert!(stage.change(move |tx| drop(tx.put(set(3, TaskSetStatus::Active)))).await);
    assert_eq!(stage.images(), ["web:1", "web:3"]);
    let key = TaskSetKey { region: region(), id: DeploymentId::new(1) };
    assert!(stage.change(move |tx| drop(tx.delete::<TaskSet>(&key))).await);
    assert_eq!(stage.images(), ["web:3"]);
}

#[tokio::test]
async fn what_others_do_is_nobodys_affair() {
    let mut stage = Stage::new();
    let event = ServiceEvent {
        region: region(),
        cluster: "default".into(),
        service: "web".into(),
        number: 1,
        id: [0; 16],
        at: at(0),
        message: "said".into(),
    };
    assert!(!stage.change(|tx| drop(tx.put(event))).await);
    assert!(!stage.change(|tx| drop(tx.put(service(ServiceStatus::Active)))).await);
}
