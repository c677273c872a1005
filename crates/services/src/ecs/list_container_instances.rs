//! `ListContainerInstances`: the ARNs of a cluster's instances, by state and a query, a page at a time.

use std::ops::Bound;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::ContainerInstance;
use berth_plan::query::{self, Expression};
use berth_store::{InstanceState, State};

use super::container_instance::{LISTED, Place, listed};
use super::scope::Scope;
use super::{EcsService, cluster, subject};
use crate::page::{self, Pages};

/// Instances of one page, at most.
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::ListContainerInstancesRequest) -> Vec<Target> {
    cluster::targets(ecs, call, input.cluster.as_deref())
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ListContainerInstancesRequest,
) -> Result<api::ListContainerInstancesResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let states = states(input.status.as_ref());
    let filter = input.filter.as_deref().filter(|filter| !filter.trim().is_empty());
    let expression = filter
        .map(query::parse)
        .transpose()
        .map_err(|error| errors::invalid_parameter_exception(format!("Invalid filter: {error}.")))?;
    let status = input.status.as_ref().map(berth_wire::EnumShape::as_str);
    let pages = Pages::of(call, "ListContainerInstances", &[Some(&name), filter, status]);
    let after = pages.after(input.next_token.as_deref())?;
    let after = after.map(|last| last.parse::<Place>().map_err(|_| page::invalid_token())).transpose()?;
    let size = page::size(input.max_results, MOST)?;
    let view = ecs.store.view();
    cluster::active(&view, scope, &name)?;
    let after = after.map_or(Bound::Unbounded, Bound::Excluded);
    let listed = listed(&view, scope, &name, &states, after).filter(|instance| selected(&view, instance, expression.as_ref()));
    let (instances, next_token) = pages.cut(listed, size, |last| Place::of(last).to_string());
    let arns = instances.iter().map(|instance| scope.instance_arn(&name, instance.id)).collect();
    Ok(api::ListContainerInstancesResponse { container_instance_arns: Some(arns), next_token })
}

/// All states but INACTIVE, unless one is asked for.
fn states(status: Option<&api::ContainerInstanceStatus>) -> Vec<InstanceState> {
    use api::ContainerInstanceStatus as Status;
    match status {
        Some(Status::Active) => vec![InstanceState::Active],
        Some(Status::Draining) => vec![InstanceState::Draining],
        Some(Status::Registering) => vec![InstanceState::Registering],
        Some(Status::Deregistering) => vec![InstanceState::Deregistering],
        Some(Status::RegistrationFailed) => vec![InstanceState::RegistrationFailed],
        // Validation has refused texts that the model does not list.
        Some(Status::Unlisted(_)) => Vec::new(),
        None => LISTED.to_vec(),
    }
}

fn selected(state: &State, instance: &ContainerInstance, expression: Option<&Expression>) -> bool {
    let Some(expression) = expression else { return true };
    let groups = subject::TasksByGroup { state, instance: instance.id };
    query::evaluate(expression, &subject::of(state, instance, &groups))
}
