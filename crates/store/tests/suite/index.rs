//! Indexes, counts and derived values.

use std::convert::Infallible;
use std::ops::Bound;
use std::time::Duration;

use berth_model::{
    Attached, Attachment, AttachmentId, AttachmentStatus, Attribute, ContainerInstance, InstanceId, InterfaceId, LaunchType,
    Life, LogGroup, LogGroupClass, LogGroupId, NetworkInterface, RevisionStatus, Subnet, SubnetId, Tags, Task, TaskDefinition,
    Timestamp, VpcId, node,
};
use berth_store::{
    Change, Counts, Derived, Edit, InstanceIndex, InstanceState, LogGroupIndex, Options, RevisionState, Store,
    TaskDefinitionIndex, TaskDefinitionKey, TaskIndex, TaskKey, Transaction,
};

use crate::fixture::{Media, definition, instance, key, region, stop, task, wait};

async fn change<T>(store: &Store, run: impl FnOnce(&mut Transaction) -> T) -> T {
    store.update(|tx| Ok::<T, Infallible>(run(tx))).await.unwrap()
}

pub(crate) fn pages_of_a_cluster_follow_each_other(media: &impl Media) {
    wait(async {
        let store = media.open();
        change(&store, |tx| (0..90).for_each(|number| drop(tx.put(task(number))))).await;
        change(&store, |tx| tx.put(Task { cluster: "other".into(), ..task(200) })).await;
        let index = TaskIndex::Cluster(region("us-east-1"), "default".into(), true);
        let (view, mut seen, mut from) = (store.view(), Vec::new(), Bound::Unbounded);
        loop {
            let page: Vec<TaskKey> =
                view.with::<Task>(&index, (from, Bound::Unbounded)).take(25).map(|task| key_of(task)).collect();
            let Some(last) = page.last() else { break };
            from = Bound::Excluded(*last);
            seen.extend(page);
        }
        assert_eq!(seen, (0..90).map(key).collect::<Vec<_>>());
        assert_eq!(view.count::<Task>(&index), 90);
    });
}

fn key_of(task: &Task) -> TaskKey {
    TaskKey { region: task.region, id: task.id }
}

pub(crate) fn task_definitions_are_listed_both_ways(media: &impl Media) {
    wait(async {
        let store = media.open();
        change(&store, |tx| {
            for (family, revision) in [("web", 2), ("api", 10), ("web", 1), ("api", 9)] {
                tx.put(definition(family, revision, RevisionStatus::Active));
            }
            tx.put(definition("daemon:web", 1, RevisionStatus::Active));
            tx.put(definition("api", 8, RevisionStatus::Inactive { deregistered_at: Timestamp::EPOCH }));
        })
        .await;
        let view = store.view();
        let names = |rows: &mut dyn Iterator<Item = &berth_store::Shared<TaskDefinition>>| -> Vec<String> {
            rows.map(|row| format!("{}:{}", row.family, row.revision)).collect()
        };
        let active = TaskDefinitionIndex::Status(region("us-east-1"), RevisionState::Active);
        assert_eq!(names(&mut view.with::<TaskDefinition>(&active, ..)), ["api:9", "api:10", "web:1", "web:2"]);
        assert_eq!(names(&mut view.with::<TaskDefinition>(&active, ..).rev()), ["web:2", "web:1", "api:10", "api:9"]);
        let last = TaskDefinitionKey { region: region("us-east-1"), family: "web".into(), revision: 1 };
        assert_eq!(names(&mut view.with::<TaskDefinition>(&active, ..last).rev()), ["api:10", "api:9"]);
        let api = TaskDefinitionIndex::Family(region("us-east-1"), "api".into(), RevisionState::Inactive);
        assert_eq!(names(&mut view.with::<TaskDefinition>(&api, ..)), ["api:8"]);
        let daemons = |state| TaskDefinitionIndex::Daemons(region("us-east-1"), state);
        assert_eq!(names(&mut view.with::<TaskDefinition>(&daemons(None), ..)), ["daemon:web:1"]);
        assert_eq!(names(&mut view.with::<TaskDefinition>(&daemons(Some(RevisionState::Active)), ..)), ["daemon:web:1"]);
        assert_eq!(names(&mut view.with::<TaskDefinition>(&daemons(Some(RevisionState::Inactive)), ..)), Vec::<String>::new());
    });
}

