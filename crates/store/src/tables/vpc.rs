//! VPCs, by region and id.

use berth_model::{Region, Vpc, VpcId};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a VPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VpcKey {
    /// Its region.
    pub region: Region,
    /// Its id.
    pub id: VpcId,
}

/// What VPCs are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum VpcIndex {
    /// The one that came with a region.
    Default(Region),
}

impl Key for VpcKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.ec2_id(self.id);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, id: from.ec2_id()? })
    }
}

impl Record for Vpc {
    type Key = VpcKey;
    type Index = VpcIndex;

    fn key(&self) -> VpcKey {
        VpcKey { region: self.region, id: self.id }
    }

    fn indexes(&self, emit: &mut dyn FnMut(VpcIndex)) {
        if self.is_default {
            emit(VpcIndex::Default(self.region));
        }
    }
}
