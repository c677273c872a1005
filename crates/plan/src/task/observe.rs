//! What a report makes of a task.

use berth_model::{
    AttachmentStatus, Connectivity, Container, ContainerLife, Desired, Facts, Life, NetworkBinding, NetworkMode, PortSpan,
    Protocol, Stop, StopCode, Task, Timestamp,
};

use super::change::{advance, changed, end, not_before_any};
use super::report::{ContainerReport, Reported, TaskReport};

/// The essential container whose end ends the task.
#[derive(Clone, Copy)]
struct Exit {
    container: usize,
    /// Whether it had been running.
    ran: bool,
}

/// The task after its agent's report. Saying the same again changes nothing, and what comes late is dropped.
#[must_use]
pub fn observe(task: &Task, facts: &Facts, report: &TaskReport<'_>, now: Timestamp) -> Option<Task> {
    if task.life.has_ended() {
        return None;
    }
    let now = not_before_any(task, now);
    let mut next = task.clone();
    let exit = containers(&mut next, facts, &report.containers);
    if facts.network_mode == NetworkMode::Bridge {
        hold_ports(&mut next, task);
    }
    attachments(&mut next, report);
    next.connectivity.get_or_insert(Connectivity { connected: true, at: now });
    advance_life(&mut next, facts, report, exit, now);
    set_times(&mut next, report, now);
    changed(task, next)
}

/// What is said to be there is there, and a task that its agent speaks of has what it needs.
fn attachments(task: &mut Task, report: &TaskReport<'_>) {
    let is_known = report.status.is_some();
    for attachment in &mut task.attachments {
        let is_there = report.attachments.iter().any(|(id, attached)| *attached && *id == attachment.id);
        if is_known || is_there {
            attachment.status = attachment.status.max(AttachmentStatus::Attached);
        }
    }
}

