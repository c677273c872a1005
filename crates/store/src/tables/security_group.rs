//! Security groups, by region and id.

use std::convert::Infallible;

use berth_model::{Region, SecurityGroup, SecurityGroupId};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a security group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecurityGroupKey {
    /// Its region.
    pub region: Region,
    /// Its id.
    pub id: SecurityGroupId,
}

impl Key for SecurityGroupKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.ec2_id(self.id);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, id: from.ec2_id()? })
    }
}

impl Record for SecurityGroup {
    type Key = SecurityGroupKey;
    /// Groups are named by their ids alone.
    type Index = Infallible;

    fn key(&self) -> SecurityGroupKey {
        SecurityGroupKey { region: self.region, id: self.id }
    }

    fn indexes(&self, _: &mut dyn FnMut(Infallible)) {}
}
