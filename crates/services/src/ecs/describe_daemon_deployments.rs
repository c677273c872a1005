//! `DescribeDaemonDeployments`: up to 20 deployments of daemons by ARN.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};

use super::daemon::deployment;
use super::scope::Scope;
use super::{EcsService, daemon, failure, service_deployment};

/// Deployments of one call, at most.
const MOST: usize = 20;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeDaemonDeploymentsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let view = ecs.store.view();
    let target = |text: &String| match deployment::reference(scope, text) {
        Ok((named, _)) => daemon::part_of(&view, scope, text, &named),
        Err(_) => Target::new(text.clone()),
    };
    input.daemon_deployment_arns.iter().take(MOST).map(target).collect()
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeDaemonDeploymentsRequest,
) -> Result<api::DescribeDaemonDeploymentsResponse, Refusal> {
    let scope = Scope::of(call)?;
    if !(1..=MOST).contains(&input.daemon_deployment_arns.len()) {
        let message = format!("daemonDeploymentArns must have between 1 and {MOST} entries.");
        return Err(errors::invalid_parameter_exception(message));
    }
    let view = ecs.store.view();
    let (mut deployments, mut failures) = (Vec::new(), Vec::new());
    for text in input.daemon_deployment_arns {
        let ((cluster, name), id) = deployment::reference(scope, &text)?;
        match service_deployment::find(&view, scope, &(cluster, name, id)) {
            Some(found) => deployments.push(deployment::describe(scope, found, &view)?),
            None => failures.push(failure::missing(text)),
        }
    }
    Ok(api::DescribeDaemonDeploymentsResponse { daemon_deployments: Some(deployments), failures: Some(failures) })
}
