//! `ListServices`: the ARNs of a cluster's active services, by name, a page at a time.

use std::ops::Bound;

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{Name, Service};
use berth_store::{ServiceIndex, ServiceState, State};
use berth_wire::EnumShape as _;

use super::scope::Scope;
use super::{EcsService, cluster, service};
use crate::page::{self, Pages};

/// Services of one page, where a caller does not say, and at most.
const USUAL: i32 = 10;
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::ListServicesRequest) -> Vec<Target> {
    let context = || {
        let scope = Scope::of(call).ok()?;
        let name = scope.cluster(input.cluster.as_deref()).ok()?;
        Some(cluster::target(&ecs.store.view(), scope, &name).context)
    };
    let any = Target::new("*");
    vec![Target { context: context().unwrap_or_default(), ..any }]
}

pub(super) fn run(ecs: &EcsService, call: &Call, input: api::ListServicesRequest) -> Result<api::ListServicesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(input.cluster.as_deref())?;
    let launch = input.launch_type.as_ref().map(|launch| launch.as_str());
    let scheduling = input.scheduling_strategy.as_ref().map(|scheduling| scheduling.as_str());
    let management = input.resource_management_type.as_ref().map(|management| management.as_str());
    let pages = Pages::of(call, "ListServices", &[Some(cluster.as_str()), launch, scheduling, management]);
    let after = pages.after(input.next_token.as_deref())?;
    let size = page::size(input.max_results.or(Some(USUAL)), MOST)?;
    let view = ecs.store.view();
    cluster::active(&view, scope, &cluster)?;
    let from = after.map_or(Bound::Unbounded, |last| Bound::Excluded(service::key(scope, &cluster, &Name::new(&last))));
    let index = ServiceIndex::Cluster(scope.region, cluster.clone(), ServiceState::Active);
    let selected = |service: &&berth_store::Shared<Service>| {
        scheduling.is_none_or(|wanted| wanted == service.scheduling.as_str())
            && launch.is_none_or(|wanted| is_launched_by(&view, service, wanted))
            // Services of which ECS manages everything are those of express mode, and there are none.
            && input.resource_management_type.as_ref().is_none_or(|wanted| *wanted == api::ResourceManagementType::Customer)
    };
    let listed = view.with::<Service>(&index, (from, Bound::Unbounded)).filter(selected);
    let (services, next_token) = pages.cut(listed, size, |last| last.name.to_string());
    Ok(api::ListServicesResponse {
        service_arns: Some(services.iter().map(|service| scope.service_arn(&cluster, &service.name)).collect()),
        next_token,
    })
}

fn is_launched_by(state: &State, service: &Service, launch: &str) -> bool {
    let revision = service.primary().and_then(|primary| service::revision(state, service.region, primary.revision).ok());
    revision.is_some_and(|revision| revision.source.launch.as_str() == launch)
}
