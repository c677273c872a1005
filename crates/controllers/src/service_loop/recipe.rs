//! What tasks of a revision are made from.

use std::collections::BTreeMap;
use std::sync::Arc;

use berth_model::{
    Attachment, ContainerInstance, LaunchType, Name, RevisionId, Service, ServiceRevision, Subnet, TagSource, Tags, Task,
    TaskDefinition, Timestamp, daemon, node,
};
use berth_plan::placement::{GroupKey, Pool, PoolKey};
use berth_plan::service::{PullAhead, Revision, Start};
use berth_plan::task::{self, Order};
use berth_plan::{IdSource, fargate};
use berth_store::{InstanceKey, ServiceRevisionKey, Shared, State, SubnetKey, TaskDefinitionKey};

use super::standing::{Standing, Understood};
use super::{PlacementsOf, Trouble};

/// A revision of a service with all that its tasks are made from.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) record: Shared<ServiceRevision>,
    definition: Shared<TaskDefinition>,
    understood: Arc<Understood>,
    subnets: Vec<Shared<Subnet>>,
    zones: Option<BTreeMap<Name, u32>>,
    pub(super) pool: PoolKey,
}

impl Recipe {
    /// That of a revision; with `standing` of the deployment's that acts.
    pub(super) fn of(state: &State, service: &Service, id: RevisionId, standing: Option<&mut Standing>) -> Result<Self, Trouble> {
        let record = state.get::<ServiceRevision>(&ServiceRevisionKey { region: service.region, id });
        let record = record.cloned().ok_or(Trouble::Revision(id))?;
        let definition = definition(state, service, &record.family, record.definition)?;
        let subnet = |id: &_| state.get::<Subnet>(&SubnetKey { region: service.region, id: *id }).cloned();
        let network = record.network.as_ref();
        let subnets: Vec<Shared<Subnet>> = network.iter().flat_map(|network| &network.subnets).filter_map(subnet).collect();
        let zones = network.map(|_| {
            let mut zones = BTreeMap::new();
            for subnet in &subnets {
                let left: &mut u32 = zones.entry(subnet.zone.clone()).or_default();
                *left = left.saturating_add(state.addresses().available(subnet));
            }
            zones
        });
        let understood = match standing {
            Some(standing) => standing.understood(service, &record, &definition, zones.as_ref())?,
            None => Arc::new(Understood::of(service, &record, &definition)?),
        };
        let pool = PoolKey::of(service.region, &service.cluster, record.source.launch);
        Ok(Self { record, definition, understood, subnets, zones, pool })
    }

    /// As decisions see it.
    pub(super) fn revision(&self) -> Revision<'_> {
        Revision {
            record: &self.record,
            facts: &self.definition.facts,
            rules: &self.understood.rules,
            strategies: &self.understood.strategies,
            zones: self.zones.as_ref(),
        }
    }

    /// The instances that its tasks can go to.
    pub(super) fn pool_in<'s>(&self, state: &'s State, placements: PlacementsOf) -> Option<&'s Pool> {
        placements(state)?.pool(&self.pool)
    }

    /// Which instances are to have its images before its tasks come.
    pub(super) fn pull_ahead(&self, service: &Service, images: impl FnOnce(&TaskDefinition) -> Vec<Box<str>>) -> PullAhead {
        let source = &self.record.source;
        let providers = source.strategy.iter().filter(|_| source.launch != LaunchType::Fargate);
        PullAhead {
            pool: self.pool.clone(),
            group: GroupKey { cluster: service.cluster.clone(), name: service.group() },
            attributes: self.definition.facts.requires_attributes.clone(),
            rules: self.understood.rules.clone(),
            zones: self.zones.as_ref().map(|zones| zones.keys().cloned().collect()),
            providers: providers.map(|item| item.provider.clone()).collect(),
            since: self.record.created_at,
            images: images(&self.definition),
        }
    }

    /// A new task of it.
    pub(super) fn task(
        &self,
        state: &State,
        service: &Service,
        start: &Start,
        now: Timestamp,
        ids: &mut dyn IdSource,
    ) -> Result<Task, Trouble> {
        let launch = self.record.source.launch;
        let of = (self.definition.family.clone(), self.definition.revision);
        let order = Order {
            instance: Some(start.instance),
            reservation: start.reservation.clone(),
            zone: start.zone.clone(),
            group: Some(service.group()),
            started_by: Some(start.deployment.to_string().into()),
            capacity_provider: start.provider.clone(),
            platform_version: (launch == LaunchType::Fargate).then(|| Name::new(fargate::PLATFORM_VERSION)),
            ephemeral_storage_gib: self.record.ephemeral_storage_gib,
            enable_execute_command: service.enable_execute_command,
            tags: self.tags(service),
            attachments: self.interface(state, start, ids)?.into_iter().collect(),
            ..Order::new(service.region, service.cluster.clone(), of, &self.definition.facts, launch)
        };
        let mut first = Some(*start.task.as_bytes());
        Ok(task::accept(order, now, &mut || first.take().unwrap_or_else(|| ids.next())))
    }

    /// The network interface of a new task, if its tasks have one of their own.
    fn interface(&self, state: &State, start: &Start, ids: &mut dyn IdSource) -> Result<Option<Attachment>, Trouble> {
        let Some(network) = &self.record.network else { return Ok(None) };
        let subnets = self.subnets.iter().map(|subnet| &**subnet);
        let address = start.zone.as_ref().and_then(|zone| state.addresses().choose(subnets, zone));
        let address = address.ok_or(Trouble::Address(start.instance))?;
        let instance = state.get::<ContainerInstance>(&InstanceKey { region: self.record.region, id: start.instance });
        let direct = instance.is_some_and(|instance| node::Offer::of(&instance.attributes).awsvpc);
        let groups = network.groups.iter().copied().collect();
        Ok(Some(task::interface(address, groups, network.public, direct, ids)))
    }

    fn tags(&self, service: &Service) -> Tags {
        let propagated = match service.propagate_tags {
            Some(TagSource::TaskDefinition) => self.definition.tags.clone(),
            Some(TagSource::Service) => service.tags.clone(),
            Some(TagSource::None) | None => Tags::default(),
        };
        if !service.managed_tags {
            return propagated;
        }
        let own = match daemon::known_as(&service.name) {
            Some(daemon) => ("aws:ecs:daemonName", daemon),
            None => ("aws:ecs:serviceName", service.name.as_str()),
        };
        propagated.with([("aws:ecs:clusterName", service.cluster.as_str()), own])
    }
}

/// The task definition of a revision.
pub(super) fn definition(
    state: &State,
    service: &Service,
    family: &Name,
    revision: u32,
) -> Result<Shared<TaskDefinition>, Trouble> {
    let key = TaskDefinitionKey { region: service.region, family: family.clone(), revision };
    state.get::<TaskDefinition>(&key).cloned().ok_or_else(|| Trouble::Definition(family.clone(), revision))
}
