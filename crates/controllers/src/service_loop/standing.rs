//! What is remembered of a service between its passes, because finding it out again costs time.

use std::collections::BTreeMap;
use std::sync::Arc;

use berth_model::{Constraint, Name, PlacementStrategy, RevisionId, Service, ServiceRevision, TaskDefinition};
use berth_plan::placement::{self, Rule, Sieve, Strategy};

use super::Trouble;

/// Where tasks of a revision may go, understood.
#[derive(Debug)]
pub(super) struct Understood {
    revision: RevisionId,
    constraints: Vec<Constraint>,
    given: Vec<PlacementStrategy>,
    /// The definition's and the service's constraints.
    pub(super) rules: Vec<Rule>,
    /// The service's strategies.
    pub(super) strategies: Vec<Strategy>,
}

impl Understood {
    /// Understands them. A task definition never changes, a service's own part does.
    pub(super) fn of(service: &Service, revision: &ServiceRevision, definition: &TaskDefinition) -> Result<Self, Trouble> {
        let constraints = definition.facts.constraints.iter().chain(&service.constraints);
        let rules = placement::rules_of_launch(revision.source.launch, constraints).map_err(Trouble::Constraint)?;
        let strategies = service.strategies.iter().map(|given| Strategy::of(&given.kind, given.field.as_deref()));
        Ok(Self {
            revision: revision.id,
            constraints: service.constraints.clone(),
            given: service.strategies.clone(),
            rules,
            strategies: strategies.collect::<Result<_, _>>().map_err(Trouble::Strategy)?,
        })
    }

    fn is_of(&self, service: &Service, revision: &ServiceRevision) -> bool {
        self.revision == revision.id && self.constraints == service.constraints && self.given == service.strategies
    }
}

/// What is remembered of a service.
#[derive(Debug, Default)]
pub struct Standing {
    understood: Option<Arc<Understood>>,
    zones: Option<Vec<Name>>,
    /// Which instances suit the deployment that acts.
    pub(super) sieve: Sieve,
}

impl Standing {
    /// What was understood of the revision of the deployment that acts, or is now. With another one, or other zones that have addresses
    /// left, other instances suit.
    pub(super) fn understood(
        &mut self,
        service: &Service,
        revision: &ServiceRevision,
        definition: &TaskDefinition,
        zones: Option<&BTreeMap<Name, u32>>,
    ) -> Result<Arc<Understood>, Trouble> {
        let zones = zones.map(|zones| zones.iter().filter(|(_, left)| **left > 0).map(|(zone, _)| zone.clone()).collect());
        if self.zones != zones {
            self.zones = zones;
            self.sieve = Sieve::default();
        }
        if let Some(known) = self.understood.as_ref().filter(|known| known.is_of(service, revision)) {
            return Ok(Arc::clone(known));
        }
        let understood = Arc::new(Understood::of(service, revision, definition)?);
        self.understood = Some(Arc::clone(&understood));
        self.sieve = Sieve::default();
        Ok(understood)
    }
}
