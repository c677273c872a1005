//! `TagResource`: sets tags of a resource; those that are not named stay.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;

use super::scope::Scope;
use super::tagged::{self, Tagged, Untagged};
use super::{EcsService, tags};
use crate::tags::is_within_limit;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::TagResourceRequest) -> Vec<Target> {
    vec![tagged::target(ecs, call, &input.resource_arn).with_request_tags(tags::pairs(Some(&input.tags)))]
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::TagResourceRequest,
) -> Result<api::TagResourceResponse, Refusal> {
    let scope = Scope::of(call)?;
    let arn = scope.resource(&input.resource_arn)?;
    let given = tags::checked(Some(&input.tags))?;
    let now = Timestamp::from_millis(call.received_at.0);
    ecs.update(|tx| {
        let found = Tagged::to_change(tx, scope, &arn, now).map_err(Untagged::not_found)?;
        let all = found.tags().with(given.iter());
        if !is_within_limit(&all) {
            return Err(errors::limit_exceeded_exception("Too many tags: a resource has at most 50."));
        }
        found.replace(tx, all);
        Ok(())
    })
    .await?;
    Ok(api::TagResourceResponse {})
}
