//! What is attached to a task.

use std::net::Ipv4Addr;

use minicbor::{Decode, Encode};
use thin_vec::ThinVec;

use crate::{AttachmentId, InterfaceId, MacAddress, Region, SecurityGroupId, SubnetId, cbor};

/// Something attached to a task.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Attachment {
    /// Its id.
    #[n(0)]
    pub id: AttachmentId,
    /// How far it has come.
    #[n(1)]
    pub status: AttachmentStatus,
    /// What it is.
    #[n(2)]
    pub what: Attached,
}

/// The kinds of things that are attached.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Attached {
    /// A network interface.
    #[n(0)]
    Interface(#[n(0)] NetworkInterface),
}

/// A network interface of a task's own. It is the task's as long as the task is not over.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NetworkInterface {
    /// Its id.
    #[n(0)]
    pub id: InterfaceId,
    /// Its subnet.
    #[n(1)]
    pub subnet: SubnetId,
    /// Its address, which no other interface of the subnet has.
    #[n(2)]
    pub address: Ipv4Addr,
    /// Its security groups.
    #[cbor(n(3), with = "cbor::thin")]
    pub groups: ThinVec<SecurityGroupId>,
    /// Whether a public address was asked for.
    #[n(4)]
    pub public: bool,
}

impl NetworkInterface {
    /// Its hardware address: made of its address, so that one is unique where the other is.
    #[must_use]
    pub const fn mac(&self) -> MacAddress {
        MacAddress::of(self.address)
    }

    /// The name that AWS gives its address.
    #[must_use]
    pub fn private_dns_name(&self, region: Region) -> String {
        let [a, b, c, d] = self.address.octets();
        match region.as_str() {
            "us-east-1" => format!("ip-{a}-{b}-{c}-{d}.ec2.internal"),
            region => format!("ip-{a}-{b}-{c}-{d}.{region}.compute.internal"),
        }
    }
}

impl Attachment {
    /// The network interface, if it is one.
    #[must_use]
    pub const fn interface(&self) -> Option<&NetworkInterface> {
        match &self.what {
            Attached::Interface(interface) => Some(interface),
        }
    }

    /// AWS's word for what it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.what {
            Attached::Interface(_) => "ElasticNetworkInterface",
        }
    }
}

/// The states of an attachment; they only advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum AttachmentStatus {
    /// It exists, and its node hears of it together with its task.
    #[n(0)]
    Precreated,
    /// Its agent is told of it, and has to say that it is there before it is told of the task.
    #[n(1)]
    Attaching,
    /// It is there.
    #[n(2)]
    Attached,
    /// The task has ended, and it is being given back.
    #[n(3)]
    Detaching,
    /// It was given back.
    #[n(4)]
    Deleted,
}

impl AttachmentStatus {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Precreated => "PRECREATED",
            Self::Attaching => "ATTACHING",
            Self::Attached => "ATTACHED",
            Self::Detaching => "DETACHING",
            Self::Deleted => "DELETED",
        }
    }
}
