use berth_model::{
    Attached, Attachment, AttachmentId, AttachmentStatus, Desired, InterfaceId, Life, NetworkInterface, Stop, StopCode, Subnet,
    SubnetId, VpcId,
};
use berth_store::Options;
use berth_store::backend::Memory;

use super::*;
use crate::fixtures::{at, region};
use crate::sweep_loop::tests::task;

fn subnet() -> Subnet {
    let (id, vpc) = (SubnetId::from_bytes([1; 16]), VpcId::from_bytes([1; 16]));
    Subnet { region: region(), id, vpc, zone: "us-east-1a".into(), cidr: "10.0.0.0/24".parse().unwrap() }
}

/// A task with an interface.
fn attached(number: u8, life: Life, status: AttachmentStatus) -> Task {
    let interface = NetworkInterface {
        id: InterfaceId::from_bytes([number; 16]),
        subnet: subnet().id,
        address: [10, 0, 0, number].into(),
        groups: [].into_iter().collect(),
        public: false,
    };
    let attachment = Attachment { id: AttachmentId::from_bytes([number; 16]), status, what: Attached::Interface(interface) };
    let instance = Some(berth_model::InstanceId::from_bytes([9; 16]));
    Task { instance, life, attachments: [attachment].into_iter().collect(), ..task(number, None) }
}

fn ended(number: u8) -> Task {
    let stop = Stop { code: StopCode::UserInitiated, reason: "done".into(), stopping_at: at(0) };
    let life = Life::Deprovisioning { started_at: None };
    Task { desired: Desired::Stopped(Box::new(stop)), ..attached(number, life, AttachmentStatus::Detaching) }
}

async fn store_of(tasks: impl IntoIterator<Item = Task>) -> Store {
    let store = Store::open(Memory::default(), Options::new("test")).unwrap();
    for task in tasks {
        store.update(|tx| Ok::<_, String>(tx.put(task).is_some())).await.unwrap();
    }
    store
}

fn lives(store: &Store) -> Vec<&'static str> {
    store.view().range::<Task>(..).map(|task| task.life.as_str()).collect()
}

#[tokio::test]
async fn tasks_that_have_ended_give_back_what_was_made_for_them() {
    let waiting = attached(200, Life::Provisioning, AttachmentStatus::Precreated);
    let store = store_of((10..=130).map(ended).chain([waiting])).await;
    let free = |store: &Store| store.view().addresses().available(&subnet());
    assert_eq!(free(&store), 251 - 122);
    assert_eq!(pass(&store, at(1)).await.unwrap(), Pass { changed: 121 });
    assert_eq!((free(&store), pass(&store, at(2)).await.unwrap()), (250, Pass::default()));
    assert_eq!(lives(&store).last(), Some(&"PROVISIONING"));
}

#[tokio::test]
async fn task_whose_interface_nobody_finds_is_stopped_after_three_minutes() {
    let waits = |number, status| attached(number, Life::Provisioning, status);
    let store = store_of([waits(10, AttachmentStatus::Attaching), waits(11, AttachmentStatus::Attached)]).await;
    assert_eq!(pass(&store, at(2)).await.unwrap(), Pass::default());
    assert_eq!(pass(&store, at(3)).await.unwrap(), Pass { changed: 1 });
    assert_eq!(lives(&store), ["STOPPED", "PROVISIONING"]);
}
