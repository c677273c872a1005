//! Services and what belongs to them.

use std::convert::Infallible;
use std::time::Duration;

use berth_model::{
    CircuitBreaker, Deployment, DeploymentConfiguration, DeploymentController, DeploymentId, Life, RevisionId, Rollout,
    Scheduling, Service, ServiceDeploymentId, ServiceEvent, ServiceStatus, Tags, Task, Timestamp, daemon,
};
use berth_store::{GroupCounts, ServiceEventKey, ServiceIndex, ServiceKey, ServiceState, Store, TaskIndex, Transaction};

use crate::fixture::{Media, region, stop, task, wait};

async fn change<T>(store: &Store, run: impl FnOnce(&mut Transaction) -> T) -> T {
    store.update(|tx| Ok::<T, Infallible>(run(tx))).await.unwrap()
}

fn deployment(number: u64, definition: u32) -> Deployment {
    Deployment {
        id: DeploymentId::new(number),
        record: ServiceDeploymentId::from_bytes([1; 16]),
        revision: RevisionId::new(number),
        family: "web".into(),
        definition,
        rollout: Rollout::InProgress,
        reason: "".into(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        failed_tasks: 0,
        setbacks: 0,
        retry_at: None,
        rolls_back: None,
        digests: Vec::new(),
        consistent: true,
    }
}

fn service(name: &str, status: ServiceStatus, deployments: Vec<Deployment>) -> Service {
    Service {
        region: region("us-east-1"),
        cluster: "default".into(),
        name: name.into(),
        status,
        scheduling: Scheduling::Replica,
        controller: DeploymentController::Ecs,
        desired_count: 1,
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
        deployments,
        constraints: Vec::new(),
        strategies: Vec::new(),
        grace_seconds: None,
        zone_rebalancing: None,
        role: None,
        tags: Tags::default(),
        propagate_tags: None,
        managed_tags: false,
        enable_execute_command: false,
        created_at: Timestamp::EPOCH,
        created_by: "".into(),
        updated_at: Timestamp::EPOCH,
        next_event: 0,
        notices: Vec::new(),
        version: 1,
        client_token: None,
        pull_ahead: false,
    }
}

pub(crate) fn services_are_found_by_cluster_and_by_what_they_run(media: &impl Media) {
    wait(async {
        let store = media.open();
        change(&store, |tx| {
            tx.put(service("web", ServiceStatus::Active, vec![deployment(1, 2), deployment(2, 1), deployment(3, 2)]));
            tx.put(service("api", ServiceStatus::Active, Vec::new()));
            tx.put(Service { pull_ahead: true, ..service("soon", ServiceStatus::Active, Vec::new()) });
            tx.put(Service { pull_ahead: true, ..service("over", ServiceStatus::Draining, Vec::new()) });
            tx.put(service("old", ServiceStatus::Inactive { at: Timestamp::EPOCH }, Vec::new()));
            let gone = ServiceStatus::Inactive { at: Timestamp::EPOCH + Duration::from_secs(60) };
            for (name, status) in [("a", ServiceStatus::Active), ("b", ServiceStatus::Draining), ("c", gone)] {
                let name = daemon::kept(name);
                tx.put(Service { scheduling: Scheduling::Managed, ..service(&name, status, Vec::new()) });
            }
        })
        .await;
        let view = store.view();
        let names = |index| view.with::<Service>(&index, ..).map(|service| service.name.to_string()).collect::<Vec<_>>();
        let cluster = |state| ServiceIndex::Cluster(region("us-east-1"), "default".into(), state);
        assert_eq!(names(cluster(ServiceState::Active)), ["api", "soon", "web"]);
        assert_eq!(names(cluster(ServiceState::Inactive)), ["old"]);
        assert_eq!(names(ServiceIndex::Daemons(region("us-east-1"))), ["daemon:a", "daemon:b"]);
        assert_eq!(names(cluster(ServiceState::Draining)), ["over"]);
        assert_eq!(names(ServiceIndex::PullAhead), ["soon"]);
        assert_eq!(names(ServiceIndex::gone_at(Timestamp::EPOCH)), ["old"]);
        let runs = |definition| names(ServiceIndex::Definition(region("us-east-1"), "web".into(), definition));
        assert_eq!((runs(1), runs(2), runs(3)), (vec!["web".into()], vec!["web".into()], Vec::new()));
    });
}

pub(crate) fn the_newest_events_of_a_service_stay(media: &impl Media) {
    wait(async {
        let store = media.open();
        let event = |service: &str, number| ServiceEvent {
            region: region("us-east-1"),
            cluster: "default".into(),
            service: service.into(),
            number,
            id: [0; 16],
            at: Timestamp::EPOCH,
            message: "".into(),
        };
        change(&store, |tx| {
            for number in [1, 2, 3, 101] {
                tx.put(event("web", number));
            }
            tx.put(event("web2", 5));
        })
        .await;
        let service = ServiceKey { region: region("us-east-1"), cluster: "default".into(), name: "web".into() };
        let key = |slot| ServiceEventKey { service: service.clone(), slot };
        let view = store.view();
        let mut kept: Vec<u64> = view.range::<ServiceEvent>(key(0)..=key(Service::EVENTS)).map(|event| event.number).collect();
        kept.sort_unstable();
        assert_eq!(kept, [2, 3, 101]);
    });
}

pub(crate) fn tasks_of_a_service_are_counted_and_wait_to_be_settled(media: &impl Media) {
    wait(async {
        let store = media.open();
        let id = DeploymentId::new(7);
        let of_service = |number| Task { group: "service:web".into(), started_by: Some(id.to_string().into()), ..task(number) };
        let over = Life::Stopped { started_at: None, stopped_at: Timestamp::EPOCH };
        change(&store, |tx| {
            tx.put(Task { life: Life::Running { started_at: Timestamp::EPOCH }, ..of_service(1) });
            tx.put(Task { life: over, desired: stop(), ..of_service(2) });
            tx.put(Task { life: over, desired: stop(), settled: true, ..of_service(3) });
            tx.put(Task { life: Life::Stopping { started_at: None }, desired: stop(), ..of_service(5) });
            // Whoever says so is no service.
            tx.put(Task { life: over, desired: stop(), group: "family:web".into(), ..of_service(4) });
        })
        .await;
        let view = store.view();
        assert_eq!(view.counts().deployment(region("us-east-1"), id), GroupCounts { running: 1, pending: 0, desired: 1 });
        let unsettled = TaskIndex::Unsettled(region("us-east-1"), "default".into(), "service:web".into());
        let found: Vec<u8> = view.with::<Task>(&unsettled, ..).map(|task| task.id.as_bytes()[0]).collect();
        assert_eq!(found, [2, 5]);
    });
}
