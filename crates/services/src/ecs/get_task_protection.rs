//! `GetTaskProtection`: which of up to 100 tasks of services are protected, and until when.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::Timestamp;

use super::scope::Scope;
use super::{EcsService, cluster, protection};

/// Tasks of one call, at most.
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::GetTaskProtectionRequest) -> Vec<Target> {
    protection::targets(ecs, call, &input.cluster, input.tasks.as_deref().unwrap_or_default(), MOST)
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::GetTaskProtectionRequest,
) -> Result<api::GetTaskProtectionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(Some(&input.cluster))?;
    let ids = protection::named(scope, &name, input.tasks.as_deref().unwrap_or_default(), MOST)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let view = ecs.store.view();
    cluster::active(&view, scope, &name)?;
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for id in ids {
        match protection::of_service(&view, scope, &name, id, now) {
            Ok(found) => tasks.push(protection::describe(scope, found, now)),
            Err(failure) => failures.push(failure),
        }
    }
    Ok(api::GetTaskProtectionResponse { protected_tasks: Some(tasks), failures: Some(failures) })
}
