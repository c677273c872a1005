//! What RunTask and StartTask have in common: a definition, what the caller wants of it, and the records that come of it.

use std::sync::Arc;

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::node::{self, Offer};
use berth_model::{
    Cluster, ContainerInstance, Facts, LaunchType, Name, Resources, StrategyItem, Tags, Task, TaskDefinition, Timestamp, daemon,
};
use berth_plan::IdSource;
use berth_plan::placement::{GroupKey, Placed, PoolKey, Want};
use berth_plan::task::{self, Order};
use berth_store::{InstanceKey, Shared, State, Transaction};
use berth_wire::EnumShape as _;

use super::network::{self, Network};
use super::overrides::{self, Overrides};
use super::scope::Scope;
use super::{acts, altered, capacity, fargate, tags, task_definition};

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
    pub(super) group: GroupKey,
    pub(super) kind: LaunchType,
    pub(super) network: Option<Network>,
    pub(super) zones: Option<Vec<Name>>,
    started_by: Option<Name>,
    tags: Tags,
    client_token: Option<Box<str>>,
    /// GiB of a disk of its own.
    disk: Option<u32>,
}

impl Launch {
    /// Checks what the caller wants against the definition.
    pub(super) fn checked(
        state: &State,
        scope: Scope,
        definition: Shared<TaskDefinition>,
        cluster: &Name,
        wishes: &Wishes<'_>,
        kind: LaunchType,
        client_token: Option<&str>,
    ) -> Result<Self, Refusal> {
        let facts = &definition.facts;
        if !facts.compatibilities.contains(kind) {
            return Err(invalid(format!("Task definition does not support launch_type {}.", kind.as_str())));
        }
        let network = network::checked(state, definition.region, (facts.network_mode, kind), wishes.network)?;
        let (facts, document) = meant(&definition, wishes.overrides, kind, scope)?;
        let overrides = overrides::checked(&facts, wishes.overrides)?;
        if kind == LaunchType::Fargate {
            fargate::check_size(&overrides.facts)?;
        }
        refuse_what_does_not_act(&definition, &document, wishes)?;
        let disk = disk(&document, wishes.overrides, kind)?;
        let reservation = overrides.facts.reservation();
        let tags = wished_tags(&definition, cluster, wishes)?;
        let group = match short(wishes.group, "group", LONGEST_GROUP)? {
            Some(group) if group.starts_with("service:") || daemon::known_as(&group).is_some() => {
                return Err(invalid("Invalid namespace for group."));
            }
            Some(group) => group,
            None => Name::new(&format!("family:{}", definition.family)),
        };
        let group = GroupKey { cluster: cluster.clone(), name: group };
        let started_by = short(wishes.started_by, "startedBy", LONGEST_STARTER)?;
        let zones = network.as_ref().map(Network::zones);
        let client_token = client_token.map(Into::into);
        Ok(Self {
            cluster: cluster.clone(),
            definition,
            overrides,
            reservation,
            group,
            kind,
            network,
            zones,
            started_by,
            tags,
            client_token,
            disk,
        })
    }

    /// One task of it, anywhere.
    pub(super) fn want(&self) -> Want<'_> {
        Want { zones: self.zones.as_deref(), ..Want::new(&self.overrides.facts, &self.reservation, &self.group) }
    }

    /// The instances it can go to.
    pub(super) fn pool(&self) -> PoolKey {
        PoolKey::of(self.definition.region, &self.cluster, self.kind)
    }

    /// Writes the record of one task in its place, with an interface of its own if it has one, and takes what it needs from its
    /// instance's ledger. None if no subnet has an address left for it.
    pub(super) fn start(
        &self,
        tx: &mut Transaction,
        placed: &Placed,
        provider: Option<Name>,
        now: Timestamp,
        ids: &mut dyn IdSource,
    ) -> Result<Option<Task>, Refusal> {
        let key = InstanceKey { region: self.definition.region, id: placed.instance };
        let gone = || Refusal::internal(&api::SERVICE, format!("instance {} was chosen and is gone", placed.instance));
        let instance = tx.get::<ContainerInstance>(&key).cloned().ok_or_else(gone)?;
        let named = (self.definition.family.clone(), self.definition.revision);
        let zone = node::zone(&instance.attributes);
        let direct = Offer::of(&instance.attributes).awsvpc;
        let interface = self.network.as_ref().map(|network| network.interface(tx, zone, direct, ids));
        if matches!(interface, Some(None)) {
            return Ok(None);
        }
        let order = Order {
            instance: Some(placed.instance),
            reservation: placed.reservation.clone(),
            zone: zone.cloned(),
            attachments: interface.flatten().into_iter().collect(),
            group: Some(self.group.name.clone()),
            started_by: self.started_by.clone(),
            overrides: self.overrides.document.clone(),
            override_cpu: self.overrides.cpu,
            override_memory: self.overrides.memory,
            capacity_provider: provider,
            platform_version: (self.kind == LaunchType::Fargate).then(|| Name::new(berth_plan::fargate::PLATFORM_VERSION)),
            tags: self.tags.clone(),
            client_token: self.client_token.clone(),
            ephemeral_storage_gib: self.disk,
            ..Order::new(self.definition.region, self.cluster.clone(), named, &self.overrides.facts, self.kind)
        };
        let mut accepted = task::accept(order, now, ids);
        let used = task::settle(&instance.used, None, &mut accepted).map_err(|short| {
            Refusal::internal(&api::SERVICE, format!("the ledger of instance {} has not enough {short}", placed.instance))
        })?;
        tx.put(ContainerInstance { used, version: instance.version + 1, ..ContainerInstance::clone(&instance) });
        tx.put(accepted.clone());
        Ok(Some(accepted))
    }
}

