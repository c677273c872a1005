//! The networks of one task.

use std::collections::BTreeMap;
use std::sync::Arc;

use berth_api::acs;
use berth_model::NetworkBinding;
use berth_net::{Addressing, IdBlock};
use berth_oci::ImageConfig;
use berth_runtime::{IdMap, Network};
use tokio::sync::watch;

use super::ports::Mapping;
use super::wiring::{Joined, Reach, Wanted, Wiring};
use super::{links, names};
use crate::container_spec::{self, Connection, NetworkMode};
use crate::images::Resolved;
use crate::task::unblocked;

/// The networks of one task. Dropping it lets go of its ports, but leaves its slots: [`TaskNetwork::release`] gives them back.
#[derive(Debug)]
pub(crate) struct TaskNetwork {
    wiring: Arc<Wiring>,
    task: Arc<acs::Task>,
    /// The task's name on this machine.
    id: String,
    /// By the name of the slot.
    slots: BTreeMap<String, Joining>,
    is_released: bool,
}

/// A slot, as soon as it is there, or why there is none.
type Joining = watch::Receiver<Option<Result<Arc<Joined>, Arc<str>>>>;

/// Another container that one is linked to.
#[derive(Debug, Clone)]
pub(crate) struct Linked {
    pub(crate) place: usize,
    pub(crate) alias: String,
    /// It has started, so its image is known.
    pub(crate) image: Option<Resolved>,
}

impl TaskNetwork {
    pub(crate) fn new(wiring: Arc<Wiring>, task: Arc<acs::Task>, id: &str) -> Self {
        Self { wiring, task, id: id.to_owned(), slots: BTreeMap::new(), is_released: false }
    }

    /// Begins to take all that the task needs.
    pub(crate) fn begin(&mut self) {
        for place in 0..self.task.containers.len() {
            // What is wrong with it is said when the container is made.
            let _ = self.slot(place);
        }
    }

    /// The slot of a container, which is being taken from now on at the latest; none if its network is not made for it.
    fn slot(&mut self, place: usize) -> Result<Option<Joining>, String> {
        let Some(wanted) = self.wanted(place)? else { return Ok(None) };
        if let Some(joining) = self.slots.get(&wanted.name) {
            return Ok(Some(joining.clone()));
        }
        let (done, joining) = watch::channel(None);
        self.slots.insert(wanted.name.clone(), joining.clone());
        let wiring = Arc::clone(&self.wiring);
        tokio::spawn(async move {
            let joined = unblocked(move || wiring.join(&wanted)).await;
            done.send_replace(Some(joined.map(Arc::new).map_err(Arc::from)));
        });
        Ok(Some(joining))
    }

    fn wanted(&self, place: usize) -> Result<Option<Wanted>, String> {
        let failed = |problem: &dyn ToString| format!("CannotCreateContainerError: {}", problem.to_string());
        let Some(container) = self.task.containers.get(place) else { return Ok(None) };
        match container_spec::network_mode(&self.task, container).map_err(|error| failed(&error))? {
            NetworkMode::None | NetworkMode::Host => Ok(None),
            NetworkMode::Own => {
                let interface = names::interface_of(&self.task).map_err(|error| failed(&error))?;
                Ok(Some(Wanted {
                    name: names::shared(&self.id),
                    addressing: interface.addressing,
                    own_ids: container_spec::is_fargate(&self.task),
                    mappings: Vec::new(),
                }))
            }
            NetworkMode::Bridge => {
                let mappings = Mapping::of(container).map_err(|error| failed(&error))?;
                Ok(Some(Wanted { name: names::own(&self.id, place), addressing: Addressing::Bridge, own_ids: false, mappings }))
            }
        }
    }

    /// What a container is connected to, once that is there.
    pub(crate) fn pending(&mut self, place: usize, links: Vec<Linked>) -> Pending {
        let slot = self.slot(place);
        let slots = links.into_iter().map(|link| {
            let slot = self.slot(link.place);
            (link, slot)
        });
        let links = slots.collect();
        Pending { wiring: Arc::clone(&self.wiring), task: Arc::clone(&self.task), place, slot, links }
    }

