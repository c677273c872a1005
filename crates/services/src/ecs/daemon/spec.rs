//! What a daemon is to be, as CreateDaemon and UpdateDaemon say it.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{
    CircuitBreaker, Cluster, DeploymentConfiguration, LaunchType, RevisionId, RevisionStatus, Service, ServiceRevision,
    TagSource, Timestamp,
};
use berth_plan::IdSource;
use berth_plan::service::deploy;
use berth_store::{State, Transaction};

use super::definition;
use crate::document;
use crate::ecs::scope::Scope;
use crate::ecs::service::spec::{self, Spec};
use crate::ecs::{capacity, service, task_set};

/// The share of instances that is drained at once where nobody says: a quarter of them.
const DRAIN: u32 = 2_500;
/// Minutes of baking, at most: a day.
const LONGEST_BAKE: i32 = 1_440;

/// The members that both operations have. What a caller does not say has its default, in an update too.
#[derive(Debug, Clone, Copy)]
pub(in crate::ecs) struct Asked<'a> {
    pub(in crate::ecs) definition: &'a str,
    pub(in crate::ecs) providers: &'a [String],
    pub(in crate::ecs) configuration: Option<&'a api::DaemonDeploymentConfiguration>,
    pub(in crate::ecs) propagate_tags: Option<&'a api::DaemonPropagateTags>,
    pub(in crate::ecs) managed_tags: Option<bool>,
    pub(in crate::ecs) execute_command: Option<bool>,
}

/// What was asked for, and can be.
#[derive(Debug, Clone)]
pub(in crate::ecs) struct Wanted {
    spec: Spec,
    configuration: DeploymentConfiguration,
    propagate_tags: TagSource,
    managed_tags: bool,
}

impl Wanted {
    /// Checks what a caller asks for.
    pub(in crate::ecs) fn checked(state: &State, scope: Scope, cluster: &Cluster, asked: Asked<'_>) -> Result<Self, Refusal> {
        if asked.execute_command == Some(true) {
            return Err(unsupported("enableExecuteCommand"));
        }
        let configuration = configuration(asked.configuration)?;
        let definition = definition::reference(scope, asked.definition)?.find(state, scope).cloned();
        let definition = definition.ok_or_else(definition::not_found)?;
        if definition.status != RevisionStatus::Active {
            return Err(errors::client_exception(
                "The specified daemon task definition is being deleted. Specify an ACTIVE one.",
            ));
        }
        let item = |provider: &String| api::CapacityProviderStrategyItem {
            capacity_provider: provider.clone(),
            weight: Some(1),
            base: None,
        };
        let items: Vec<_> = asked.providers.iter().map(item).collect();
        let strategy = capacity::strategy(state, scope, &items, &cluster.capacity_providers)?;
        if strategy.is_empty() {
            return Err(invalid("capacityProviderArns cannot be empty."));
        }
        if capacity::kind(&strategy) == LaunchType::Fargate {
            return Err(invalid("Daemons are not supported with the capacity providers FARGATE and FARGATE_SPOT."));
        }
        let asked_of = spec::Asked { definition, launch: LaunchType::Ec2, strategy, platform_version: None, network: None };
        Ok(Self {
            spec: Spec::checked(state, asked_of)?,
            configuration,
            propagate_tags: match asked.propagate_tags {
                Some(api::DaemonPropagateTags::Daemon) => TagSource::Service,
                Some(api::DaemonPropagateTags::None | api::DaemonPropagateTags::Unlisted(_)) | None => TagSource::None,
            },
            managed_tags: asked.managed_tags.unwrap_or(false),
        })
    }

    /// Begins to make the daemon what is wanted: by a deployment, whatever changes.
    pub(in crate::ecs) fn begin(self, tx: &mut Transaction, daemon: &Service, now: Timestamp, ids: &mut dyn IdSource) -> Service {
        let id = RevisionId::from_bytes(ids.next());
        let revision = self.spec.revision((&daemon.cluster, &daemon.name), id, now);
        let revision = ServiceRevision { rest: Some(self.settings()), ..revision };
        let in_flight = service::in_flight(tx, daemon).cloned();
        let next = Service {
            configuration: self.configuration,
            propagate_tags: Some(self.propagate_tags),
            managed_tags: self.managed_tags,
            ..service::without_leftovers(tx, daemon.clone())
        };
        let (next, records) = deploy(&next, in_flight.as_deref(), &revision, true, now, ids);
        tx.put(revision);
        records.into_iter().for_each(|record| drop(tx.put(record)));
        tx.put(next.clone());
        next
    }