pub(crate) fn stopped_tasks_are_found_by_time_across_regions(media: &impl Media) {
    wait(async {
        let store = media.open();
        let minute = |n: u64| Timestamp::EPOCH + Duration::from_secs(60 * n);
        change(&store, |tx| {
            for (number, place, at) in [(1, "eu-west-1", 10), (2, "us-east-1", 20), (3, "ap-south-1", 30)] {
                let life = Life::Stopped { started_at: None, stopped_at: minute(at) };
                tx.put(Task { region: region(place), life, desired: stop(), ..task(number) });
            }
            tx.put(task(4));
        })
        .await;
        let view = store.view();
        let until = |at| (Bound::Included(TaskIndex::StoppedIn(i64::MIN)), Bound::Excluded(TaskIndex::stopped_at(at)));
        let found: Vec<_> = view.index::<Task>(until(minute(25))).map(|(_, key)| key.region.as_str()).collect();
        assert_eq!(found, ["eu-west-1", "us-east-1"]);
    });
}

pub(crate) fn task_to_send_is_indexed_until_it_runs(media: &impl Media) {
    wait(async {
        let store = media.open();
        let instance = InstanceId::from_bytes([9; 16]);
        let to_send = || store.view().count::<Task>(&TaskIndex::ToSend(instance));
        change(&store, |tx| tx.put(Task { instance: Some(instance), ..task(1) })).await;
        assert_eq!(to_send(), 1);
        change(&store, |tx| tx.modify::<Task>(&key(1), |task| task.life = Life::Running { started_at: Timestamp::EPOCH })).await;
        assert_eq!(to_send(), 0);
        change(&store, |tx| tx.modify::<Task>(&key(1), |task| task.desired = stop())).await;
        assert_eq!(to_send(), 1);
        let stopped = Life::Stopped { started_at: None, stopped_at: Timestamp::EPOCH };
        change(&store, |tx| tx.modify::<Task>(&key(1), |task| task.life = stopped)).await;
        assert_eq!(to_send(), 0);
        assert_eq!(store.view().count::<Task>(&TaskIndex::Instance(instance, false)), 1);
    });
}

pub(crate) fn counts_follow_the_tasks(media: &impl Media) {
    wait(async {
        let store = media.open();
        let instance = InstanceId::from_bytes([9; 16]);
        change(&store, |tx| {
            tx.put(Task { instance: Some(instance), ..task(1) });
            tx.put(Task { instance: Some(instance), life: Life::Running { started_at: Timestamp::EPOCH }, ..task(2) });
            tx.put(Task { life: Life::Provisioning, desired: stop(), ..task(3) });
        })
        .await;
        let read = |counts: &Counts| {
            let (place, cluster) = (region("us-east-1"), "default".into());
            let (of_cluster, of_group) = (counts.cluster(place, &cluster), counts.group(place, &cluster, &"family:web".into()));
            let of_instance = counts.instance(instance);
            (of_cluster.running(), of_cluster.pending(), of_group.desired, of_instance.running, of_instance.pending)
        };
        assert_eq!(read(store.view().counts()), (1, 2, 2, 1, 1));
        change(&store, |tx| (1..=3).for_each(|number| drop(tx.delete::<Task>(&key(number))))).await;
        assert_eq!(*store.view().counts(), Counts::default(), "nothing is left of counts of nothing");
    });
}

pub(crate) fn fargate_tasks_do_not_count_on_the_instance(media: &impl Media) {
    wait(async {
        let store = media.open();
        let instance = InstanceId::from_bytes([9; 16]);
        change(&store, |tx| tx.put(Task { launch: LaunchType::Fargate, instance: Some(instance), ..task(1) })).await;
        assert_eq!(store.view().counts().instance(instance).pending, 0);
        assert_eq!(store.view().counts().cluster(region("us-east-1"), &"default".into()).pending(), 1);
    });
}

pub(crate) fn addresses_are_those_of_the_tasks_that_are_not_over(media: &impl Media) {
    wait(async {
        let store = media.open();
        let subnet = Subnet {
            region: region("us-east-1"),
            id: SubnetId::from_bytes([1; 16]),
            vpc: VpcId::from_bytes([1; 16]),
            zone: "us-east-1a".into(),
            cidr: "10.0.0.0/28".parse().unwrap(),
        };
        let attached = |tx: &Transaction, number: u8| {
            let interface = NetworkInterface {
                id: InterfaceId::from_bytes([number; 16]),
                subnet: subnet.id,
                address: tx.addresses().free(&subnet).unwrap(),
                groups: [].into_iter().collect(),
                public: false,
            };
            let id = AttachmentId::from_bytes([number; 16]);
            Attachment { id, status: AttachmentStatus::Attaching, what: Attached::Interface(interface) }
        };
        change(&store, |tx| {
            tx.put(subnet.clone());
            for number in 1..=3 {
                let attachments = [attached(tx, number)].into_iter().collect();
                tx.put(Task { attachments, life: Life::Provisioning, ..task(number) });
            }
        })
        .await;
        let free = |store: &Store| store.view().addresses().available(&subnet);
        assert_eq!(free(&store), 8);
        assert_eq!(store.view().count::<Task>(&TaskIndex::attaching_since(Timestamp::EPOCH)), 3);
        change(&store, |tx| tx.modify::<Task>(&key(1), |task| task.life = Life::Deprovisioning { started_at: None })).await;
        assert_eq!((free(&store), store.view().count::<Task>(&TaskIndex::Deprovisioning)), (8, 1));
        let over = Life::Stopped { started_at: None, stopped_at: Timestamp::EPOCH };
        change(&store, |tx| tx.modify::<Task>(&key(1), |task| task.life = over)).await;
        change(&store, |tx| tx.delete::<Task>(&key(1))).await;
        assert_eq!(free(&store), 9, "given back once, and not once more when it is forgotten");
        store.close().await.unwrap();
        let store = media.open();
        assert_eq!(free(&store), 9);
        assert!(store.view().addresses().is_taken(subnet.id, std::net::Ipv4Addr::new(10, 0, 0, 6)));
    });
}

