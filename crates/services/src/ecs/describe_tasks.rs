//! `DescribeTasks`: up to 100 tasks of a cluster by id or ARN. A stopped task is described for an hour.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;

use super::scope::Scope;
use super::{EcsService, cluster, failure, task};

/// Tasks of one call, at most.
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeTasksRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let Ok(name) = scope.cluster(input.cluster.as_deref()) else { return Target::any() };
    let view = ecs.store.view();
    let target = |text: &String| match scope.task(&name, text) {
        Ok(id) => task::target(&view, scope, &name, id),
        Err(_) => Target::new(text.clone()),
    };
    input.tasks.iter().take(MOST).map(target).collect()
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeTasksRequest,
) -> Result<api::DescribeTasksResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    if input.tasks.is_empty() {
        return Err(errors::invalid_parameter_exception("Tasks cannot be empty."));
    }
    if input.tasks.len() > MOST {
        return Err(errors::invalid_parameter_exception(format!("taskIds can have at most {MOST} items.")));
    }
    let with_tags = input.include.unwrap_or_default().contains(&api::TaskField::Tags);
    let now = Timestamp::from_millis(call.received_at.0);
    let view = ecs.store.view();
    cluster::active(&view, scope, &name)?;
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for text in input.tasks {
        let id = scope.task(&name, &text)?;
        match task::find(&view, scope, &name, id, now) {
            Some(found) => tasks.push(task::describe(scope, found, &view, with_tags)?),
            None => failures.push(failure::missing(scope.task_arn(&name, id))),
        }
    }
    Ok(api::DescribeTasksResponse { tasks: Some(tasks), failures: Some(failures) })
}
