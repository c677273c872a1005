//! What RunTask and StartTask have in common: a definition, what the caller wants of it, and the records that come of it.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{Cluster, ContainerInstance, LaunchType, Name, NetworkMode, Resources, Tags, Task, TaskDefinition, Timestamp};
use berth_plan::IdSource;
use berth_plan::placement::Placed;
use berth_plan::task::{self, Order};
use berth_store::{InstanceKey, Shared, Transaction};
use berth_wire::EnumShape as _;

use super::container_instance::ZONE;
use super::overrides::{self, Overrides};
use super::scope::Scope;
use super::{acts, capacity, tags, task_definition};

/// The members that both operations have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wishes<'a> {
    pub(super) group: Option<&'a str>,
    pub(super) started_by: Option<&'a str>,
    pub(super) overrides: Option<&'a api::TaskOverride>,
    pub(super) network: Option<&'a api::NetworkConfiguration>,
    pub(super) execute_command: bool,
    pub(super) managed_tags: bool,
    pub(super) propagate_tags: Option<&'a api::PropagateTags>,
    pub(super) tags: Option<&'a [api::Tag]>,
    pub(super) volumes: bool,
}

/// A launch that is in order: nothing is left but to find places.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) cluster: Name,
    pub(super) definition: Shared<TaskDefinition>,
    pub(super) overrides: Overrides,
    pub(super) reservation: Resources,
    pub(super) group: Name,
    pub(super) kind: LaunchType,
    pub(super) provider: Option<Name>,
    started_by: Option<Name>,
    tags: Tags,
    client_token: Option<Box<str>>,
}

impl Launch {
    /// Checks what the caller wants against the definition. `kind` and `provider` are who provides the machine.
    pub(super) fn checked(
        definition: Shared<TaskDefinition>,
        cluster: &Name,
        wishes: &Wishes<'_>,
        (kind, provider): (LaunchType, Option<Name>),
        client_token: Option<&str>,
    ) -> Result<Self, Refusal> {
        let facts = &definition.facts;
        if !facts.compatibilities.contains(kind) {
            return Err(invalid(format!("Task definition does not support launch_type {}.", kind.as_str())));
        }
        network(facts.network_mode, wishes.network)?;
        let overrides = overrides::checked(facts, wishes.overrides)?;
        refuse_what_does_not_act(&definition, wishes)?;
        let reservation = overrides.facts.reservation();
        let tags = wished_tags(&definition, cluster, wishes)?;
        let group = match short(wishes.group, "group")? {
            Some(group) => group,
            None => Name::new(&format!("family:{}", definition.family)),
        };
        let started_by = short(wishes.started_by, "startedBy")?;
        let client_token = client_token.map(Into::into);
        Ok(Self {
            cluster: cluster.clone(),
            definition,
            overrides,
            reservation,
            group,
            kind,
            provider,
            started_by,
            tags,
            client_token,
        })
    }

    /// Writes the record of one task in its place, and takes what it needs from its instance's ledger.
    pub(super) fn start(
        &self,
        tx: &mut Transaction,
        placed: &Placed,
        now: Timestamp,
        ids: &mut dyn IdSource,
    ) -> Result<Task, Refusal> {
        let key = InstanceKey { region: self.definition.region, id: placed.instance };
        let gone = || Refusal::internal(&api::SERVICE, format!("instance {} was chosen and is gone", placed.instance));
        let instance = tx.get::<ContainerInstance>(&key).cloned().ok_or_else(gone)?;
        let named = (self.definition.family.clone(), self.definition.revision);
        let order = Order {
            instance: Some(placed.instance),
            reservation: placed.reservation.clone(),
            zone: instance
                .attributes
                .iter()
                .find(|attribute| attribute.name == ZONE)
                .and_then(|attribute| attribute.value.clone()),
            group: Some(self.group.clone()),
            started_by: self.started_by.clone(),
            overrides: self.overrides.document.clone(),
            override_cpu: self.overrides.cpu,
            override_memory: self.overrides.memory,
            capacity_provider: self.provider.clone(),
            tags: self.tags.clone(),
            client_token: self.client_token.clone(),
            ..Order::new(self.definition.region, self.cluster.clone(), named, &self.overrides.facts, self.kind)
        };
        let mut accepted = task::accept(order, now, ids);
        let used = task::settle(&instance.used, None, &mut accepted).map_err(|short| {
            Refusal::internal(&api::SERVICE, format!("the ledger of instance {} has not enough {short}", placed.instance))
        })?;
        tx.put(ContainerInstance { used, version: instance.version + 1, ..ContainerInstance::clone(&instance) });
        tx.put(accepted.clone());
        Ok(accepted)
    }
}

