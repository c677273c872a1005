//! Subnets, by region and id.

use berth_model::{Region, Subnet, SubnetId, VpcId};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubnetKey {
    /// Its region.
    pub region: Region,
    /// Its id.
    pub id: SubnetId,
}

/// What subnets are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubnetIndex {
    /// The subnets of a VPC.
    Vpc(VpcId),
}

impl Key for SubnetKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.ec2_id(self.id);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, id: from.ec2_id()? })
    }
}

impl Record for Subnet {
    type Key = SubnetKey;
    type Index = SubnetIndex;

    fn key(&self) -> SubnetKey {
        SubnetKey { region: self.region, id: self.id }
    }

    fn indexes(&self, emit: &mut dyn FnMut(SubnetIndex)) {
        emit(SubnetIndex::Vpc(self.vpc));
    }
}
