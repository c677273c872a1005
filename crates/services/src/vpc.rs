//! The VPC that a region comes with: a subnet in each of three zones, and a security group.

use berth_model::{Name, Region, SecurityGroup, SecurityGroupId, Subnet, SubnetId, Vpc, VpcId};
use berth_plan::IdSource;
use berth_store::{SecurityGroupKey, State, SubnetIndex, Transaction, VpcIndex};
use ipnet::Ipv4Net;

/// The addresses of a default VPC where nobody chose others; AWS's own.
pub const DEFAULT_CIDR: &str = "172.31.0.0/16";
/// The availability zones of a region.
const ZONES: [char; 3] = ['a', 'b', 'c'];
/// How many times a subnet's addresses go into the VPC's: a /20 into a /16, as a power of two.
const SUBNET_BITS: u8 = 4;
/// The longest prefix whose subnets have addresses that a task can have.
const LONGEST_PREFIX: u8 = 24;
const SHORTEST_PREFIX: u8 = 16;

/// A region's default VPC, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultVpc {
    /// The VPC.
    pub vpc: Vpc,
    /// Its subnets, in the order of their addresses.
    pub subnets: Vec<Subnet>,
    /// The group of interfaces that name none.
    pub group: SecurityGroup,
}

/// Why a block of addresses cannot be a default VPC's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a VPC needs a block of /{SHORTEST_PREFIX} to /{LONGEST_PREFIX} with no bit set beyond its prefix, not {0}")]
pub struct CidrError(Ipv4Net);

/// A block that can be a default VPC's.
///
/// # Errors
/// It is too large, too small, or its address has bits of a host.
pub fn checked(cidr: Ipv4Net) -> Result<Ipv4Net, CidrError> {
    let fits = (SHORTEST_PREFIX..=LONGEST_PREFIX).contains(&cidr.prefix_len()) && cidr.trunc() == cidr;
    if fits { Ok(cidr) } else { Err(CidrError(cidr)) }
}

/// The region's default VPC.
pub(crate) fn default(state: &State, region: Region) -> Option<DefaultVpc> {
    let vpc = state.with::<Vpc>(&VpcIndex::Default(region), ..).next()?;
    let mut subnets: Vec<Subnet> =
        state.with::<Subnet>(&SubnetIndex::Vpc(vpc.id), ..).map(|subnet| Subnet::clone(subnet)).collect();
    subnets.sort_by_key(|subnet| subnet.cidr);
    let group = state.get::<SecurityGroup>(&SecurityGroupKey { region, id: vpc.default_group })?;
    Some(DefaultVpc { vpc: Vpc::clone(vpc), subnets, group: SecurityGroup::clone(group) })
}

/// Makes the region's default VPC with these addresses if there is none. One that is there keeps its own.
pub(crate) fn make_default(
    tx: &mut Transaction,
    region: Region,
    cidr: Ipv4Net,
    ids: &mut dyn IdSource,
) -> Result<DefaultVpc, CidrError> {
    if let Some(known) = default(tx, region) {
        return Ok(known);
    }
    let vpc = VpcId::from_bytes(ids.next());
    let group = SecurityGroup { region, id: SecurityGroupId::from_bytes(ids.next()), vpc, name: Name::new("default") };
    let blocks = checked(cidr)?.subnets(cidr.prefix_len() + SUBNET_BITS).map_err(|_| CidrError(cidr))?;
    let subnets: Vec<Subnet> = blocks
        .zip(ZONES)
        .map(|(cidr, zone)| Subnet {
            region,
            id: SubnetId::from_bytes(ids.next()),
            vpc,
            zone: Name::new(&format!("{region}{zone}")),
            cidr,
        })
        .collect();
    let vpc = Vpc { region, id: vpc, cidr, is_default: true, default_group: group.id };
    tx.put(vpc.clone());
    tx.put(group.clone());
    for subnet in &subnets {
        tx.put(subnet.clone());
    }
    Ok(DefaultVpc { vpc, subnets, group })
}

#[cfg(test)]
mod tests;