/// Who provides the machine: the launch type, or the capacity provider with the first claim by the call's or the cluster's
/// strategy; EC2 where nothing is said.
pub(super) fn provider(
    scope: Scope,
    cluster: &Cluster,
    launch_type: Option<&api::LaunchType>,
    strategy: Option<&[api::CapacityProviderStrategyItem]>,
) -> Result<(LaunchType, Option<Name>), Refusal> {
    let given = strategy.filter(|items| !items.is_empty());
    let strategy = match (launch_type, given) {
        (Some(_), Some(_)) => {
            return Err(invalid(
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
            ));
        }
        (Some(launch_type), None) => return kind(launch_type).map(|kind| (kind, None)),
        (None, Some(items)) => capacity::strategy(scope, items, &cluster.capacity_providers)?,
        (None, None) => cluster.default_strategy.clone(),
    };
    // All built-in providers are Fargate's: which of them comes first decides nothing but the name.
    let first = strategy.iter().max_by_key(|item| (item.base, item.weight));
    Ok(first.map_or((LaunchType::Ec2, None), |item| (LaunchType::Fargate, Some(item.provider.clone()))))
}

fn kind(launch_type: &api::LaunchType) -> Result<LaunchType, Refusal> {
    match launch_type {
        api::LaunchType::Ec2 => Ok(LaunchType::Ec2),
        api::LaunchType::Fargate => Ok(LaunchType::Fargate),
        api::LaunchType::External => Ok(LaunchType::External),
        api::LaunchType::ManagedInstances | api::LaunchType::Unlisted(_) => {
            Err(errors::unsupported_feature_exception(format!("launchType {} is not supported yet.", launch_type.as_str())))
        }
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

/// A group or startedBy: 128 characters at most.
fn short(given: Option<&str>, what: &str) -> Result<Option<Name>, Refusal> {
    const LONGEST: usize = 128;
    match given.filter(|text| !text.is_empty()) {
        Some(text) if text.chars().count() > LONGEST => Err(invalid(format!("{what} must have at most {LONGEST} characters."))),
        Some(text) => Ok(Some(Name::new(text))),
        None => Ok(None),
    }
}

fn network(mode: NetworkMode, given: Option<&api::NetworkConfiguration>) -> Result<(), Refusal> {
    match (mode, given.and_then(|network| network.awsvpc_configuration.as_ref())) {
        (NetworkMode::Awsvpc, None) => {
            Err(invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified."))
        }
        (NetworkMode::Bridge | NetworkMode::Host | NetworkMode::None, Some(_)) => {
            Err(invalid("Network Configuration is not valid for the given networkMode of this task definition."))
        }
        _ => Ok(()),
    }
}

/// Nothing is ignored in silence: what does not act yet is refused by name.
fn refuse_what_does_not_act(definition: &TaskDefinition, wishes: &Wishes<'_>) -> Result<(), Refusal> {
    let unsupported = |what: &str| Err(errors::unsupported_feature_exception(format!("{what} is not supported yet.")));
    if wishes.execute_command {
        return unsupported("enableExecuteCommand");
    }
    if wishes.volumes {
        return unsupported("volumeConfigurations");
    }
    let document = task_definition::parse(&definition.document)?;
    let refused = acts::refused(&document, wishes.overrides);
    if refused.is_empty() {
        return Ok(());
    }
    let fields: Vec<String> = refused.iter().map(ToString::to_string).collect();
    Err(errors::unsupported_feature_exception(format!(
        "The task definition {}:{} uses what is not supported yet: {}.",
        definition.family,
        definition.revision,
        fields.join(", ")
    )))
}

fn wished_tags(definition: &TaskDefinition, cluster: &Name, wishes: &Wishes<'_>) -> Result<Tags, Refusal> {
    let given = tags::checked(wishes.tags)?;
    let propagated = match wishes.propagate_tags {
        Some(api::PropagateTags::TaskDefinition) => definition.tags.clone(),
        Some(api::PropagateTags::Service) => return Err(invalid("propagateTags SERVICE is valid for services only.")),
        Some(api::PropagateTags::None | api::PropagateTags::Unlisted(_)) | None => Tags::default(),
    };
    let managed = wishes.managed_tags.then(|| [("aws:ecs:clusterName", cluster.as_str())]);
    // A tag of the call wins over one that is propagated.
    let all = propagated.with(given.iter());
    Ok(match managed {
        Some(managed) => all.with(managed),
        None => all,
    })
}
