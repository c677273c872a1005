//! `PutRetentionPolicy`: from now on nobody reads what is older. Its space is given back in the background.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::Name;

use super::scope::Scope;
use super::{LogsService, group};

/// The numbers of days that AWS allows.
const ALLOWED: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::PutRetentionPolicyRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), "")
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::PutRetentionPolicyRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let days = input.retention_in_days;
    let days = u32::try_from(days).ok().filter(|_| ALLOWED.contains(&days)).ok_or_else(|| not_allowed(days))?;
    group::change(logs, scope, &Name::new(&input.log_group_name), |group| {
        group.retention_in_days = Some(days);
        Ok(())
    })
    .await?;
    logs.expiry.notify_one();
    Ok(api::Unit {})
}

fn not_allowed(days: i32) -> Refusal {
    errors::invalid_parameter_exception(format!(
        "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: \
         Member must satisfy enum value set: {ALLOWED:?}"
    ))
}
