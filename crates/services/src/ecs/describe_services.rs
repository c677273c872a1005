//! `DescribeServices`: up to 10 services of a cluster by name or ARN. One that is gone is described as INACTIVE for a while.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{EcsService, cluster, failure, service};

/// Services of one call, at most.
const MOST: usize = 10;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeServicesRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let Ok(cluster) = scope.cluster(input.cluster.as_deref()) else { return Target::any() };
    let view = ecs.store.view();
    let target = |text: &String| match scope.service(&cluster, text) {
        Ok(name) => service::target(&view, scope, &cluster, &name),
        Err(_) => Target::new(text.clone()),
    };
    input.services.iter().take(MOST).map(target).collect()
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeServicesRequest,
) -> Result<api::DescribeServicesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(input.cluster.as_deref())?;
    if input.services.is_empty() {
        return Err(errors::invalid_parameter_exception("Services cannot be empty."));
    }
    if input.services.len() > MOST {
        return Err(errors::invalid_parameter_exception(format!("service names can have at most {MOST} items.")));
    }
    let with_tags = input.include.unwrap_or_default().contains(&api::ServiceField::Tags);
    let view = ecs.store.view();
    cluster::active(&view, scope, &cluster)?;
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for text in input.services {
        let name = scope.service(&cluster, &text)?;
        match service::find(&view, scope, &cluster, &name) {
            Some(found) => services.push(service::describe::describe(scope, found, &view, with_tags)?),
            None => failures.push(failure::missing(scope.service_arn(&cluster, &name))),
        }
    }
    Ok(api::DescribeServicesResponse { services: Some(services), failures: Some(failures) })
}
