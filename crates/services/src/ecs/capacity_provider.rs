//! Capacity providers between their record and their AWS shape.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{CapacityProvider, ProviderSource};
use berth_wire::EnumShape as _;

use super::scope::Scope;
use super::tags;
use crate::document;

/// What is checked of managed scaling, whose settings are kept: nothing makes or ends nodes by them.
pub(super) fn check(provider: &api::AutoScalingGroupProvider) -> Result<(), Refusal> {
    let scaling = provider.managed_scaling.as_ref();
    let within = |given: Option<i32>, most: i32, what: &str| match given {
        Some(value) if !(1..=most).contains(&value) => {
            Err(errors::invalid_parameter_exception(format!("{what} must be between 1 and {most}, but was {value}.")))
        }
        Some(_) | None => Ok(()),
    };
    if let Some(scaling) = scaling {
        within(scaling.target_capacity, 100, "targetCapacity")?;
        within(scaling.minimum_scaling_step_size, 10_000, "minimumScalingStepSize")?;
        within(scaling.maximum_scaling_step_size, 10_000, "maximumScalingStepSize")?;
        if scaling.instance_warmup_period.is_some_and(|seconds| !(0..=10_000).contains(&seconds)) {
            return Err(errors::invalid_parameter_exception("instanceWarmupPeriod must be between 0 and 10000."));
        }
    }
    let scales = scaling.is_some_and(|scaling| scaling.status == Some(api::ManagedScalingStatus::Enabled));
    if provider.managed_termination_protection == Some(api::ManagedTerminationProtection::Enabled) && !scales {
        return Err(errors::invalid_parameter_exception(
            "The managed termination protection setting for the capacity provider is invalid. To enable managed termination \
             protection for a capacity provider, you must enable managed scaling for the capacity provider.",
        ));
    }
    Ok(())
}

/// The group of nodes that a provider stands for, as it was given.
pub(super) fn group(provider: &CapacityProvider) -> Result<Option<api::AutoScalingGroupProvider>, Refusal> {
    match &provider.source {
        ProviderSource::AutoScalingGroup(text) => document::read(api::AutoScalingGroupProvider::PLACE, text)
            .map(Some)
            .map_err(|cause| Refusal::internal(&api::SERVICE, cause)),
        ProviderSource::ManagedInstances(_) => Ok(None),
    }
}

/// The provider as AWS describes it.
pub(super) fn describe(scope: Scope, provider: &CapacityProvider, with_tags: bool) -> Result<api::CapacityProvider, Refusal> {
    let update_status = provider.update_status.as_ref();
    Ok(api::CapacityProvider {
        capacity_provider_arn: Some(scope.provider_arn(&provider.name)),
        name: Some(provider.name.to_string()),
        cluster: None,
        status: Some(api::CapacityProviderStatus::from_text(provider.status.as_str())),
        auto_scaling_group_provider: group(provider)?,
        managed_instances_provider: None,
        update_status: update_status.map(|status| api::CapacityProviderUpdateStatus::from_text(status)),
        update_status_reason: provider.update_reason.as_ref().map(ToString::to_string),
        tags: Some(if with_tags { tags::described(&provider.tags) } else { Vec::new() }),
        r#type: Some(api::CapacityProviderType::Ec2Autoscaling),
    })
}

/// A provider that every account has, as AWS describes it.
pub(super) fn built_in(scope: Scope, name: &str) -> api::CapacityProvider {
    api::CapacityProvider {
        capacity_provider_arn: Some(scope.provider_arn(&name.into())),
        name: Some(name.to_owned()),
        status: Some(api::CapacityProviderStatus::Active),
        tags: Some(Vec::new()),
        r#type: Some(api::CapacityProviderType::from_text(name)),
        ..Default::default()
    }
}
