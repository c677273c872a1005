//! Families of task definitions, by region and name.

use std::convert::Infallible;

use berth_model::{Family, Name, Region};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a family.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyKey {
    /// Its region.
    pub region: Region,
    /// Its name.
    pub name: Name,
}

impl Key for FamilyKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.name);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, name: from.name()? })
    }
}

impl Record for Family {
    type Key = FamilyKey;
    /// The order of the keys is all that is asked for: which families have active revisions, the revisions' index knows.
    type Index = Infallible;

    fn key(&self) -> FamilyKey {
        FamilyKey { region: self.region, name: self.name.clone() }
    }

    fn indexes(&self, _: &mut dyn FnMut(Infallible)) {}
}
