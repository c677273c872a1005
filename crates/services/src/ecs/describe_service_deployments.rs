//! `DescribeServiceDeployments`: up to 20 deployments by ARN.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{EcsService, failure, service_deployment};

/// Deployments of one call, at most.
const MOST: usize = 20;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeServiceDeploymentsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let view = ecs.store.view();
    input.service_deployment_arns.iter().take(MOST).map(|text| service_deployment::target(&view, scope, text)).collect()
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeServiceDeploymentsRequest,
) -> Result<api::DescribeServiceDeploymentsResponse, Refusal> {
    let scope = Scope::of(call)?;
    if !(1..=MOST).contains(&input.service_deployment_arns.len()) {
        return Err(errors::invalid_parameter_exception(format!(
            "serviceDeploymentArns must have between 1 and {MOST} entries."
        )));
    }
    let view = ecs.store.view();
    let (mut deployments, mut failures) = (Vec::new(), Vec::new());
    for text in input.service_deployment_arns {
        let reference = service_deployment::reference(scope, &text)?;
        match service_deployment::find(&view, scope, &reference) {
            Some(found) => deployments.push(service_deployment::describe(scope, found, &view)?),
            None => failures.push(failure::missing(text)),
        }
    }
    Ok(api::DescribeServiceDeploymentsResponse { service_deployments: Some(deployments), failures: Some(failures) })
}
