//! What agents say of the health of their instance.

use std::convert::Infallible;
use std::time::Duration;

use berth_api::acs::{CheckStatus, InstanceStatus, PublishInstanceStatus};
use berth_model::{ContainerInstance, HealthCheck, Name, Timestamp};
use berth_store::{Transaction, UpdateError};

use super::{Guest, Hub, now};

/// Checks of an instance that are kept.
const MOST_CHECKS: usize = 16;
/// Characters of a check's name.
const LONGEST_NAME: usize = 64;

/// Takes a report in.
pub(super) async fn take_in(hub: &Hub, guest: &Guest, report: &PublishInstanceStatus) -> Result<(), UpdateError<Infallible>> {
    let (at, repeat) = (now(), hub.0.timing.repeat);
    let view = hub.0.store.view();
    let known = view.get::<ContainerInstance>(&guest.key);
    if known.is_none_or(|known| after(&known.health, &report.statuses, at, repeat).is_none()) {
        return Ok(());
    }
    let step = |tx: &mut Transaction| {
        tx.modify::<ContainerInstance>(&guest.key, |instance| {
            if let Some(checks) = after(&instance.health, &report.statuses, at, repeat) {
                instance.health = checks;
                instance.version += 1;
            }
        });
        Ok(())
    };
    hub.0.store.update(step).await
}

/// The checks after what was said of them; none if nothing is new. A result that only repeats is new after a while: else
/// every instance would write twice a minute.
fn after(known: &[HealthCheck], said: &[InstanceStatus], now: Timestamp, repeat: Duration) -> Option<Vec<HealthCheck>> {
    let mut checks = known.to_vec();
    for said in said.iter().take(MOST_CHECKS) {
        let (Some(kind), Some(status)) = (said.r#type.as_deref().and_then(kind), said.status.as_ref().and_then(listed)) else {
            continue;
        };
        let last_updated = moment(said.last_updated, now);
        let last_change = moment(said.last_status_change, now);
        let room = checks.len() < MOST_CHECKS;
        match checks.iter_mut().find(|check| check.kind == kind) {
            Some(check) if check.status == status && last_updated.since(check.last_updated) < repeat => {}
            Some(check) if check.status == status => check.last_updated = last_updated.not_before(check.last_updated),
            Some(check) => {
                check.status = status.into();
                check.last_updated = last_updated.not_before(check.last_updated);
                check.last_change = last_change.not_before(check.last_change);
            }
            None if room => {
                checks.push(HealthCheck { kind, status: status.into(), last_updated, last_change });
            }
            None => {}
        }
    }
    (checks != known).then_some(checks)
}

/// `CONTAINER_RUNTIME`, as clients know it, out of the agent's `ContainerRuntime`.
fn kind(text: &str) -> Option<Name> {
    let is_word = (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_word {
        return None;
    }
    let mut kind = String::with_capacity(text.len() + 4);
    for (at, letter) in text.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            kind.push('_');
        }
        kind.push(letter.to_ascii_uppercase());
    }
    Some(kind.into())
}

fn listed(status: &CheckStatus) -> Option<&str> {
    match status {
        CheckStatus::Ok | CheckStatus::Impaired | CheckStatus::InsufficientData | CheckStatus::Initializing => {
            Some(status.as_str())
        }
        CheckStatus::Unlisted(_) => None,
    }
}

/// A moment in seconds since 1970; agents' clocks are not ours: nothing happens after now.
fn moment(seconds: Option<f64>, now: Timestamp) -> Timestamp {
    let at = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    at.map_or(now, |since| (Timestamp::EPOCH + since).min(now))
}

#[cfg(test)]
mod tests;
