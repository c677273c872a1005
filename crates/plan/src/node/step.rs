//! What to do next.

use berth_model::Timestamp;

use super::depend::{Verdict, is_needed, verdict};
use super::health;
use super::task::{Desired, NodeTask, Outcome, Phase, Uptime};

/// The exit code of a container that did not start because of another one, as the Amazon ECS container agent reports it.
const DEPENDENCY_FAILED: i32 = 143;

/// What is to be done to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Get its image.
    Pull,
    /// Nobody wants its image any more.
    Abandon,
    /// Make it.
    Create,
    /// Start it.
    Start,
    /// Start it once more: what it wrote to its disk stays.
    Restart,
    /// Check its health.
    Check,
    /// Ask it to end: its stop signal.
    Stop,
    /// End it: SIGKILL.
    Kill,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The record with the actions ordered. It is to be kept before they are carried out.
    pub next: NodeTask,
    /// The actions, and the containers they are done to.
    pub actions: Vec<(usize, Action)>,
    /// When to ask again though nothing happened.
    pub wake_at: Option<Uptime>,
}

/// Decides what to do next. Asked again with what it answered, it orders nothing more.
#[must_use]
pub fn step(task: &NodeTask, now: Uptime, wall: Timestamp) -> Step {
    let mut step = Step { next: task.clone(), actions: Vec::new(), wake_at: None };
    // What one container does may decide another's turn: each round ends or orders at least one.
    while round(&mut step, now, wall) {}
    step.wake_at = wake_at(&step.next, now);
    step
}

/// One look at every container; whether something changed.
fn round(step: &mut Step, now: Uptime, wall: Timestamp) -> bool {
    let task = &mut step.next;
    let is_over = |phase: &Phase| phase.is_stopped();
    if task.containers.iter().any(|container| container.essential && is_over(&container.phase)) {
        task.desired = Desired::Stopped;
    }
    let mut changed = false;
    for at in 0..task.containers.len() {
        let next = match task.desired {
            Desired::Running => forwards(task, at, now, wall),
            Desired::Stopped => backwards(task, at, now, wall),
        };
        if let Some((phase, action)) = next {
            task.containers[at].phase = phase;
            step.actions.extend(action.map(|action| (at, action)));
            changed = true;
        }
        if task.desired == Desired::Running && health::order(&mut task.containers[at], now) {
            step.actions.push((at, Action::Check));
        }
    }
    changed
}

type Change = Option<(Phase, Option<Action>)>;

/// Towards running.
fn forwards(task: &NodeTask, at: usize, now: Uptime, wall: Timestamp) -> Change {
    let phase = &task.containers[at].phase;
    if matches!(phase, Phase::Waiting | Phase::Pulling | Phase::Pulled | Phase::Created)
        && let Verdict::Never(why) = verdict(&task.containers, at, now)
    {
        let abandon = matches!(phase, Phase::Pulling).then_some(Action::Abandon);
        let reason = Some(format!("CannotStartContainerError: {why}"));
        let outcome = Outcome { code: Some(DEPENDENCY_FAILED), reason, started_at: None, ended_at: wall };
        return Some((Phase::Stopped(outcome), abandon));
    }
    match phase {
        Phase::Waiting => Some((Phase::Pulling, Some(Action::Pull))),
        Phase::Pulled if verdict(&task.containers, at, now) == Verdict::Met => Some((Phase::Creating, Some(Action::Create))),
        Phase::Created => Some((Phase::Starting, Some(Action::Start))),
        Phase::Exited(end) => Some((Phase::Restarting(end.clone()), Some(Action::Restart))),
        Phase::Running { .. } | Phase::Stopping { .. } => time_is_over(task, at, now),
        Phase::Pulling | Phase::Pulled | Phase::Creating | Phase::Starting | Phase::Restarting(_) | Phase::Stopped(_) => None,
    }
}

/// Towards the end, in reverse order of dependencies.
fn backwards(task: &NodeTask, at: usize, now: Uptime, wall: Timestamp) -> Change {
    let never_ran = || Phase::Stopped(Outcome { code: None, reason: None, started_at: None, ended_at: wall });
    match &task.containers[at].phase {
        Phase::Waiting | Phase::Pulled | Phase::Created => Some((never_ran(), None)),
        Phase::Pulling => Some((never_ran(), Some(Action::Abandon))),
        Phase::Running { started_at, .. } if !is_needed(&task.containers, at) => {
            Some((Phase::Stopping { asked: now, killed: false, started_at: *started_at }, Some(Action::Stop)))
        }
        Phase::Stopping { .. } => time_is_over(task, at, now),
        Phase::Exited(end) => Some((Phase::Stopped(end.clone()), None)),
        // What is in the middle of being made or started tells when it is done.
        Phase::Creating | Phase::Starting | Phase::Restarting(_) | Phase::Running { .. } | Phase::Stopped(_) => None,
    }
}

/// A container that was asked to end and did not.
fn time_is_over(task: &NodeTask, at: usize, now: Uptime) -> Change {
    let container = &task.containers[at];
    match container.phase {
        Phase::Stopping { asked, killed: false, started_at } if now >= asked.after(container.stop_timeout) => {
            Some((Phase::Stopping { asked, killed: true, started_at }, Some(Action::Kill)))
        }
        _ => None,
    }
}

/// The next timeout.
fn wake_at(task: &NodeTask, now: Uptime) -> Option<Uptime> {
    let kills = task.containers.iter().filter_map(|container| match container.phase {
        Phase::Stopping { asked, killed: false, .. } => Some(asked.after(container.stop_timeout)),
        _ => None,
    });
    let starts = (0..task.containers.len()).filter_map(|at| match task.containers[at].phase {
        Phase::Waiting | Phase::Pulling | Phase::Pulled | Phase::Created => match verdict(&task.containers, at, now) {
            Verdict::Open(until) => until,
            Verdict::Met | Verdict::Never(_) => None,
        },
        _ => None,
    });
    let checks = task.containers.iter().filter_map(health::due).filter(|_| task.desired == Desired::Running);
    kills.chain(starts).chain(checks).min()
}