/// Applies what is said of the containers, one after the other. Gives the first essential one that ended.
fn containers(task: &mut Task, facts: &Facts, reports: &[ContainerReport<'_>]) -> Option<Exit> {
    let mut exit = None;
    for report in reports {
        // The agent's own, such as the one that holds a network namespace, are not in the definition.
        let Some(at) = facts.containers.iter().position(|container| container.name == report.name) else { continue };
        let (Some(facts), Some(container)) = (facts.containers.get(at), task.containers.get_mut(at)) else { continue };
        let before = container.known;
        apply(container, report);
        if facts.essential && before < ContainerLife::Stopped && container.known == ContainerLife::Stopped {
            // One that ends by itself has a code and no reason; one that never started has a reason.
            let ran = before == ContainerLife::Running || container.exit_code.is_some() && container.reason.is_none();
            exit.get_or_insert(Exit { container: at, ran });
        }
    }
    exit
}

fn apply(container: &mut Container, report: &ContainerReport<'_>) {
    let reported = ContainerLife::from(report.status);
    if reported < container.known {
        return;
    }
    // What is known of a container that is over is final.
    let is_final = container.known == ContainerLife::Stopped;
    container.known = reported;
    replace(&mut container.exit_code, report.exit_code, is_final);
    replace(&mut container.reason, given(report.reason).map(Into::into), is_final);
    replace(&mut container.runtime_id, given(report.runtime_id).map(Into::into), is_final);
    replace(&mut container.image_digest, given(report.image_digest).map(Into::into), is_final);
    if !report.bindings.is_empty() && (!is_final || container.bindings.is_empty()) {
        container.bindings = report.bindings.as_slice().into();
    }
}

fn replace<T>(old: &mut Option<T>, new: Option<T>, is_final: bool) {
    if new.is_some() && !(is_final && old.is_some()) {
        *old = new;
    }
}

fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Adds the ports the agent chose to what the task holds. Those it knew of before were decided on then.
fn hold_ports(task: &mut Task, before: &Task) {
    let news = task.containers.iter().zip(&before.containers).filter(|(now, before)| now.bindings != before.bindings);
    for NetworkBinding { host, protocol, .. } in news.flat_map(|(now, _)| &now.bindings) {
        let ports = match protocol {
            Protocol::Tcp => &mut task.reservation.ports_tcp,
            Protocol::Udp => &mut task.reservation.ports_udp,
        };
        let (first, last) = match *host {
            PortSpan::Port(port) => (port, port),
            PortSpan::Range(first, last) => (first, last),
        };
        ports.extend(first..=last);
    }
}

fn advance_life(task: &mut Task, facts: &Facts, report: &TaskReport<'_>, exit: Option<Exit>, now: Timestamp) {
    let is_over = report.status == Some(Reported::Stopped);
    let known = |life| essentials(facts).any(|at| task.containers.get(at).is_some_and(|container| container.known == life));
    // To the agent a task is running too that has a failed container, once the others run.
    let all_run = report.status == Some(Reported::Running) && !known(ContainerLife::Stopped);
    let runs = all_run || exit.is_some_and(|exit| exit.ran) || is_over && exit.is_none() && known(ContainerLife::Running);
    let failed = task.desired.stop().is_some_and(|stop| stop.code == StopCode::TaskFailedToStart);
    let started_at = task.life.started_at().or((runs && !failed).then_some(now));
    if task.desired.is_running() && (is_over || exit.is_some()) {
        let (code, reason) = cause(task, facts, report, exit, started_at.is_some());
        task.desired = Desired::Stopped(Box::new(Stop { code, reason, stopping_at: now }));
    }
    match (report.status, started_at) {
        (Some(Reported::Stopped), _) => end(task, started_at, now),
        (_, Some(_)) if !task.desired.is_running() => advance(task, Life::Stopping { started_at }),
        (_, Some(started_at)) => advance(task, Life::Running { started_at }),
        (Some(Reported::Pending | Reported::Running), None) => advance(task, Life::Pending),
        (None, None) if waits_for_nothing(task) => advance(task, Life::Pending),
        (None, None) => {}
    }
}

/// Whether a task has a place, and all that is attached to it is there.
fn waits_for_nothing(task: &Task) -> bool {
    task.instance.is_some() && task.attachments.iter().all(|attachment| attachment.status >= AttachmentStatus::Attached)
}

/// Why a task ends that was meant to run.
fn cause(task: &Task, facts: &Facts, report: &TaskReport<'_>, exit: Option<Exit>, started: bool) -> (StopCode, Box<str>) {
    let said = given(report.reason);
    if started {
        // Agents say nothing when an essential container ends; what they do say is something else.
        let reason = said.filter(|_| exit.is_none()).unwrap_or("Essential container in task exited");
        return (StopCode::EssentialContainerExited, reason.into());
    }
    let reason_of = |at: usize| task.containers.get(at).and_then(|container| container.reason.as_deref());
    let mut suspects = exit.map(|exit| exit.container).into_iter().chain(essentials(facts)).chain(0..task.containers.len());
    let reason = said.or_else(|| suspects.find_map(reason_of));
    (StopCode::TaskFailedToStart, reason.unwrap_or("Task failed to start").into())
}

/// The positions of the essential containers.
fn essentials(facts: &Facts) -> impl Iterator<Item = usize> {
    facts.containers.iter().enumerate().filter(|(_, container)| container.essential).map(|(at, _)| at)
}

/// Sets what is not known yet. The agent's clock is not ours: its times are kept between what came before them and now.
fn set_times(task: &mut Task, report: &TaskReport<'_>, now: Timestamp) {
    let within = |at: Option<Timestamp>, earliest: Timestamp| at.map(|at| at.min(now).not_before(earliest));
    let created_at = task.times.created_at;
    let times = &mut task.times;
    times.pull_started_at = times.pull_started_at.or(within(report.pull_started_at, created_at));
    let pull_started_at = times.pull_started_at.unwrap_or(created_at);
    times.pull_stopped_at = times.pull_stopped_at.or(within(report.pull_stopped_at, pull_started_at));
    let started_at = task.life.started_at().unwrap_or(created_at);
    times.execution_stopped_at = times.execution_stopped_at.or(within(report.execution_stopped_at, started_at));
}
