//! `CreateCapacityProvider`: a name for a group of nodes, which strategies share tasks out over.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{CapacityProvider, Name, ProviderSource, ProviderStatus, Timestamp};
use berth_wire::EnumShape as _;

use super::scope::{Scope, is_short_name, shortened};
use super::{EcsService, capacity, capacity_provider, tags};
use crate::document;

/// What the names of providers do not begin with, in whatever case.
const RESERVED: [&str; 3] = ["aws", "ecs", "fargate"];

pub(super) fn access(_: &EcsService, call: &Call, input: &api::CreateCapacityProviderRequest) -> Vec<Target> {
    match (Scope::of(call), name(&input.name)) {
        (Ok(scope), Ok(name)) => {
            let target = Target::new(scope.provider_arn(&name)).with_request_tags(tags::pairs(input.tags.as_deref()));
            let propagated = input.managed_instances_provider.as_ref().and_then(|managed| managed.propagate_tags.as_ref());
            vec![propagated.into_iter().fold(target, |target, tags| target.with("ecs:propagate-tags", tags.as_str()))]
        }
        _ => Target::any(),
    }
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::CreateCapacityProviderRequest,
) -> Result<api::CreateCapacityProviderResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = name(&input.name)?;
    let group = group(&input)?;
    let made = CapacityProvider {
        region: scope.region,
        name: name.clone(),
        cluster: None,
        source: ProviderSource::AutoScalingGroup(document::write(api::AutoScalingGroupProvider::PLACE, &group)),
        status: ProviderStatus::Active,
        update_status: Some(Name::new("CREATE_COMPLETE")),
        update_reason: None,
        tags: tags::checked(input.tags.as_deref())?,
        created_at: Timestamp::from_millis(call.received_at.0),
    };
    let described = ecs
        .update(|tx| {
            if capacity::find(tx, scope, &name).is_some() {
                return Err(errors::client_exception(
                    "The specified capacity provider already exists. To change the configuration of an existing capacity \
                     provider, update the capacity provider.",
                ));
            }
            let described = capacity_provider::describe(scope, &made, true);
            tx.put(made);
            described
        })
        .await?;
    Ok(api::CreateCapacityProviderResponse { capacity_provider: Some(described) })
}

fn name(text: &str) -> Result<Name, Refusal> {
    let is_reserved = |start: &&&str| text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    if let Some(start) = RESERVED.iter().find(is_reserved) {
        return Err(errors::invalid_parameter_exception(format!(
            "The specified capacity provider name is invalid: it begins with {start}. Names cannot be prefixed with aws, ecs or fargate."
        )));
    }
    if !is_short_name(text) {
        return Err(errors::invalid_parameter_exception(format!(
            "The specified capacity provider name is invalid. Up to 255 characters are allowed: letters, numbers, underscores and \
             hyphens. It was {}",
            shortened(text)
        )));
    }
    Ok(Name::new(text))
}

/// The group of nodes; its defaults are AWS's.
fn group(input: &api::CreateCapacityProviderRequest) -> Result<api::AutoScalingGroupProvider, Refusal> {
    if input.managed_instances_provider.is_some() {
        return Err(errors::unsupported_feature_exception("managedInstancesProvider is not supported yet."));
    }
    let Some(given) = &input.auto_scaling_group_provider else {
        return Err(errors::invalid_parameter_exception("autoScalingGroupProvider is required."));
    };
    if given.auto_scaling_group_arn.is_empty() {
        return Err(errors::invalid_parameter_exception("autoScalingGroupArn cannot be empty."));
    }
    if input.cluster.as_ref().is_some_and(|cluster| !cluster.is_empty()) {
        return Err(errors::invalid_parameter_exception("A cluster can only be given with a managedInstancesProvider."));
    }
    capacity_provider::check(given)?;
    Ok(api::AutoScalingGroupProvider {
        managed_termination_protection: Some(
            given.managed_termination_protection.clone().unwrap_or(api::ManagedTerminationProtection::Disabled),
        ),
        managed_draining: Some(given.managed_draining.clone().unwrap_or(api::ManagedDraining::Enabled)),
        ..given.clone()
    })
}
