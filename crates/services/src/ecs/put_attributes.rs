//! `PutAttributes`: sets custom attributes of container instances, all of them or none.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Attribute;

use super::scope::Scope;
use super::{EcsService, attribute, cluster, container_instance};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::PutAttributesRequest) -> Vec<Target> {
    container_instance::attribute_targets(ecs, call, input.cluster.as_deref(), &input.attributes)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::PutAttributesRequest,
) -> Result<api::PutAttributesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let given = attribute::given(scope, &name, &input.attributes)?;
    let attributes = ecs
        .update(|tx| {
            cluster::active(tx, scope, &name)?;
            let mut put = Vec::with_capacity(given.len());
            for attribute::Given { target, name: attribute, value } in given {
                attribute::change(tx, scope, &name, target, |known| attribute::put(known, &attribute, value.as_ref()))?;
                put.push(attribute::described(scope, &name, target, &Attribute { name: attribute, value }));
            }
            Ok(put)
        })
        .await?;
    Ok(api::PutAttributesResponse { attributes: Some(attributes) })
}
