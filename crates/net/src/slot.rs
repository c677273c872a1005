//! A slot with a task: what the caller sees, what is remembered, and the elements of the ruleset that follow from it.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use crate::nft::{Datum, Element, GATEWAYS, HAIRPINS, PUBLISHED, RELAYS, SOURCES};
use crate::ports::{Protocol, Published};
use crate::publish::Relay;
use crate::{IdBlock, Installation, NetError};

/// Where a task's address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// The task's own, of the VPC (`awsvpc`).
    Own {
        /// The address.
        address: Ipv4Addr,
        /// The hardware address.
        mac: [u8; 6],
        /// The first address of the subnet.
        gateway: Ipv4Addr,
    },
    /// One of the node's own pool (`bridge`).
    Bridge,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Attach<'a> {
    /// The slot's name from now on, unique on the node: letters, digits, `-`, `_` and `.`, at most 128.
    pub name: &'a str,
    /// Its address.
    pub addressing: Addressing,
    /// Whether the network namespace shall belong to a user namespace with ids of its own: see [`crate::Options::ids`].
    pub own_ids: bool,
}

/// A task's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// As it was asked for.
    pub name: String,
    /// The network namespace, mounted here.
    pub namespace: PathBuf,
    /// The node's end; the task's is `eth0`.
    pub interface: String,
    /// The task's address.
    pub address: Ipv4Addr,
    /// Its gateway, which is the node.
    pub gateway: Ipv4Addr,
    /// The ids of the user namespace that the network namespace belongs to, if that is not the node's.
    pub ids: Option<IdBlock>,
}

/// What is known of a slot in use. All of it can be read back from the kernel.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) number: u32,
    pub(crate) index: u32,
    pub(crate) address: Ipv4Addr,
    pub(crate) gateway: Ipv4Addr,
    pub(crate) ids: Option<IdBlock>,
    pub(crate) published: Vec<Element>,
    pub(crate) relays: Vec<Element>,
}

impl Held {
    /// All elements of the ruleset that are there for this slot, grouped by set.
    pub(crate) fn elements(&self, installation: Installation) -> Vec<Element> {
        let mut all = vec![self.source(installation)];
        all.extend_from_slice(&self.published);
        if !self.published.is_empty() {
            all.extend(self.return_path());
        }
        all.extend_from_slice(&self.relays);
        all
    }

    /// That this address comes from this interface.
    pub(crate) fn source(&self, installation: Installation) -> Element {
        let interface = installation.interface(self.number);
        Element { set: SOURCES, key: Datum::default().interface(&interface).address(self.address), value: None }
    }

    /// How answers find back from a published port to the node's loopback, and to the task itself.
    pub(crate) fn return_path(&self) -> [Element; 2] {
        let (address, gateway) = (Datum::default().address(self.address), Datum::default().address(self.gateway));
        [
            Element { set: GATEWAYS, key: address.clone(), value: Some(gateway) },
            Element { set: HAIRPINS, key: address.address(self.address), value: None },
        ]
    }

    pub(crate) fn publication(&self, published: &Published) -> Element {
        Element {
            set: PUBLISHED,
            key: Datum::default().protocol(published.protocol.number()).port(published.host_port),
            value: Some(Datum::default().address(self.address).port(published.container_port)),
        }
    }

    pub(crate) fn relay(&self, installation: Installation, Relay { protocol, from, to }: Relay) -> Element {
        let interface = installation.interface(self.number);
        Element {
            set: RELAYS,
            key: Datum::default().interface(&interface).protocol(protocol.number()).address(*from.ip()).port(from.port()),
            value: Some(Datum::default().address(*to.ip()).port(to.port())),
        }
    }
}

/// Protocol, host port and container port of an element of `published`.
pub(crate) fn decode_published(element: &Element) -> Option<(Protocol, u16, u16)> {
    let [protocol, _, _, _, h0, h1, _, _] = *element.key.0.first_chunk()?;
    let [_, _, _, _, c0, c1, _, _] = *element.value.as_ref()?.0.first_chunk()?;
    Some((Protocol::of_number(protocol)?, u16::from_be_bytes([h0, h1]), u16::from_be_bytes([c0, c1])))
}

/// The address that an element of `published` leads to.
pub(crate) fn published_address(element: &Element) -> Option<Ipv4Addr> {
    element.value.as_ref()?.0.first_chunk::<4>().map(|bytes| Ipv4Addr::from(*bytes))
}

/// The interface at the beginning of an element's key.
pub(crate) fn key_interface(element: &Element) -> Option<&str> {
    let bytes = element.key.0.first_chunk::<16>()?;
    std::str::from_utf8(bytes).ok().map(|name| name.trim_end_matches('\0'))
}

/// What is written on an interface: whose it is, and the ids that it goes with.
pub(crate) fn alias(name: &str, ids: Option<IdBlock>) -> String {
    ids.map_or_else(|| name.to_owned(), |ids| format!("{name}@{ids}"))
}

/// What [`alias`] has written; nothing if it has not.
pub(crate) fn read_alias(alias: &str) -> Option<(&str, Option<IdBlock>)> {
    match alias.split_once('@') {
        None => Some((alias, None)),
        Some((name, ids)) => Some((name, Some(ids.parse().ok()?))),
    }
}

/// A name is written on the interface, and shown to people.
pub(crate) fn check_name(name: &str) -> Result<(), NetError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=128).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    Err(NetError::Invalid { what: format!("{name:?} cannot be the name of a network") })
}
