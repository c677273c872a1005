//! What the tasks of a service, or of a task set, are to be made from.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{
    LaunchType, Name, Region, RevisionId, ServiceNetwork, ServiceRevision, Source, StrategyItem, TaskDefinition, Timestamp,
};
use berth_store::{Shared, State, TaskDefinitionKey};

use crate::ecs::{fargate, launch, network};

/// The newest version of the platform, whichever that is.
const LATEST: &str = "LATEST";

/// What a caller asks for, of a definition that is found.
#[derive(Debug)]
pub(in crate::ecs) struct Asked<'a> {
    pub(in crate::ecs) definition: Shared<TaskDefinition>,
    pub(in crate::ecs) launch: LaunchType,
    pub(in crate::ecs) strategy: Vec<StrategyItem>,
    pub(in crate::ecs) platform_version: Option<&'a str>,
    pub(in crate::ecs) network: Option<&'a api::NetworkConfiguration>,
}

/// What was asked for, and can be.
#[derive(Debug, Clone)]
pub(in crate::ecs) struct Spec {
    pub(in crate::ecs) definition: Shared<TaskDefinition>,
    pub(in crate::ecs) source: Source,
    pub(in crate::ecs) network: Option<ServiceNetwork>,
    /// GiB of the disk of each task, where the definition says it.
    disk: Option<u32>,
}

impl Spec {
    /// Checks what a caller asks for.
    pub(in crate::ecs) fn checked(state: &State, asked: Asked<'_>) -> Result<Self, Refusal> {
        let Asked { definition, launch, strategy, platform_version, network } = asked;
        let facts = &definition.facts;
        if !facts.compatibilities.contains(launch) {
            return Err(errors::invalid_parameter_exception(format!(
                "Task definition does not support launch_type {}.",
                launch.as_str()
            )));
        }
        let network = network::checked(state, definition.region, (facts.network_mode, launch), network)?;
        let network = network.map(|network| network.record());
        let disk = launch::check_definition(&definition, launch)?;
        let is_fargate = launch == LaunchType::Fargate;
        if is_fargate {
            fargate::check_version(platform_version)?;
            fargate::check_size(facts)?;
        } else if platform_version.is_some_and(|version| !version.is_empty()) {
            return Err(errors::invalid_parameter_exception(
                "The platform version must be null when specifying an EC2 launch type.",
            ));
        }
        let version = platform_version.filter(|version| !version.is_empty()).unwrap_or(LATEST);
        let source = Source {
            launch,
            strategy,
            platform_version: is_fargate.then(|| Name::new(version)),
            platform_family: is_fargate.then(|| Name::new("Linux")),
        };
        Ok(Self { definition, source, network, disk })
    }

    /// Whether a revision is this already.
    pub(in crate::ecs) fn is(&self, revision: &ServiceRevision) -> bool {
        (&self.definition.family, self.definition.revision) == (&revision.family, revision.definition)
            && self.source == revision.source
            && self.network == revision.network
    }

    /// The revision of a service, by cluster and name, that is this.
    pub(in crate::ecs) fn revision(&self, (cluster, service): (&Name, &Name), id: RevisionId, now: Timestamp) -> ServiceRevision {
        ServiceRevision {
            region: self.definition.region,
            cluster: cluster.clone(),
            service: service.clone(),
            id,
            family: self.definition.family.clone(),
            definition: self.definition.revision,
            source: self.source.clone(),
            network: self.network.clone(),
            rest: None,
            ephemeral_storage_gib: self.disk,
            images: Vec::new(),
            created_at: now,
        }
    }
}

/// The definition of a revision, whatever its status: what a service runs, it may go on to run.
pub(in crate::ecs) fn definition_of(state: &State, revision: &ServiceRevision) -> Result<Shared<TaskDefinition>, Refusal> {
    definition(state, revision.region, &revision.family, revision.definition)
}

fn definition(state: &State, region: Region, family: &Name, revision: u32) -> Result<Shared<TaskDefinition>, Refusal> {
    let key = TaskDefinitionKey { region, family: family.clone(), revision };
    let gone = || {
        errors::invalid_parameter_exception(format!(
            "The task definition {family}:{revision} was deleted. Name another taskDefinition."
        ))
    };
    state.get::<TaskDefinition>(&key).cloned().ok_or_else(gone)
}

/// What needs a load balancer, a registry, a mesh or volumes of a service's own.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::ecs) struct Attached<'a> {
    pub(in crate::ecs) load_balancers: Option<&'a [api::LoadBalancer]>,
    pub(in crate::ecs) registries: Option<&'a [api::ServiceRegistry]>,
    pub(in crate::ecs) connect: Option<&'a api::ServiceConnectConfiguration>,
    pub(in crate::ecs) volumes: Option<&'a [api::ServiceVolumeConfiguration]>,
    pub(in crate::ecs) lattice: Option<&'a [api::VpcLatticeConfiguration]>,
}

impl Attached<'_> {
    /// Refuses by name what does not act yet. What is switched off, or an empty list, asks for nothing.
    pub(in crate::ecs) fn refuse(self) -> Result<(), Refusal> {
        let asked = [
            ("loadBalancers", self.load_balancers.is_some_and(|list| !list.is_empty())),
            ("serviceRegistries", self.registries.is_some_and(|list| !list.is_empty())),
            ("serviceConnectConfiguration", self.connect.is_some_and(|connect| connect.enabled)),
            ("volumeConfigurations", self.volumes.is_some_and(|list| !list.is_empty())),
            ("vpcLatticeConfigurations", self.lattice.is_some_and(|list| !list.is_empty())),
        ];
        match asked.iter().find(|(_, is_asked)| *is_asked) {
            Some((what, _)) => Err(errors::unsupported_feature_exception(format!("{what} is not supported yet."))),
            None => Ok(()),
        }
    }
}
