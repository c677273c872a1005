//! Capacity providers, by region and name.

use std::convert::Infallible;

use berth_model::{CapacityProvider, Name, Region};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a capacity provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapacityProviderKey {
    /// Its region.
    pub region: Region,
    /// Its name.
    pub name: Name,
}

impl Key for CapacityProviderKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.name);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, name: from.name()? })
    }
}

impl Record for CapacityProvider {
    type Key = CapacityProviderKey;
    /// There are a few of them: the order of the keys is all that is asked for.
    type Index = Infallible;

    fn key(&self) -> CapacityProviderKey {
        CapacityProviderKey { region: self.region, name: self.name.clone() }
    }

    fn indexes(&self, _: &mut dyn FnMut(Infallible)) {}
}