/// A definition as the task's overrides make it, where they say more than AWS's can: checked as if it was registered for the launch type.
fn meant(
    definition: &TaskDefinition,
    overrides: Option<&api::TaskOverride>,
    kind: LaunchType,
    scope: Scope,
) -> Result<(Arc<Facts>, api::TaskDefinition), Refusal> {
    let registered = task_definition::parse(&definition.document)?;
    let Some(overrides) = altered::beyond(overrides) else { return Ok((Arc::clone(&definition.facts), registered)) };
    let requires_compatibilities = Some(vec![api::Compatibility::from_text(kind.as_str())]);
    let altered = altered::by_overrides(registered, overrides);
    let request = api::RegisterTaskDefinitionRequest { requires_compatibilities, ..altered };
    let task_definition::Definition { facts, document } = task_definition::define(request, scope.account)?;
    Ok((Arc::new(facts), task_definition::parse(&document)?))
}

/// Who provides the machines, and by which capacity providers: those of the call's or the cluster's strategy; EC2 where nothing
/// is said.
pub(super) fn provider(
    state: &State,
    scope: Scope,
    cluster: &Cluster,
    launch_type: Option<&api::LaunchType>,
    strategy: Option<&[api::CapacityProviderStrategyItem]>,
) -> Result<(LaunchType, Vec<StrategyItem>), Refusal> {
    let given = strategy.filter(|items| !items.is_empty());
    let strategy = match (launch_type, given) {
        (Some(_), Some(_)) => {
            return Err(invalid(
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
            ));
        }
        (Some(launch_type), None) => return kind(launch_type).map(|kind| (kind, Vec::new())),
        (None, Some(items)) => capacity::strategy(state, scope, items, &cluster.capacity_providers)?,
        (None, None) => cluster.default_strategy.clone(),
    };
    Ok((capacity::kind(&strategy), strategy))
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

/// A group: 255 characters at most, as the developer guide says.
const LONGEST_GROUP: usize = 255;
/// Who started a task: 128 characters at most, as the API reference says.
const LONGEST_STARTER: usize = 128;

/// A text that may be empty, and then counts as not given.
fn short(given: Option<&str>, what: &str, longest: usize) -> Result<Option<Name>, Refusal> {
    match given.filter(|text| !text.is_empty()) {
        Some(text) if text.chars().count() > longest => Err(invalid(format!("{what} longer than {longest}."))),
        Some(text) => Ok(Some(Name::new(text))),
        None => Ok(None),
    }
}

/// Nothing is ignored in silence: what does not act yet is refused by name.
fn refuse_what_does_not_act(
    definition: &TaskDefinition,
    document: &api::TaskDefinition,
    wishes: &Wishes<'_>,
) -> Result<(), Refusal> {
    let unsupported = |what: &str| Err(errors::unsupported_feature_exception(format!("{what} is not supported yet.")));
    if wishes.execute_command {
        return unsupported("enableExecuteCommand");
    }
    if wishes.volumes {
        return unsupported("volumeConfigurations");
    }
    check_document(definition, document, wishes.overrides)
}

/// Whether all that a definition asks for acts, as it is; GiB of the disk that its tasks have of their own, if it says that.
pub(super) fn check_definition(definition: &TaskDefinition, kind: LaunchType) -> Result<Option<u32>, Refusal> {
    let document = task_definition::parse(&definition.document)?;
    check_document(definition, &document, None)?;
    disk(&document, None, kind)
}

fn check_document(
    definition: &TaskDefinition,
    document: &api::TaskDefinition,
    overrides: Option<&api::TaskOverride>,
) -> Result<(), Refusal> {
    let refused = acts::refused(document, overrides);
    if refused.is_empty() {
        return Ok(());
    }
    let fields: Vec<String> = refused.iter().map(ToString::to_string).collect();
    Err(errors::unsupported_feature_exception(format!(
        "The task definition {}:{}{} uses what is not supported yet: {}.",
        daemon::known_as(&definition.family).unwrap_or(&definition.family),
        definition.revision,
        altered::beyond(overrides).map_or("", |_| " with these overrides"),
        fields.join(", ")
    )))
}

/// GiB of a disk of the task's own: what the caller says, else the definition; nothing if nobody says anything.
fn disk(
    definition: &api::TaskDefinition,
    overrides: Option<&api::TaskOverride>,
    kind: LaunchType,
) -> Result<Option<u32>, Refusal> {
    let overridden = overrides.and_then(|overrides| overrides.ephemeral_storage.as_ref());
    if overridden.is_some() && kind != LaunchType::Fargate {
        return Err(invalid("Ephemeral storage can be overridden for tasks of launch type FARGATE only."));
    }
    let Some(asked) = overridden.or(definition.ephemeral_storage.as_ref()) else { return Ok(None) };
    let size = u32::try_from(asked.size_in_gi_b).ok().filter(|size| (fargate::DISK_GIB..=fargate::MOST_DISK_GIB).contains(size));
    let (least, most) = (fargate::DISK_GIB, fargate::MOST_DISK_GIB);
    size.map(Some).ok_or_else(|| invalid(format!("Ephemeral storage must be between {least} and {most} GiB.")))
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