    /// What a revision shows that nothing is decided on.
    fn settings(&self) -> berth_model::Document {
        let propagated = self.propagate_tags == TagSource::Service;
        let shown = api::DaemonRevision {
            propagate_tags: Some(if propagated { api::DaemonPropagateTags::Daemon } else { api::DaemonPropagateTags::None }),
            enable_ecs_managed_tags: Some(self.managed_tags),
            enable_execute_command: Some(false),
            ..Default::default()
        };
        document::write(api::DaemonRevision::PLACE, &shown)
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

fn unsupported(what: &str) -> Refusal {
    errors::unsupported_feature_exception(format!("{what} is not supported yet."))
}

fn configuration(given: Option<&api::DaemonDeploymentConfiguration>) -> Result<DeploymentConfiguration, Refusal> {
    let nothing = api::DaemonDeploymentConfiguration::default();
    let given = given.unwrap_or(&nothing);
    let drain = match given.drain_percent {
        None => DRAIN,
        Some(percent) if (1.0..=100.0).contains(&percent) => task_set::hundredths(percent),
        Some(_) => return Err(invalid("drainPercent must be between 1.0 and 100.0.")),
    };
    if given.alarms.as_ref().and_then(|alarms| alarms.enable) == Some(true) {
        return Err(unsupported("deploymentConfiguration.alarms"));
    }
    match given.bake_time_in_minutes.unwrap_or(0) {
        0 => {}
        1..=LONGEST_BAKE => return Err(unsupported("deploymentConfiguration.bakeTimeInMinutes")),
        _ => return Err(invalid(format!("bakeTimeInMinutes must be between 0 and {LONGEST_BAKE}."))),
    }
    Ok(DeploymentConfiguration {
        minimum_healthy_percent: 0,
        maximum_percent: 100,
        circuit_breaker: CircuitBreaker { enable: true, rollback: true },
        alarms: given.alarms.as_ref().map(|alarms| document::write(api::DaemonAlarmConfiguration::PLACE, alarms)),
        strategy: None,
        bake_minutes: None,
        hooks: Vec::new(),
        drain: Some(drain),
    })
}

/// A record's configuration as AWS describes it.
pub(super) fn describe(configuration: &DeploymentConfiguration) -> Result<api::DaemonDeploymentConfiguration, Refusal> {
    let alarms = configuration.alarms.as_ref();
    let alarms = alarms.map(|text| document::read(api::DaemonAlarmConfiguration::PLACE, text)).transpose();
    let alarms: Option<api::DaemonAlarmConfiguration> = alarms.map_err(|cause| Refusal::internal(&api::SERVICE, cause))?;
    let alarms = alarms.unwrap_or_default();
    Ok(api::DaemonDeploymentConfiguration {
        drain_percent: configuration.drain.map(|drain| f64::from(drain) / 100.0),
        alarms: Some(api::DaemonAlarmConfiguration {
            alarm_names: Some(alarms.alarm_names.unwrap_or_default()),
            enable: Some(false),
        }),
        bake_time_in_minutes: Some(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_instances_is_drained_where_nobody_says() {
        let made = configuration(None).unwrap();
        let told = describe(&made).unwrap();
        assert_eq!((told.drain_percent, told.bake_time_in_minutes), (Some(25.0), Some(0)));
        let given = api::DaemonDeploymentConfiguration { drain_percent: Some(12.5), ..Default::default() };
        assert_eq!(configuration(Some(&given)).unwrap().drain, Some(1_250));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let of = |drain, bake, enable| {
            let given = api::DaemonDeploymentConfiguration {
                drain_percent: Some(drain),
                bake_time_in_minutes: Some(bake),
                alarms: Some(api::DaemonAlarmConfiguration { alarm_names: Some(vec!["busy".to_owned()]), enable: Some(enable) }),
            };
            configuration(Some(&given)).map_err(|refusal| refusal.message().to_owned())
        };
        assert!(of(1.0, 0, false).is_ok() && of(100.0, 0, false).is_ok());
        assert!(of(0.5, 0, false).unwrap_err().contains("drainPercent"));
        assert!(of(25.0, 1_441, false).unwrap_err().contains("between 0 and 1440"));
        assert!(of(25.0, -1, false).unwrap_err().contains("between 0 and 1440"));
        assert!(of(25.0, 3, false).unwrap_err().contains("not supported yet"));
        assert!(of(25.0, 0, true).unwrap_err().contains("alarms is not supported yet"));
    }
}
