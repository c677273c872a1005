//! `UpdateTaskProtection`: up to 10 tasks of services are protected from scale-in and deployments for a while, or no longer.

use std::time::Duration;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Task, Timestamp};
use berth_store::{Shared, State, TaskIndex};

use super::scope::Scope;
use super::{EcsService, cluster, protection, service};

/// Tasks of one call, at most.
const MOST: usize = 10;
/// Minutes of protection where a caller does not say, and at most: two hours and two days.
const USUAL: i32 = 120;
const LONGEST: i32 = 2_880;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::UpdateTaskProtectionRequest) -> Vec<Target> {
    protection::targets(ecs, call, &input.cluster, &input.tasks, MOST)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::UpdateTaskProtectionRequest,
) -> Result<api::UpdateTaskProtectionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(Some(&input.cluster))?;
    let ids = protection::named(scope, &name, &input.tasks, MOST)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let lasting = lasting(input.expires_in_minutes)?;
    let until = input.protection_enabled.then(|| now + lasting);
    ecs.update(|tx| {
        cluster::active(tx, scope, &name)?;
        let (mut tasks, mut failures) = (Vec::new(), Vec::new());
        for id in ids {
            let found = match protection::of_service(tx, scope, &name, id, now) {
                Ok(found) => found.clone(),
                Err(failure) => {
                    failures.push(failure);
                    continue;
                }
            };
            if until.is_some() && !found.is_protected(now) && is_blocked(tx, scope, &found, now) {
                let detail =
                    "The service has as many protected tasks as it wants tasks: another one would block its deployments.";
                failures.push(protection::failed(scope.task_arn(&name, id), "DEPLOYMENT_BLOCKED", detail));
                continue;
            }
            let changed = Task { protected_until: until, ..Task::clone(&found) };
            tasks.push(protection::describe(scope, &changed, now));
            tx.put(changed);
        }
        Ok(api::UpdateTaskProtectionResponse { protected_tasks: Some(tasks), failures: Some(failures) })
    })
    .await
}

fn lasting(minutes: Option<i32>) -> Result<Duration, Refusal> {
    let minutes = minutes.unwrap_or(USUAL);
    let number = u64::try_from(minutes).ok().filter(|_| (1..=LONGEST).contains(&minutes));
    let number = number.ok_or_else(|| {
        errors::invalid_parameter_exception(format!("expiresInMinutes must be between 1 and {LONGEST}, but was {minutes}."))
    })?;
    Ok(Duration::from_secs(number * 60))
}

/// Whether one more protected task would be more than the service wants tasks.
fn is_blocked(state: &State, scope: Scope, task: &Task, now: Timestamp) -> bool {
    let name = task.group.strip_prefix("service:").unwrap_or_default();
    let Some(service) = service::find(state, scope, &task.cluster, &name.into()) else {
        return false;
    };
    let index = TaskIndex::Group(task.region, task.cluster.clone(), task.group.clone(), true);
    let is_protected = |other: &&Shared<Task>| other.is_protected(now);
    let protected = state.with::<Task>(&index, ..).filter(is_protected).count();
    protected >= usize::try_from(service.desired_count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protection_lasts_two_hours_or_up_to_two_days() {
        let minutes = |given| lasting(given).map(|lasting| lasting.as_secs() / 60).ok();
        assert_eq!((minutes(None), minutes(Some(1)), minutes(Some(2_880))), (Some(120), Some(1), Some(2_880)));
        assert_eq!((minutes(Some(0)), minutes(Some(-1)), minutes(Some(2_881))), (None, None, None));
    }
}
