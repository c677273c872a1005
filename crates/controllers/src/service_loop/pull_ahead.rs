//! What services ask nodes to pull before their tasks come.

use berth_model::{Constraint, ResolvedImage, RevisionId, Service, ServiceStatus, TaskDefinition, TaskSet, TaskSetStatus};
use berth_plan::service::PullAhead;
use berth_store::{OfService, State};

use super::Trouble;
use super::recipe::Recipe;

/// What decides on what a service asks: as long as this is the same, so is that.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wish {
    constraints: Vec<Constraint>,
    /// The newest revision, or those of the task sets, with the images that are settled.
    revisions: Vec<(RevisionId, Vec<ResolvedImage>)>,
}

impl Wish {
    /// That of a service; none if it asks for nothing.
    pub(crate) fn of(state: &State, service: &Service) -> Option<Self> {
        let asks = service.pull_ahead && service.status == ServiceStatus::Active;
        asks.then(|| Self { constraints: service.constraints.clone(), revisions: revisions(state, service) })
    }

    /// What nodes are asked for. `images` renders the images of a definition, by the digests that are settled.
    ///
    /// # Errors
    /// Records that belong to the service are not there.
    pub(crate) fn grant(
        &self,
        state: &State,
        service: &Service,
        images: impl Fn(&TaskDefinition, &[ResolvedImage]) -> Vec<Box<str>>,
    ) -> Result<Vec<PullAhead>, Trouble> {
        let of = |(id, settled): &(RevisionId, Vec<ResolvedImage>)| {
            let recipe = Recipe::of(state, service, *id, None)?;
            Ok(recipe.pull_ahead(service, |definition| images(definition, settled)))
        };
        self.revisions.iter().map(of).collect()
    }
}

fn revisions(state: &State, service: &Service) -> Vec<(RevisionId, Vec<ResolvedImage>)> {
    if let Some(primary) = service.primary() {
        let settled = if primary.consistent { primary.digests.clone() } else { Vec::new() };
        return vec![(primary.revision, settled)];
    }
    let key = OfService::Service(service.region, service.cluster.clone(), service.name.clone());
    let sets = state.with::<TaskSet>(&key, ..).filter(|set| set.status != TaskSetStatus::Draining);
    sets.map(|set| (set.revision, Vec::new())).collect()
}
