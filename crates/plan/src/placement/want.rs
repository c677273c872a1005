//! What is to be placed.

use berth_model::{Attribute, Facts, Name, Resources};

use super::{GroupKey, Rule, Strategy};

/// Tasks that are all alike, to be placed in one go.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    /// What an instance must have.
    pub attributes: &'a [Attribute],
    /// What each takes of its instance. Which GPUs is for placement to say.
    pub reservation: &'a Resources,
    /// How many GPUs each needs.
    pub gpus: u32,
    /// Their group.
    pub group: &'a GroupKey,
    /// The capacity provider whose instances they may be on, if not all may have them.
    pub provider: Option<&'a Name>,
    /// The availability zones they may be in, if they may not be in all.
    pub zones: Option<&'a [Name]>,
    /// How many they are.
    pub count: u32,
    /// Where they may go: the task definition's rules and the call's.
    pub rules: &'a [Rule],
    /// Which of the places is best, the most important first. None: chance decides.
    pub strategies: &'a [Strategy],
}

impl<'a> Want<'a> {
    /// One task of a definition, anywhere. `reservation` is the facts' own unless the caller overrode sizes.
    #[must_use]
    pub fn new(facts: &'a Facts, reservation: &'a Resources, group: &'a GroupKey) -> Self {
        Self {
            attributes: &facts.requires_attributes,
            reservation,
            gpus: facts.gpu_count(),
            group,
            provider: None,
            zones: None,
            count: 1,
            rules: &[],
            strategies: &[],
        }
    }

    /// What one task takes of an instance that registered this and of which `used` is taken: with the GPUs it gets.
    pub(super) fn reservation_on(&self, registered: &Resources, used: &Resources) -> Resources {
        let count = usize::try_from(self.gpus).unwrap_or(usize::MAX);
        let mut reservation = self.reservation.clone();
        if count == 0 {
            return reservation;
        }
        reservation.gpus = registered.free_gpus(used).take(count).cloned().collect();
        reservation
    }
}
