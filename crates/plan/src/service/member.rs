//! A task of a service, as its service sees it.

use std::time::Duration;

use berth_model::{DeploymentId, Facts, Health, InstanceId, Task, TaskId, Timestamp};

use super::{View, acting};
use crate::task;

/// A task that is meant to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) task: &'a Task,
    /// It is of the deployment that acts.
    pub(super) is_primary: bool,
    /// Its instance takes no tasks any more.
    pub(super) is_leaving: bool,
    pub(super) is_protected: bool,
    pub(super) condition: Condition,
}

/// How a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// It does not run yet, or its health is not known yet.
    Coming,
    /// It runs, and nothing says that it is not well.
    Healthy,
    /// It runs and fails its health checks.
    Unhealthy,
}

impl Member<'_> {
    pub(super) fn id(&self) -> TaskId {
        self.task.id
    }

    pub(super) fn instance(&self) -> Option<InstanceId> {
        self.task.instance
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.condition == Condition::Healthy
    }

    /// Whether it is one of those the service is to have.
    pub(super) fn stays(&self) -> bool {
        self.is_primary && !self.is_leaving && self.condition != Condition::Unhealthy
    }

    /// Whether it never ran.
    pub(super) fn is_pending(&self) -> bool {
        self.task.life.is_pending()
    }
}

/// The tasks that are meant to run, by their ids; and when a grace period is over.
pub(super) fn members<'a>(view: &View<'a>, now: Timestamp) -> (Vec<Member<'a>>, Option<Timestamp>) {
    let primary = acting(view.service, view.records.iter().copied()).map(|deployment| deployment.id);
    let mut wake_at: Option<Timestamp> = None;
    let live = view.tasks.iter().filter(|task| task.desired.is_running() && !task.life.has_ended());
    let mut members: Vec<Member<'a>> = live
        .map(|&task| {
            let is_primary = primary.is_some() && task.deployment() == primary;
            let (condition, until) = condition(view, task, is_primary, now);
            wake_at = [wake_at, until, task.protected_until.filter(|&until| now < until)].into_iter().flatten().min();
            Member {
                task,
                is_primary,
                is_leaving: task.instance.is_some_and(|instance| view.leaving.contains(&instance)),
                is_protected: task.is_protected(now),
                condition,
            }
        })
        .collect();
    members.sort_by_key(Member::id);
    (members, wake_at)
}

/// How the task is; and when its grace is over, if that is all that keeps it from being unhealthy.
fn condition(view: &View<'_>, task: &Task, is_primary: bool, now: Timestamp) -> (Condition, Option<Timestamp>) {
    let Some(started_at) = task.life.started_at() else { return (Condition::Coming, None) };
    let grace = Duration::from_secs(view.service.grace_seconds.unwrap_or(0).into());
    let replaced = || view.replaced.iter().find(|(id, _)| task.deployment() == Some(*id)).map(|&(_, facts)| facts);
    let facts = view.revision.filter(|_| is_primary).map(|revision| revision.facts).or_else(replaced);
    let health = match facts {
        Some(facts) if is_checked(facts) => task::health(task, facts),
        // Of what nobody knows any more, what the containers say has to do.
        None if task.containers.iter().any(|container| container.health == Health::Unhealthy) => Health::Unhealthy,
        Some(_) | None => Health::Healthy,
    };
    match health {
        Health::Healthy => (Condition::Healthy, None),
        Health::Unknown => (Condition::Coming, None),
        Health::Unhealthy if now < started_at + grace => (Condition::Coming, Some(started_at + grace)),
        Health::Unhealthy => (Condition::Unhealthy, None),
    }
}

fn is_checked(facts: &Facts) -> bool {
    facts.containers.iter().any(|container| container.essential && container.health_checked)
}

/// How many of the members belong to a deployment.
pub(super) fn of_deployment<'m>(members: &'m [Member<'_>], id: DeploymentId) -> impl Iterator<Item = &'m Member<'m>> {
    members.iter().filter(move |member| member.task.deployment() == Some(id)).map(|member| -> &'m Member<'m> { member })
}
