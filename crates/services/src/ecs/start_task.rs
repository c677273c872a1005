//! `StartTask`: one task on each of up to ten named instances. The caller is the scheduler; only room and attributes are checked.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::node::Offer;
use berth_model::{LaunchType, Timestamp};
use berth_plan::placement;

use super::launch::{Launch, Wishes};
use super::scope::Scope;
use super::{EcsService, cluster, container_instance, failure, placements, revision, run_task, task};
use crate::ids::RandomIds;

/// Instances of one call, at most.
const MOST: usize = 10;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::StartTaskRequest) -> Vec<Target> {
    let named = (input.cluster.as_deref(), input.task_definition.as_str());
    run_task::targets(ecs, call, named, input.overrides.as_ref(), input.tags.as_deref())
}

pub(super) async fn run(ecs: &EcsService, call: &Call, input: api::StartTaskRequest) -> Result<api::StartTaskResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let now = Timestamp::from_millis(call.received_at.0);
    if input.container_instances.is_empty() {
        return Err(errors::invalid_parameter_exception("Container instances cannot be empty."));
    }
    if input.container_instances.len() > MOST {
        return Err(errors::invalid_parameter_exception(format!("instanceIds can have at most {MOST} items.")));
    }
    let instances = input.container_instances.iter().map(|text| scope.instance(&name, text)).collect::<Result<Vec<_>, _>>()?;
    let view = ecs.store.view();
    cluster::active(&view, scope, &name)?;
    let definition = revision::to_start(&view, scope, &input.task_definition)?;
    let launch = Launch::checked(&view, scope, definition, &name, &wishes(&input), LaunchType::Ec2, None)?;
    let mut ids = RandomIds::new(&api::SERVICE)?;
    ecs.update(|tx| {
        cluster::active(tx, scope, &name)?;
        let (mut tasks, mut failures) = (Vec::new(), Vec::new());
        for id in instances {
            let arn = scope.instance_arn(&name, id);
            let Some(instance) = container_instance::find(tx, scope, &name, id)
                .cloned()
                .filter(|instance| !container_instance::is_inactive(instance) && Offer::of(&instance.attributes).plain)
            else {
                failures.push(failure::missing(arn));
                continue;
            };
            let pool = placements::pool(tx, &launch.pool());
            match pool.and_then(|pool| placement::start(&launch.want(), pool, instance.id)) {
                None => failures.push(failure::missing(arn)),
                Some(Ok(placed)) => match launch.start(tx, &placed, None, now, &mut ids)? {
                    Some(started) => tasks.push(task::describe(scope, &started, tx, true)?),
                    None => failures.push(failure::no_address(Some(arn))),
                },
                Some(Err(lack)) => failures.push(api::Failure {
                    arn: Some(arn),
                    reason: Some(lack.failure_reason().to_owned()),
                    detail: Some(lack.sentence()),
                }),
            }
        }
        Ok(api::StartTaskResponse { tasks: Some(tasks), failures: Some(failures) })
    })
    .await
}

fn wishes(input: &api::StartTaskRequest) -> Wishes<'_> {
    Wishes {
        group: input.group.as_deref(),
        started_by: input.started_by.as_deref(),
        overrides: input.overrides.as_ref(),
        network: input.network_configuration.as_ref(),
        execute_command: input.enable_execute_command.unwrap_or(false),
        managed_tags: input.enable_ecs_managed_tags.unwrap_or(false),
        propagate_tags: input.propagate_tags.as_ref(),
        tags: input.tags.as_deref(),
        volumes: input.volume_configurations.as_ref().is_some_and(|volumes| !volumes.is_empty()),
    }
}
