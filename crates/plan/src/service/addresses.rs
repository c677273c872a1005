//! Addresses for tasks that have network interfaces of their own.

use std::collections::BTreeMap;

use berth_model::Name;

use super::Revision;

/// How many addresses are left in each zone; none if the tasks need none.
#[derive(Debug, Clone)]
pub(super) struct Left(Option<BTreeMap<Name, u32>>);

impl Left {
    /// What is left for a revision's tasks.
    pub(super) fn of(revision: &Revision<'_>) -> Self {
        Self(
            revision
                .zones
                .map(|zones| zones.iter().filter(|(_, left)| **left > 0).map(|(zone, left)| (zone.clone(), *left)).collect()),
        )
    }

    /// Whether no task can have one.
    pub(super) fn is_nothing(&self) -> bool {
        self.0.as_ref().is_some_and(BTreeMap::is_empty)
    }

    /// The zones where one is left; none if all will do.
    pub(super) fn zones(&self) -> Option<Vec<Name>> {
        self.0.as_ref().map(|zones| zones.keys().cloned().collect())
    }

    /// Takes one in a zone; whether there was one.
    pub(super) fn take(&mut self, zone: Option<&Name>) -> bool {
        let Some(zones) = &mut self.0 else { return true };
        let Some(left) = zone.and_then(|zone| zones.get_mut(zone)).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }
}
