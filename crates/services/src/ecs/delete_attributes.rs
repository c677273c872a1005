//! `DeleteAttributes`: takes custom attributes off container instances, and answers those that were there.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{Attribute, Name};

use super::scope::Scope;
use super::{EcsService, attribute, cluster, container_instance};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DeleteAttributesRequest) -> Vec<Target> {
    container_instance::attribute_targets(ecs, call, input.cluster.as_deref(), &input.attributes)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeleteAttributesRequest,
) -> Result<api::DeleteAttributesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let given = attribute::given(scope, &name, &input.attributes)?;
    let attributes = ecs
        .update(|tx| {
            cluster::active(tx, scope, &name)?;
            let mut deleted = Vec::with_capacity(given.len());
            for attribute::Given { target, name: attribute, .. } in given {
                let found = attribute::change(tx, scope, &name, target, |known| Ok(take(known, &attribute)))?;
                deleted.extend(found.map(|found| attribute::described(scope, &name, target, &found)));
            }
            Ok(deleted)
        })
        .await?;
    Ok(api::DeleteAttributesResponse { attributes: Some(attributes) })
}

fn take(attributes: &mut Vec<Attribute>, name: &Name) -> Option<Attribute> {
    let at = attributes.iter().position(|known| known.name == *name)?;
    Some(attributes.remove(at))
}
