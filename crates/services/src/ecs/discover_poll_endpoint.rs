//! `DiscoverPollEndpoint`: where an agent opens its streams. That is where it called: this control plane may have several addresses,
//! and the one that a caller reached is the one that it can reach.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{EcsService, container_instance};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DiscoverPollEndpointRequest) -> Vec<Target> {
    container_instance::target_or_cluster(&ecs.store.view(), call, input.cluster.as_deref(), input.container_instance.as_deref())
}

pub(super) fn run(
    _: &EcsService,
    call: &Call,
    input: api::DiscoverPollEndpointRequest,
) -> Result<api::DiscoverPollEndpointResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    if let Some(text) = input.container_instance.as_deref().filter(|text| !text.is_empty()) {
        scope.instance(&name, text)?;
    }
    Ok(api::DiscoverPollEndpointResponse {
        endpoint: Some(format!("http://{}/_berth/acs", call.host)),
        telemetry_endpoint: Some(format!("http://{}/_berth/tcs", call.host)),
        service_connect_endpoint: None,
    })
}
