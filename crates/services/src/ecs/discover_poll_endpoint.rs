//! `DiscoverPollEndpoint`: where an agent opens its streams.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{EcsService, cluster, container_instance};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DiscoverPollEndpointRequest) -> Vec<Target> {
    let target = || {
        let scope = Scope::of(call).ok()?;
        let name = scope.cluster(input.cluster.as_deref()).ok()?;
        let view = ecs.store.view();
        Some(match input.container_instance.as_deref().and_then(|text| scope.instance(&name, text).ok()) {
            Some(id) => container_instance::target(&view, scope, &name, id),
            None => cluster::target(&view, scope, &name),
        })
    };
    target().map_or_else(Target::any, |target| vec![target])
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DiscoverPollEndpointRequest,
) -> Result<api::DiscoverPollEndpointResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    if let Some(text) = input.container_instance.as_deref().filter(|text| !text.is_empty()) {
        scope.instance(&name, text)?;
    }
    Ok(api::DiscoverPollEndpointResponse {
        endpoint: Some(ecs.endpoints.control.clone()),
        telemetry_endpoint: Some(ecs.endpoints.telemetry.clone()),
        service_connect_endpoint: None,
    })
}
