//! The records of networks: VPCs, their subnets and security groups.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use minicbor::{Decode, Encode};

use crate::{Name, Region, SecurityGroupId, SubnetId, VpcId, cbor};

/// A virtual private cloud: a range of addresses of its own.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Vpc {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its id.
    #[n(1)]
    pub id: VpcId,
    /// Its addresses.
    #[cbor(n(2), with = "cbor::net")]
    pub cidr: Ipv4Net,
    /// Whether it is the one that came with the region.
    #[n(3)]
    pub is_default: bool,
    /// The security group of interfaces that name none.
    #[n(4)]
    pub default_group: SecurityGroupId,
}

/// A part of a VPC, in one availability zone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Subnet {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its id.
    #[n(1)]
    pub id: SubnetId,
    /// Its VPC.
    #[n(2)]
    pub vpc: VpcId,
    /// Its availability zone.
    #[n(3)]
    pub zone: Name,
    /// Its addresses.
    #[cbor(n(4), with = "cbor::net")]
    pub cidr: Ipv4Net,
}

/// A security group. What it allows is not kept: every group lets everything through.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SecurityGroup {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its id.
    #[n(1)]
    pub id: SecurityGroupId,
    /// Its VPC.
    #[n(2)]
    pub vpc: VpcId,
    /// Its name, unique in its VPC.
    #[n(3)]
    pub name: Name,
}

/// Addresses at the beginning of a subnet that nobody gets: the network's, the router's, the name server's, and one to spare.
const KEPT_AT_FIRST: u32 = 4;

impl Subnet {
    /// The first and the last address that an interface can have; none in a subnet that is too small to have any. As in AWS,
    /// the first four and the last of a subnet are kept.
    #[must_use]
    pub fn assignable(&self) -> Option<(Ipv4Addr, Ipv4Addr)> {
        let first = u32::from(self.cidr.network()).checked_add(KEPT_AT_FIRST)?;
        let last = u32::from(self.cidr.broadcast()).checked_sub(1)?;
        (first <= last).then(|| (first.into(), last.into()))
    }

    /// The address of the router, with the length of the subnet's prefix.
    #[must_use]
    pub fn gateway(&self) -> (Ipv4Addr, u8) {
        (Ipv4Addr::from(u32::from(self.cidr.network()) | 1), self.cidr.prefix_len())
    }
}

#[cfg(test)]
mod tests;
