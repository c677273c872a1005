//! How slots are named, and what an interface of a task's own says.

use std::net::Ipv4Addr;

use berth_api::acs;
use berth_net::Addressing;

/// The slot of a task whose containers share it.
pub(super) fn shared(task: &str) -> String {
    task.to_owned()
}

/// The slot of one container.
pub(super) fn own(task: &str, place: usize) -> String {
    format!("{task}.{place}")
}

/// The task that a slot belongs to.
pub(super) fn task_of(slot: &str) -> &str {
    slot.split_once('.').map_or(slot, |(task, _)| task)
}

/// The network interface of a task's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) addressing: Addressing,
    pub(super) address: Ipv4Addr,
    /// The name that its address has.
    pub(super) name: Option<String>,
}

/// The interface that came with a task. An error says what it lacks.
pub(super) fn interface_of(task: &acs::Task) -> Result<Interface, String> {
    let given = task.elastic_network_interfaces.first().ok_or("the task came without its network interface")?;
    let wrong = |what: &str| format!("the task's network interface {} has {what}", given.ec2_id);
    let addresses = &given.ipv4_addresses;
    let primary = addresses.iter().find(|address| address.primary == Some(true)).or(addresses.first());
    let address = primary.and_then(|address| address.private_address.parse().ok()).ok_or_else(|| wrong("no IPv4 address"))?;
    let mac = mac(&given.mac_address).ok_or_else(|| wrong("no hardware address"))?;
    let gateway = given.subnet_gateway_ipv4_address.as_deref().and_then(|text| text.split('/').next()?.parse().ok());
    let gateway = gateway.ok_or_else(|| wrong("no gateway"))?;
    let name = given.private_dns_name.clone().filter(|name| !name.is_empty());
    Ok(Interface { addressing: Addressing::Own { address, mac, gateway }, address, name })
}

fn mac(text: &str) -> Option<[u8; 6]> {
    let bytes: Option<Vec<u8>> = text.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests;
