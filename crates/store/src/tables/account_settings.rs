//! Account settings, by region and principal.

use std::convert::Infallible;

use berth_model::{AccountSettings, Region};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names the settings of a principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountSettingsKey {
    /// Their region.
    pub region: Region,
    /// The principal's ARN.
    pub principal: Box<str>,
}

impl Key for AccountSettingsKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.principal);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, principal: from.text()?.into() })
    }
}

impl Record for AccountSettings {
    type Key = AccountSettingsKey;
    /// They are asked for by principal alone.
    type Index = Infallible;

    fn key(&self) -> AccountSettingsKey {
        AccountSettingsKey { region: self.region, principal: self.principal.clone() }
    }

    fn indexes(&self, _: &mut dyn FnMut(Infallible)) {}
}
