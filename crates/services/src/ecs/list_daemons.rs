//! `ListDaemons`: the daemons of a cluster or of all, those of some capacity providers or of all, a page at a time.

use std::ops::Bound;

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{Name, Service};
use berth_store::{ServiceIndex, ServiceKey, Shared, State};

use super::scope::Scope;
use super::service::describe::time;
use super::{EcsService, capacity, cluster, daemon, service};
use crate::page::{self, Pages};

/// Daemons of one page, at most.
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::ListDaemonsRequest) -> Vec<Target> {
    let context = || {
        let scope = Scope::of(call).ok()?;
        let name = scope.cluster(Some(input.cluster_arn.as_deref()?)).ok()?;
        Some(cluster::target(&ecs.store.view(), scope, &name).context)
    };
    vec![Target { context: context().unwrap_or_default(), ..Target::new("*") }]
}

pub(super) fn run(ecs: &EcsService, call: &Call, input: api::ListDaemonsRequest) -> Result<api::ListDaemonsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let of_cluster = input.cluster_arn.as_deref().filter(|text| !text.is_empty());
    let of_cluster = of_cluster.map(|text| scope.cluster(Some(text))).transpose()?;
    let view = ecs.store.view();
    if let Some(name) = &of_cluster {
        cluster::active(&view, scope, name)?;
    }
    let providers = capacity::providers(&view, scope, input.capacity_provider_arns.as_deref().unwrap_or_default())?;
    let of_providers = providers.iter().map(Name::as_str).collect::<Vec<_>>().join(",");
    let filters = [of_cluster.as_ref().map(Name::as_str), Some(of_providers.as_str())];
    let pages = Pages::of(call, "ListDaemons", &filters);
    let after = pages.after(input.next_token.as_deref())?.map(|last| parse(scope, &last)).transpose()?;
    let size = page::size(input.max_results, MOST)?;
    let first = of_cluster.as_ref().map(|name| service::key(scope, name, &Name::new("")));
    let from = match (after, first) {
        (Some(last), _) => Bound::Excluded(last),
        (None, Some(first)) => Bound::Included(first),
        (None, None) => Bound::Unbounded,
    };
    let listed = view
        .with::<Service>(&ServiceIndex::Daemons(scope.region), (from, Bound::Unbounded))
        .take_while(|found| of_cluster.as_ref().is_none_or(|name| found.cluster == *name))
        .filter(|found| providers.is_empty() || names(&view, found, &providers));
    let (daemons, next_token) = pages.cut(listed, size, |last| format!("{}/{}", last.cluster, last.name));
    Ok(api::ListDaemonsResponse {
        daemon_summaries_list: Some(daemons.into_iter().map(|found| summary(scope, found)).collect()),
        next_token,
    })
}

/// Whether the daemon is of one of these providers.
fn names(state: &State, found: &Service, providers: &[Name]) -> bool {
    let revision = found.primary().and_then(|primary| service::revision(state, found.region, primary.revision).ok());
    revision.is_some_and(|revision| revision.source.strategy.iter().any(|item| providers.contains(&item.provider)))
}

/// The key in a token.
fn parse(scope: Scope, last: &str) -> Result<ServiceKey, Refusal> {
    let (cluster, name) = last.split_once('/').ok_or_else(page::invalid_token)?;
    Ok(service::key(scope, &cluster.into(), &name.into()))
}

fn summary(scope: Scope, found: &Shared<Service>) -> api::DaemonSummary {
    api::DaemonSummary {
        daemon_arn: Some(scope.daemon_arn(&found.cluster, &found.name)),
        status: Some(daemon::status(found)),
        created_at: time(found.created_at),
        updated_at: time(found.updated_at),
    }
}
