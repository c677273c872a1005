//! `UntagResource`: takes tags off a resource; keys that it does not have are no error.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;

use super::EcsService;
use super::scope::Scope;
use super::tagged::{self, Tagged, Untagged};
use crate::tags::{TagError, is_reserved};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UntagResourceRequest) -> Vec<Target> {
    let target = tagged::target(ecs, call, &input.resource_arn);
    vec![input.tag_keys.iter().fold(target, |target, key| target.with("aws:TagKeys", key))]
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UntagResourceRequest,
) -> Result<api::UntagResourceResponse, Refusal> {
    let scope = Scope::of(call)?;
    let arn = scope.resource(&input.resource_arn)?;
    if input.tag_keys.iter().any(|key| is_reserved(key)) {
        return Err(errors::invalid_parameter_exception(TagError::Reserved.to_string()));
    }
    let keys: Vec<&str> = input.tag_keys.iter().map(String::as_str).collect();
    let now = Timestamp::from_millis(call.received_at.0);
    ecs.update(|tx| {
        let found = Tagged::to_change(tx, scope, &arn, now).map_err(Untagged::not_found)?;
        let rest = found.tags().without(&keys);
        found.replace(tx, rest);
        Ok(())
    })
    .await?;
    Ok(api::UntagResourceResponse {})
}
