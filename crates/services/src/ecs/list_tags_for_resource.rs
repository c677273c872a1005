//! `ListTagsForResource`: the tags of a resource, in the order they were first set.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;

use super::scope::Scope;
use super::tagged::{self, Tagged, Untagged};
use super::{EcsService, tags};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::ListTagsForResourceRequest) -> Vec<Target> {
    vec![tagged::target(ecs, call, &input.resource_arn)]
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ListTagsForResourceRequest,
) -> Result<api::ListTagsForResourceResponse, Refusal> {
    let scope = Scope::of(call)?;
    let arn = scope.resource(&input.resource_arn)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let found = Tagged::find(&ecs.store.view(), scope, &arn, now).map_err(Untagged::invalid)?;
    Ok(api::ListTagsForResourceResponse { tags: Some(tags::described(found.tags())) })
}
