//! What a container is connected to.

use std::net::Ipv4Addr;

use berth_api::acs;
use berth_runtime::{IdMap, Network};

use super::docker::Wanted;
use super::error::{FieldError, SpecError};

/// Which kind of network a container has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkMode {
    /// None, but itself.
    None,
    /// The machine's.
    Host,
    /// One for itself, of the machine's own addresses.
    Bridge,
    /// One that it shares with its task, with the task's address.
    Own,
}

/// What a container is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its network.
    pub network: Network,
    /// The name that its network gives it.
    pub hostname: Option<String>,
    /// Its address.
    pub address: Option<Ipv4Addr>,
    /// Other containers, by address and names.
    pub hosts: Vec<(Ipv4Addr, String)>,
    /// Who knows names, if none of the machine's resolvers can be asked from there.
    pub resolver: Option<Ipv4Addr>,
    /// The ids that its network was made for, if they are not the machine's.
    pub ids: Option<IdMap>,
    /// Variables of which the image and the definition know better.
    pub environment: Vec<(String, String)>,
}

impl Connection {
    /// A network that brings nothing else.
    #[must_use]
    pub const fn to(network: Network) -> Self {
        Self { network, hostname: None, address: None, hosts: Vec::new(), resolver: None, ids: None, environment: Vec::new() }
    }
}

/// Whether a task is Fargate's: it has ids of its own, and nothing of the machine's.
#[must_use]
pub fn is_fargate(task: &acs::Task) -> bool {
    task.launch_type.as_deref() == Some("FARGATE")
}

/// The kind of network that a container of a task has.
///
/// # Errors
/// It asks for what cannot be.
pub fn network_mode(task: &acs::Task, container: &acs::Container) -> Result<NetworkMode, SpecError> {
    let mode = Wanted::of(container).and_then(|wanted| mode(task, &wanted));
    mode.map_err(|error| error.of(&container.name))
}

fn mode(task: &acs::Task, wanted: &Wanted<'_>) -> Result<NetworkMode, FieldError> {
    let said = |mode: &Option<String>| mode.clone().filter(|mode| !mode.is_empty() && mode != "default");
    let mode = said(&task.network_mode).or_else(|| said(&wanted.host.network_mode)).unwrap_or_else(|| "bridge".to_owned());
    let is_disabled = wanted.config.network_disabled == Some(true);
    match mode.as_str() {
        "none" => Ok(NetworkMode::None),
        "host" if is_disabled => Err(FieldError::new("disableNetworking", "a container on the host's network has it")),
        "host" => Ok(NetworkMode::Host),
        "bridge" if is_disabled => Ok(NetworkMode::None),
        "bridge" => Ok(NetworkMode::Bridge),
        "awsvpc" if is_disabled => Err(FieldError::new("disableNetworking", "a container of a task with a network has it")),
        "awsvpc" => Ok(NetworkMode::Own),
        mode => Err(FieldError::new("networkMode", format!("there is no mode `{mode}`"))),
    }
}
