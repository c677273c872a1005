//! `UpdateDaemon`: a daemon becomes another one by a deployment. What the caller does not say has its default again.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{Service, Timestamp};
use berth_plan::service::reset_restarts;

use super::daemon::spec::{Asked, Wanted};
use super::scope::Scope;
use super::service::describe::time;
use super::{EcsService, capacity, cluster, daemon};
use crate::ids::RandomIds;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateDaemonRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let with_providers = |target| capacity::with_providers(target, scope, &input.capacity_provider_arns);
    daemon::targets(ecs, call, &input.daemon_arn).into_iter().map(with_providers).collect()
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateDaemonRequest,
) -> Result<api::UpdateDaemonResponse, Refusal> {
    let scope = Scope::of(call)?;
    let named = daemon::reference(scope, &input.daemon_arn)?;
    let asked = Asked {
        definition: &input.daemon_task_definition_arn,
        providers: &input.capacity_provider_arns,
        configuration: input.deployment_configuration.as_ref(),
        propagate_tags: input.propagate_tags.as_ref(),
        managed_tags: input.enable_ecs_managed_tags,
        execute_command: input.enable_execute_command,
    };
    let now = Timestamp::from_millis(call.received_at.0);
    let mut ids = RandomIds::new(&api::SERVICE)?;
    let made = ecs
        .update(|tx| {
            let known = daemon::active(tx, scope, &named)?.clone();
            let of_cluster = cluster::active(tx, scope, &known.cluster)?.clone();
            let wanted = Wanted::checked(tx, scope, &of_cluster, asked)?;
            Ok::<Service, Refusal>(wanted.begin(tx, &reset_restarts(&known), now.not_before(known.updated_at), &mut ids))
        })
        .await?;
    Ok(api::UpdateDaemonResponse {
        daemon_arn: Some(scope.daemon_arn(&made.cluster, &made.name)),
        status: Some(daemon::status(&made)),
        created_at: time(made.created_at),
        updated_at: time(made.updated_at),
        deployment_arn: daemon::deployment_arn(scope, &made),
    })
}
