//! The order in which instances are listed: by state, then by id.

use std::fmt;
use std::ops::Bound;
use std::str::FromStr;

use berth_model::{ContainerInstance, InstanceId, Name};
use berth_store::{InstanceIndex, InstanceKey, InstanceState, State};

use crate::ecs::scope::Scope;

/// The states of instances that are listed, in the order of the list. INACTIVE ones are described and not listed.
pub(in crate::ecs) const LISTED: [InstanceState; 5] = [
    InstanceState::Registering,
    InstanceState::Active,
    InstanceState::Draining,
    InstanceState::Deregistering,
    InstanceState::RegistrationFailed,
];

/// A place in the list, as page tokens carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ecs) struct Place {
    state: usize,
    pub(in crate::ecs) id: InstanceId,
}

/// A text that is no place.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ecs) struct NoPlace;

impl Place {
    /// Where an instance stands.
    pub(in crate::ecs) fn of(instance: &ContainerInstance) -> Self {
        let state = InstanceState::from(&instance.status);
        Self { state: number(state), id: instance.id }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.state, self.id)
    }
}

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (state, id) = text.split_once(':').ok_or(NoPlace)?;
        Ok(Self { state: state.parse().map_err(|_| NoPlace)?, id: id.parse().map_err(|_| NoPlace)? })
    }
}

/// The instances of a cluster in some states, from a place on.
pub(in crate::ecs) fn listed<'a>(
    state: &'a State,
    scope: Scope,
    cluster: &'a Name,
    states: &'a [InstanceState],
    from: Bound<Place>,
) -> impl Iterator<Item = &'a ContainerInstance> {
    states.iter().flat_map(move |wanted| {
        let key = |id| InstanceKey { region: scope.region, id };
        let from = match from {
            Bound::Included(place) | Bound::Excluded(place) if number(*wanted) < place.state => None,
            Bound::Included(place) if number(*wanted) == place.state => Some(Bound::Included(key(place.id))),
            Bound::Excluded(place) if number(*wanted) == place.state => Some(Bound::Excluded(key(place.id))),
            Bound::Included(_) | Bound::Excluded(_) | Bound::Unbounded => Some(Bound::Unbounded),
        };
        let index = InstanceIndex::Cluster(scope.region, cluster.clone(), *wanted);
        from.into_iter().flat_map(move |from| state.with::<ContainerInstance>(&index, (from, Bound::Unbounded))).map(|row| &**row)
    })
}

fn number(state: InstanceState) -> usize {
    LISTED.iter().position(|listed| *listed == state).unwrap_or_default()
}
