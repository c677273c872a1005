//! Containers that wait for each other.

use std::time::Duration;

use berth_model::{Condition, Health};

use super::task::{NodeContainer, Phase, UnresolvedDependencies, Uptime, Wait};

/// Whether what a container waits for has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of it.
    Met,
    /// Not yet; something has to be looked at again by then.
    Open(Option<Uptime>),
    /// It never will.
    Never(String),
}

/// An error if somebody waits for a container that is not there, or in a circle.
pub(super) fn check(containers: &[NodeContainer]) -> Result<(), UnresolvedDependencies> {
    let error = |at: &NodeContainer, problem| UnresolvedDependencies { container: at.name.clone(), problem };
    if let Some(lost) = containers.iter().find(|container| needs(container).any(|on| on >= containers.len())) {
        return Err(error(lost, "waits for a container that the task does not have"));
    }
    // Those that wait for nobody who is still here leave, until nobody can.
    let mut left: Vec<usize> = (0..containers.len()).collect();
    loop {
        let before = left.len();
        let stays = |at: &usize| needs(&containers[*at]).any(|on| left.contains(&on));
        let next: Vec<usize> = left.iter().copied().filter(stays).collect();
        match next.first() {
            None => return Ok(()),
            Some(&stuck) if next.len() == before => return Err(error(&containers[stuck], "waits for itself")),
            Some(_) => left = next,
        }
    }
}

/// The places of those without which a container does not come to be.
fn needs(container: &NodeContainer) -> impl Iterator<Item = usize> {
    container.waits.iter().map(|wait| wait.on).chain(container.made_after.iter().copied())
}

/// Whether a container's turn has come.
pub(super) fn verdict(containers: &[NodeContainer], at: usize, now: Uptime) -> Verdict {
    let mut soonest: Option<Uptime> = None;
    let mut open = false;
    for &on in &containers[at].made_after {
        match made(&containers[on]) {
            Verdict::Met => {}
            Verdict::Open(_) => open = true,
            never @ Verdict::Never(_) => return never,
        }
    }
    for wait in &containers[at].waits {
        match one(&containers[wait.on], wait, now) {
            Verdict::Met => {}
            Verdict::Open(until) => {
                open = true;
                soonest = soonest.into_iter().chain(until).min();
            }
            never @ Verdict::Never(_) => return never,
        }
    }
    if open { Verdict::Open(soonest) } else { Verdict::Met }
}

/// Whether a container is there, if it does nothing yet.
fn made(on: &NodeContainer) -> Verdict {
    match &on.phase {
        Phase::Waiting | Phase::Pulling | Phase::Pulled | Phase::Creating => Verdict::Open(None),
        Phase::Stopped(end) if end.started_at.is_none() => {
            Verdict::Never(format!("container {}, whose volumes it shares, did not start", on.name))
        }
        _ => Verdict::Met,
    }
}

fn one(on: &NodeContainer, wait: &Wait, now: Uptime) -> Verdict {
    let name = &on.name;
    let never = |why: &str| Verdict::Never(format!("dependency on container {name} can never be met: {why}"));
    let is_met = match (&on.phase, wait.until) {
        (Phase::Stopped(end), _) if end.started_at.is_none() => return never("it did not start"),
        (Phase::Stopped(_), Condition::Start | Condition::Complete) => true,
        (Phase::Stopped(end), Condition::Success) => match end.code {
            Some(0) => true,
            Some(code) => return never(&format!("it exited with code {code}, not 0")),
            None => return never("how it ended is not known"),
        },
        (Phase::Stopped(_), Condition::Healthy) => return never("it ended"),
        (Phase::Running { .. } | Phase::Stopping { .. } | Phase::Exited(_) | Phase::Restarting(_), Condition::Start) => true,
        (Phase::Running { .. }, Condition::Healthy) => on.health == Health::Healthy,
        _ => false,
    };
    if is_met {
        return Verdict::Met;
    }
    match (&on.phase, on.start_timeout) {
        (Phase::Running { since, .. }, Some(limit)) if wait.until != Condition::Start => {
            let until = since.after(limit);
            let seconds = |limit: Duration| limit.as_secs();
            if now >= until {
                never(&format!("its start timeout of {} s is over", seconds(limit)))
            } else {
                Verdict::Open(Some(until))
            }
        }
        _ => Verdict::Open(None),
    }
}

/// Whether another container that has started, or is about to, waits for this one: then it must end first.
pub(super) fn is_needed(containers: &[NodeContainer], at: usize) -> bool {
    containers.iter().any(|other| {
        let holds = match other.phase {
            Phase::Creating | Phase::Starting | Phase::Running { .. } | Phase::Stopping { .. } => true,
            Phase::Exited(_) | Phase::Restarting(_) => true,
            Phase::Waiting | Phase::Pulling | Phase::Pulled | Phase::Created | Phase::Stopped(_) => false,
        };
        holds && other.waits.iter().any(|wait| wait.on == at)
    })
}
