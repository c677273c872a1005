//! `UpdateCapacityProvider`: other settings of a group of nodes; what is not said stays.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{CapacityProvider, Name, ProviderSource};

use super::scope::Scope;
use super::{EcsService, capacity, capacity_provider};
use crate::document;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateCapacityProviderRequest) -> Vec<Target> {
    capacity::targets(ecs, call, &input.name)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateCapacityProviderRequest,
) -> Result<api::UpdateCapacityProviderResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = capacity::named(scope, &input.name)?;
    if input.managed_instances_provider.is_some() {
        return Err(errors::unsupported_feature_exception("managedInstancesProvider is not supported yet."));
    }
    let described = ecs
        .update(|tx| {
            let known = capacity::find(tx, scope, &name).cloned().ok_or_else(|| capacity::not_found(&name))?;
            let Some(before) = capacity_provider::group(&known)? else { return Err(capacity::not_found(&name)) };
            let after = changed(before, input.auto_scaling_group_provider.as_ref());
            capacity_provider::check(&after)?;
            let changed = CapacityProvider {
                source: ProviderSource::AutoScalingGroup(document::write(api::AutoScalingGroupProvider::PLACE, &after)),
                update_status: Some(Name::new("UPDATE_COMPLETE")),
                ..CapacityProvider::clone(&known)
            };
            let described = capacity_provider::describe(scope, &changed, true);
            tx.put(changed);
            described
        })
        .await?;
    Ok(api::UpdateCapacityProviderResponse { capacity_provider: Some(described) })
}

fn changed(
    before: api::AutoScalingGroupProvider,
    given: Option<&api::AutoScalingGroupProviderUpdate>,
) -> api::AutoScalingGroupProvider {
    let Some(given) = given else { return before };
    api::AutoScalingGroupProvider {
        managed_scaling: given.managed_scaling.clone().or(before.managed_scaling),
        managed_termination_protection: given.managed_termination_protection.clone().or(before.managed_termination_protection),
        managed_draining: given.managed_draining.clone().or(before.managed_draining),
        auto_scaling_group_arn: before.auto_scaling_group_arn,
    }
}
