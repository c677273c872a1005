//! `DiscoverPollEndpoint`: where an agent opens its streams.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{EcsService, container_instance};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DiscoverPollEndpointRequest) -> Vec<Target> {
    container_instance::target_or_cluster(&ecs.store.view(), call, input.cluster.as_deref(), input.container_instance.as_deref())
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
