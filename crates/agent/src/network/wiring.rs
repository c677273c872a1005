//! What this machine has for the networks of its tasks.

use std::net::Ipv4Addr;
use std::sync::Arc;

use berth_client::Endpoint;
use berth_model::NetworkBinding;
use berth_net::{Addressing, Attach, NetError, Networks, Options, Published, Repaired, Slot};
use ipnet::Ipv4Net;
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::link_local::{CONTROL_PLANE, LinkLocal, RESOLVER};
use super::names;
use super::ports::{Mapping, bindings};
use super::traffic::SlotTraffic;
use crate::error::AgentError;
use crate::task::unblocked;

/// What this machine has for the networks of its tasks.
#[derive(Debug)]
pub(crate) struct Wiring {
    made: Option<Made>,
    endpoint: Endpoint,
    region: String,
}

#[derive(Debug)]
struct Made {
    networks: Arc<Networks>,
    link_local: LinkLocal,
    vpc: Ipv4Net,
}

/// A slot that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) addressing: Addressing,
    /// Whether it is to belong to ids of the task's own.
    pub(super) own_ids: bool,
    /// Ports that the machine shall have too.
    pub(super) mappings: Vec<Mapping>,
}

/// A slot that a task has.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) slot: Slot,
    pub(super) bindings: Vec<NetworkBinding>,
    /// They keep others from the ports. To be closed after the slot is released.
    _ports: Vec<Published>,
}

impl Wiring {
    /// Opens the networks, with the slots of the tasks that are on disk. Without options no task gets a network.
    pub(crate) async fn open(
        options: Option<Options>,
        endpoint: &Endpoint,
        region: &str,
        tasks: Vec<String>,
        parts: &mut JoinSet<()>,
    ) -> Result<Self, AgentError> {
        let (endpoint, region) = (endpoint.clone(), region.to_owned());
        let Some(options) = options else { return Ok(Self { made: None, endpoint, region }) };
        let vpc = options.vpc;
        let link_local = LinkLocal::start(&endpoint, parts).await;
        let link_local = link_local.map_err(|error| AgentError::Networks { problem: error.to_string() })?;
        let networks = unblocked(move || Networks::open(options, |slot| tasks.iter().any(|task| task == names::task_of(slot))));
        let networks = networks.await.map_err(|error| AgentError::Networks { problem: error.to_string() })?;
        info!(%vpc, adopted = networks.slots().len(), "task networks are ready");
        Ok(Self { made: Some(Made { networks: Arc::new(networks), link_local, vpc }), endpoint, region })
    }

    /// Takes a slot, or makes sure of one that the task has already. Blocks. An error is a container's reason.
    pub(super) fn join(&self, wanted: &Wanted) -> Result<Joined, String> {
        let failed = |problem: &dyn ToString| format!("ContainerNetworkingError: {}", problem.to_string());
        let Some(Made { networks, link_local, vpc }) = &self.made else {
            return Err(failed(&"this agent was started without task networks"));
        };
        if let Addressing::Own { address, .. } = wanted.addressing
            && !vpc.contains(&address)
        {
            let advice = "start the agent with the control plane's --vpc-cidr";
            return Err(failed(&format!("the address {address} is not in this machine's VPC {vpc}: {advice}")));
        }
        let name = wanted.name.as_str();
        let attach = Attach { name, addressing: wanted.addressing, own_ids: wanted.own_ids };
        let slot = networks.take(attach).map_err(|error| failed(&error))?;
        networks.relay(name, &link_local.relays()).map_err(|error| failed(&error))?;
        let ports = match networks.republish(name) {
            Ok(ports) if ports.is_empty() => publish(networks, wanted)?,
            Ok(ports) => ports,
            Err(error) => {
                // It was published all the time, and whoever has the port now waits in vain.
                warn!(name, %error, "a published port is not held any more");
                Vec::new()
            }
        };
        Ok(Joined { slot, bindings: bindings(&wanted.mappings, &ports), _ports: ports })
    }

    /// Gives slots back; what is not there is given back already. Blocks.
    pub(super) fn release(&self, names: &[String]) {
        let Some(made) = &self.made else { return };
        names.iter().for_each(|name| made.networks.release(name));
    }

    /// Gives back all slots of a task of which nothing else is known. Blocks.
    pub(crate) fn release_all_of(&self, task: &str) {
        let Some(made) = &self.made else { return };
        let slots = made.networks.slots().into_iter().map(|slot| slot.name);
        self.release(&slots.filter(|slot| names::task_of(slot) == task).collect::<Vec<_>>());
    }

    /// What went through the slots in use; nothing where there are no networks. Blocks.
    pub(crate) fn traffic(&self) -> Result<SlotTraffic, NetError> {
        let Some(made) = &self.made else { return Ok(SlotTraffic::default()) };
        made.networks.traffic().map(SlotTraffic::new)
    }

    /// Where names are asked for if nobody else can be asked.
    pub(super) fn resolver(&self) -> Ipv4Addr {
        *RESOLVER.ip()
    }

    /// What every container's environment says unless it says something else itself: where the control plane is, as its network
    /// reaches it, and the region.
    pub(super) fn environment(&self, reaches: Reach) -> Vec<(String, String)> {
        let endpoint = match reaches {
            Reach::Nothing => None,
            Reach::TheMachine => Some(self.endpoint.to_string()),
            Reach::ItsOwn => Some(format!("http://{CONTROL_PLANE}{}", self.endpoint.path())),
        };
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name.to_owned(), self.region.clone()));
        endpoint.map(|endpoint| ("AWS_ENDPOINT_URL".to_owned(), endpoint)).into_iter().chain(region).collect()
    }

    /// Whether others changed the machine's rules since they were last looked at. Blocks.
    pub(super) fn is_disturbed(&self) -> Result<bool, NetError> {
        self.made.as_ref().map_or(Ok(false), |made| made.networks.is_disturbed())
    }

    /// Repairs what others undid. Blocks.
    pub(super) fn check(&self) -> Result<Repaired, NetError> {
        self.made.as_ref().map_or(Ok(Repaired::default()), |made| made.networks.check())
    }
}

fn publish(networks: &Networks, wanted: &Wanted) -> Result<Vec<Published>, String> {
    let asked: Vec<_> = wanted.mappings.iter().map(Mapping::publication).collect();
    networks.publish(&wanted.name, &asked).map_err(|error| match error {
        NetError::PortTaken { protocol, port } => {
            format!("CannotStartContainerError: Bind for 0.0.0.0:{port}/{protocol} failed: port is already allocated")
        }
        error => format!("ContainerNetworkingError: {error}"),
    })
}

/// What a container can speak to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Itself.
    Nothing,
    /// All that the machine does.
    TheMachine,
    /// What a network of its own leads to.
    ItsOwn,
}