pub(crate) fn nodes_for_fargate_alone_are_in_no_cluster(media: &impl Media) {
    wait(async {
        let store = media.open();
        let attribute = |name: &str, value: &str| Attribute { name: name.into(), value: Some(value.into()) };
        let node = |number: u8, fargate: &[&str]| ContainerInstance {
            attributes: fargate
                .iter()
                .map(|value| attribute(node::FARGATE, value))
                .chain([attribute(node::AWSVPC, node::AWSVPC_VERSION)])
                .collect(),
            ..instance(number)
        };
        change(&store, |tx| {
            tx.put(node(1, &[]));
            tx.put(node(2, &["true"]));
            tx.put(node(3, &[node::FARGATE_ONLY]));
        })
        .await;
        let view = store.view();
        let place = region("us-east-1");
        let of_cluster = InstanceIndex::Cluster(place, "default".into(), InstanceState::Active);
        let seen = |index: &InstanceIndex| -> Vec<u8> {
            view.with::<ContainerInstance>(index, ..).map(|instance| instance.id.as_bytes()[0]).collect()
        };
        assert_eq!(seen(&of_cluster), [1, 2]);
        assert_eq!(seen(&InstanceIndex::Fargate(place, InstanceState::Active)), [2, 3]);
        assert_eq!(view.counts().cluster(place, &"default".into()).instances, 2);
    });
}

/// The sum of the versions of all tasks.
#[derive(Debug, Clone, Default, PartialEq)]
struct Versions(u64);

impl Derived for Versions {
    fn apply(&mut self, change: &Change<'_>) {
        if let Change::Task(Edit { old, new }) = *change {
            self.0 += new.map_or(0, |task| task.version);
            self.0 -= old.map_or(0, |task| task.version);
        }
    }
}

pub(crate) fn derived_value_follows_and_is_rolled_back(media: &impl Media) {
    wait(async {
        let open = || media.open_with(Options::new("test").derive(Versions::default()));
        let store = open();
        change(&store, |tx| {
            tx.put(Task { version: 5, ..task(1) });
            assert_eq!(tx.derived(), Some(&Versions(5)));
        })
        .await;
        let aborted = store.update(|tx| {
            tx.put(Task { version: 50, ..task(2) });
            Err::<(), u64>(tx.derived::<Versions>().unwrap().0)
        });
        assert!(aborted.await.is_err_and(|error| error.to_string() == "aborted: 55"));
        change(&store, |tx| tx.put(Task { version: 1, ..task(3) })).await;
        assert_eq!(store.view().derived(), Some(&Versions(6)));
        store.close().await.unwrap();
        assert_eq!(open().view().derived(), Some(&Versions(6)), "rebuilt when opened");
    });
}

pub(crate) fn log_groups_are_listed_by_name_and_by_class(media: &impl Media) {
    wait(async {
        let store = media.open();
        let group = |name: &str, class| LogGroup {
            region: region("us-east-1"),
            name: name.into(),
            id: LogGroupId::from_bytes([7; 16]),
            class,
            retention_in_days: None,
            deletion_protection: false,
            tags: Tags::default(),
            created_at: Timestamp::EPOCH,
        };
        change(&store, |tx| {
            drop(tx.put(group("/ecs/b", LogGroupClass::Standard)));
            drop(tx.put(group("/ecs/a", LogGroupClass::InfrequentAccess)));
            drop(tx.put(group("/ecs/C", LogGroupClass::Standard)));
        })
        .await;
        let view = store.view();
        let names = |index| view.with::<LogGroup>(&index, ..).map(|group| group.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(LogGroupIndex::Region(region("us-east-1"))), ["/ecs/C", "/ecs/a", "/ecs/b"]);
        assert_eq!(names(LogGroupIndex::Class(region("us-east-1"), LogGroupClass::Standard)), ["/ecs/C", "/ecs/b"]);
        assert_eq!(names(LogGroupIndex::Region(region("eu-west-1"))), [""; 0]);
    });
}