    /// The host ports of a container whose network was there before; waits for it.
    pub(crate) async fn bindings(&mut self, place: usize) -> Vec<NetworkBinding> {
        match self.slot(place) {
            Ok(Some(slot)) => joined(slot).await.map(|joined| joined.bindings.clone()).unwrap_or_default(),
            Ok(None) | Err(_) => Vec::new(),
        }
    }

    /// Gives everything back: when this returns, the task is not reached any more, and its ports are free.
    pub(crate) async fn release(&mut self) {
        if std::mem::replace(&mut self.is_released, true) {
            return;
        }
        for joining in self.slots.values() {
            // What is being taken is waited for, or it would be there afterwards.
            let _ = joined(joining.clone()).await;
        }
        let own = (0..self.task.containers.len()).map(|place| names::own(&self.id, place));
        let all: Vec<String> = own.chain([names::shared(&self.id)]).collect();
        let wiring = Arc::clone(&self.wiring);
        unblocked(move || wiring.release(&all)).await;
        self.slots.clear();
    }
}

async fn joined(mut joining: Joining) -> Result<Arc<Joined>, String> {
    let ended = || "ContainerNetworkingError: the agent ended".to_owned();
    let done = joining.wait_for(Option::is_some).await.map_err(|_| ended())?;
    match &*done {
        Some(Ok(joined)) => Ok(Arc::clone(joined)),
        Some(Err(why)) => Err(why.to_string()),
        None => Err(ended()),
    }
}

/// What a container is connected to, as soon as it is there.
#[derive(Debug)]
pub(crate) struct Pending {
    wiring: Arc<Wiring>,
    task: Arc<acs::Task>,
    place: usize,
    slot: Result<Option<Joining>, String>,
    links: Vec<(Linked, Result<Option<Joining>, String>)>,
}

impl Pending {
    /// Waits for it. What comes beside are the container's host ports; an error is the reason why it cannot start.
    pub(crate) async fn connection(self) -> Result<(Connection, Vec<NetworkBinding>), String> {
        let Some(container) = self.task.containers.get(self.place) else {
            return Ok((Connection::to(Network::Loopback), Vec::new()));
        };
        let Some(slot) = self.slot? else {
            let mode = container_spec::network_mode(&self.task, container).map_err(|error| error.to_string())?;
            let (network, reach) = match mode {
                NetworkMode::Host => (Network::Host, Reach::TheMachine),
                NetworkMode::None | NetworkMode::Bridge | NetworkMode::Own => (Network::Loopback, Reach::Nothing),
            };
            return Ok((Connection { environment: self.wiring.environment(reach), ..Connection::to(network) }, Vec::new()));
        };
        let slot = joined(slot).await?;
        let mut connection = Connection {
            address: Some(slot.slot.address),
            hostname: names::interface_of(&self.task).ok().and_then(|interface| interface.name),
            resolver: Some(self.wiring.resolver()),
            ids: slot.slot.ids.map(|ids| IdMap { first: ids.first, count: IdBlock::COUNT }),
            environment: self.wiring.environment(Reach::ItsOwn),
            ..Connection::to(Network::Namespace(slot.slot.namespace.clone()))
        };
        for (link, slot) in self.links {
            let (Some(slot), Some(to)) = (slot?, self.task.containers.get(link.place)) else { continue };
            let address = joined(slot).await?.slot.address;
            connection.hosts.push((address, links::names(&link.alias, &to.name)));
            let nothing = ImageConfig::default();
            let image = link.image.as_ref().map_or(&nothing, |image| &image.config);
            connection.environment.extend(links::environment(&container.name, &link.alias, address, to, image));
        }
        Ok((connection, slot.bindings.clone()))
    }
}
