//! Which images nodes pull before tasks come: those of services that ask for it.

use std::collections::BTreeSet;

use berth_model::{Attribute, ContainerInstance, Name, Resources, Timestamp};

use crate::placement::{GroupKey, PoolKey, Rule, Want, suits};

/// Images that an instance is told of at once, at most.
const MOST_IMAGES: usize = 256;

/// The images of a service's revision, and which instances are to have them before its tasks come.
#[derive(Debug, Clone, PartialEq)]
pub struct PullAhead {
    /// Where its tasks go.
    pub pool: PoolKey,
    /// Their group.
    pub group: GroupKey,
    /// What an instance must have.
    pub attributes: Vec<Attribute>,
    /// The rules of its definition and of the service.
    pub rules: Vec<Rule>,
    /// The availability zones its tasks may be in, if they may not be in all.
    pub zones: Option<Vec<Name>>,
    /// The capacity providers whose instances its tasks may be on; none if they may be on all.
    pub providers: Vec<Name>,
    /// When it reached the service.
    pub since: Timestamp,
    /// The images of its containers, as nodes are told them.
    pub images: Vec<Box<str>>,
}

impl PullAhead {
    /// Whether a task of it could come to an instance, whatever is there.
    fn concerns(&self, instance: &ContainerInstance) -> bool {
        let nothing = Resources::default();
        let want = Want {
            attributes: &self.attributes,
            reservation: &nothing,
            gpus: 0,
            group: &self.group,
            provider: None,
            zones: self.zones.as_deref(),
            count: 1,
            rules: &self.rules,
            strategies: &[],
        };
        let of_provider =
            || self.providers.is_empty() || instance.capacity_provider.iter().any(|own| self.providers.contains(own));
        PoolKey::around(instance).any(|pool| pool == self.pool) && of_provider() && suits(&want, instance)
    }
}

/// The images that an instance is to have, each once: those of the newest revisions first, for they are pulled in that order.
#[must_use]
pub fn images_ahead(instance: &ContainerInstance, all: &[PullAhead]) -> Vec<Box<str>> {
    let mut own: Vec<&PullAhead> = all.iter().filter(|one| one.concerns(instance)).collect();
    own.sort_by(|one, other| other.since.cmp(&one.since).then_with(|| one.group.cmp(&other.group)));
    let mut seen = BTreeSet::new();
    let images = own.into_iter().flat_map(|one| &one.images).filter(|image| seen.insert(*image));
    images.take(MOST_IMAGES).cloned().collect()
}

#[cfg(test)]
mod tests;
