//! Daemons, found for those who ask. A daemon is kept as a service, under a name that no service can have ([`berth_model::daemon`]).

pub(super) mod definition;
pub(super) mod deployment;
pub(super) mod spec;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Name, Region, ResourceArn, Service, ServiceStatus, daemon};
use berth_store::{ServiceIndex, ServiceKey, Shared, State};

use super::scope::{Scope, is_short_name, shortened};
use super::{EcsService, cluster, service, tags};

/// What an ARN names: a cluster, and the name that the daemon is kept under.
pub(super) type Reference = (Name, Name);

/// The daemon that a parameter names; only ARNs do.
pub(super) fn reference(scope: Scope, text: &str) -> Result<Reference, Refusal> {
    let invalid =
        || errors::invalid_parameter_exception(format!("Invalid identifier: {} is not the ARN of a daemon", shortened(text)));
    if !text.starts_with("arn:") {
        return Err(invalid());
    }
    match scope.resource(text)? {
        ResourceArn::Daemon { cluster, name } => Ok((cluster, daemon::kept(&name))),
        _ => Err(invalid()),
    }
}

/// The name that a daemon of this name is kept under.
pub(super) fn kept(name: &str) -> Result<Name, Refusal> {
    if is_short_name(name) {
        return Ok(daemon::kept(name));
    }
    Err(errors::invalid_parameter_exception(format!("Daemon must match ^[a-zA-Z0-9\\-_]{{1,255}}$, but was {}", shortened(name))))
}

/// The daemon; its cluster must be active. One that is gone is not found.
pub(super) fn present<'a>(
    state: &'a State,
    scope: Scope,
    (of_cluster, name): &Reference,
) -> Result<&'a Shared<Service>, Refusal> {
    cluster::active(state, scope, of_cluster)?;
    let is_present = |found: &&Shared<Service>| !matches!(found.status, ServiceStatus::Inactive { .. });
    let found = service::find(state, scope, of_cluster, name).filter(is_present);
    found.ok_or_else(|| errors::daemon_not_found_exception("Daemon not found."))
}

/// The daemon that an operation changes: it must be active.
pub(super) fn active<'a>(state: &'a State, scope: Scope, named: &Reference) -> Result<&'a Shared<Service>, Refusal> {
    let found = present(state, scope, named)?;
    match found.status {
        ServiceStatus::Active => Ok(found),
        ServiceStatus::Draining | ServiceStatus::Inactive { .. } => {
            Err(errors::daemon_not_active_exception("Daemon was not ACTIVE."))
        }
    }
}

/// The daemons of a cluster that are not gone.
pub(super) fn of_cluster<'a>(state: &'a State, region: Region, cluster: &Name) -> impl Iterator<Item = &'a Shared<Service>> {
    let (first, cluster) = (ServiceKey { region, cluster: cluster.clone(), name: Name::new("") }, cluster.clone());
    let from_first = state.with::<Service>(&ServiceIndex::Daemons(region), first..);
    from_first.take_while(move |daemon| daemon.cluster == cluster)
}

/// AWS's word for how a daemon is.
pub(super) const fn status(daemon: &Service) -> api::DaemonStatus {
    match daemon.status {
        ServiceStatus::Active => api::DaemonStatus::Active,
        ServiceStatus::Draining | ServiceStatus::Inactive { .. } => api::DaemonStatus::DeleteInProgress,
    }
}

/// The ARN of the deployment that a daemon is or was brought to its present state by.
pub(super) fn deployment_arn(scope: Scope, daemon: &Service) -> Option<String> {
    daemon.primary().map(|primary| scope.daemon_deployment_arn(&daemon.cluster, &daemon.name, primary.record))
}

/// A daemon as policies see it.
pub(super) fn target(state: &State, scope: Scope, (cluster, name): &Reference) -> Target {
    let tags = service::find(state, scope, cluster, name).map(|found| tags::for_policies(&found.tags)).unwrap_or_default();
    Target { tags, ..Target::new(scope.daemon_arn(cluster, name)).with("ecs:cluster", scope.cluster_arn(cluster)) }
}

/// What belongs to a daemon, under its own ARN, as policies see it.
pub(super) fn part_of(state: &State, scope: Scope, arn: &str, named: &Reference) -> Target {
    let of = target(state, scope, named).with("ecs:daemon", scope.daemon_arn(&named.0, &named.1));
    Target { arn: arn.to_owned(), ..of }
}

/// What a call touches that names a daemon.
pub(super) fn targets(ecs: &EcsService, call: &Call, text: &str) -> Vec<Target> {
    let named = || {
        let scope = Scope::of(call).ok()?;
        Some(vec![target(&ecs.store.view(), scope, &reference(scope, text).ok()?)])
    };
    named().unwrap_or_else(Target::any)
}
