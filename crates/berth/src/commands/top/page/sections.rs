//! The sections of the page: nodes, services, tasks, events.

use std::cmp::Ordering;

use super::super::Order;
use super::super::seen::{Amount, Event, Node, Seen, Service, Task};
use crate::tasks::short_id;
use crate::terminal::{BAD, Cell, Column, FAINT, GOOD, Line, PLAIN, WAITING, fit, rfc_3339};
use crate::usage;

/// Signs of a bar.
const BAR: u8 = 10;

/// Nodes by their ids, so that each keeps its place.
pub(super) fn nodes(seen: &Seen, rows: usize, width: usize) -> Vec<String> {
    const COLUMNS: [Column; 12] = [
        Column::words("NODE", 0),
        Column::words("STATUS", 1),
        Column::numbers("RUNNING", 5),
        Column::numbers("PENDING", 7),
        Column::words("CPU", 9),
        Column::numbers("CPU USED", 0),
        Column::numbers("RESERVED", 3),
        Column::numbers("OF", 6),
        Column::words("MEMORY", 10),
        Column::numbers("MEM USED", 2),
        Column::numbers("RESERVED", 4),
        Column::numbers("OF", 8),
    ];
    if seen.nodes.is_empty() {
        return nothing("NODE", "none: nothing runs here before a machine joins", width);
    }
    let row = |node: &Node| {
        let (cpu, memory) = (&node.cpu, &node.memory);
        [
            short_id(&node.id).into(),
            status(node),
            node.running_tasks.to_string().into(),
            node.pending_tasks.to_string().into(),
            bar(cpu),
            percent(cpu.used, cpu.whole),
            percent(whole(cpu.reserved), cpu.whole),
            format!("{:.1} CPUs", whole(cpu.whole) / usage::PROCESSOR).into(),
            bar(memory),
            percent(memory.used, memory.whole),
            percent(whole(memory.reserved), memory.whole),
            format!("{} MiB", memory.whole).into(),
        ]
    };
    let shown: Vec<_> = seen.nodes.iter().take(rows).map(row).collect();
    fit(COLUMNS, &shown, width)
}

/// What matters most: a node that is not heard from takes no tasks, whatever its status.
fn status(node: &Node) -> Cell {
    match (node.is_connected, node.status.as_str()) {
        (false, "ACTIVE") => Cell("NOT CONNECTED".to_owned(), BAD),
        (false, status) => Cell(format!("{status}, NOT CONNECTED"), BAD),
        (true, "ACTIVE") => Cell("ACTIVE".to_owned(), GOOD),
        (true, status) => Cell(status.to_owned(), WAITING),
    }
}

#[expect(clippy::cast_precision_loss, reason = "seven digits are enough to look at")]
fn whole(amount: i32) -> f32 {
    amount as f32
}

fn share(part: f32, of: i32) -> f32 {
    part / whole(of.max(1))
}

fn percent(part: f32, of: i32) -> Cell {
    format!("{:.0}%", share(part, of) * 100.0).into()
}

/// What is used, and what is reserved beyond: `[||::::    ]`.
fn bar(amount: &Amount) -> Cell {
    let used = share(amount.used, amount.whole);
    let reserved = share(whole(amount.reserved), amount.whole);
    let is_below = |at: u8, share: f32| (f32::from(at) + 0.5) / f32::from(BAR) < share;
    let sign = |at| match at {
        at if is_below(at, used) => '|',
        at if is_below(at, reserved) => ':',
        _ => ' ',
    };
    let style = match used {
        0.95.. => BAD,
        0.8.. => WAITING,
        _ => GOOD,
    };
    Cell(format!("[{}]", (0..BAR).map(sign).collect::<String>()), style)
}

/// Services that do not have what they are to have come first.
pub(super) fn services(seen: &Seen, order: Order, rows: usize, width: usize) -> Vec<String> {
    const COLUMNS: [Column; 9] = [
        Column::words("SERVICE", 0),
        Column::numbers("DESIRED", 0),
        Column::numbers("RUNNING", 0),
        Column::numbers("PENDING", 2),
        Column::numbers("FAILED", 3),
        Column::words("ROLLOUT", 1),
        Column::numbers("CPU", 5),
        Column::numbers("MEMORY", 6),
        Column::words("REVISION", 4),
    ];
    if seen.services.is_empty() {
        return nothing("SERVICE", "none: `aws ecs create-service` makes one", width);
    }
    let mut sorted: Vec<&Service> = seen.services.iter().collect();
    sorted.sort_by(|one, other| {
        let settled = one.is_settled.cmp(&other.is_settled);
        settled.then_with(|| {
            first(order, (one.cpu_used, one.memory_used, &one.name), (other.cpu_used, other.memory_used, &other.name))
        })
    });
    let row = |service: &&Service| {
        let is_running = service.running_count == service.desired_count;
        [
            service.name.as_str().into(),
            service.desired_count.to_string().into(),
            Cell(service.running_count.to_string(), if is_running { GOOD } else { WAITING }),
            counted(service.pending_count, WAITING),
            counted(service.failed_tasks, BAD),
            rollout(service),
            usage::cpu(service.cpu_used).into(),
            mib(service.memory_used),
            service.task_definition.as_deref().unwrap_or("-").into(),
        ]
    };
    let shown: Vec<_> = sorted.iter().take(rows).map(row).collect();
    fit(COLUMNS, &shown, width)
}

/// A number that is worth looking at if it is none.
fn counted(count: i32, style: anstyle::Style) -> Cell {
    Cell(count.to_string(), if count == 0 { FAINT } else { style })
}

/// What matters most: a service that is being deleted has no rollout.
fn rollout(service: &Service) -> Cell {
    if service.status != "ACTIVE" {
        return Cell(service.status.clone(), WAITING);
    }
    match service.rollout_state.as_deref() {
        None => Cell("-".to_owned(), FAINT),
        Some(state) => Cell(
            state.to_owned(),
            match state {
                "COMPLETED" => GOOD,
                "FAILED" => BAD,
                _ => WAITING,
            },
        ),
    }
}

fn mib(amount: f32) -> Cell {
    format!("{amount:.0} MiB").into()
}

/// Tasks of which it is known what they use.
pub(super) fn tasks(seen: &Seen, order: Order, rows: usize, width: usize) -> Vec<String> {
    const COLUMNS: [Column; 6] = [
        Column::words("TASK", 0),
        Column::words("SERVICE", 1),
        Column::words("REVISION", 2),
        Column::numbers("CPU", 0),
        Column::numbers("MEMORY", 0),
        Column::words("NODE", 3),
    ];
    if seen.tasks.is_empty() {
        return nothing("TASK", "none has said yet what it uses", width);
    }
    let mut sorted: Vec<&Task> = seen.tasks.iter().collect();
    sorted.sort_by(|one, other| {
        let by = first(order, (one.cpu_used, one.memory_used, &one.group), (other.cpu_used, other.memory_used, &other.group));
        by.then_with(|| one.id.cmp(&other.id))
    });
    let row = |task: &&Task| {
        [
            short_id(&task.id).into(),
            task.group.strip_prefix("service:").map_or_else(|| Cell("-".to_owned(), FAINT), Cell::from),
            task.task_definition.as_str().into(),
            usage::cpu(task.cpu_used).into(),
            mib(task.memory_used),
            task.node.as_deref().map_or("-", short_id).into(),
        ]
    };
    let shown: Vec<_> = sorted.iter().take(rows).map(row).collect();
    fit(COLUMNS, &shown, width)
}

/// Which of two comes first, by processor, memory and name.
fn first(order: Order, one: (f32, f32, &str), other: (f32, f32, &str)) -> Ordering {
    let by = match order {
        Order::Cpu => other.0.total_cmp(&one.0),
        Order::Memory => other.1.total_cmp(&one.1),
        Order::Name => Ordering::Equal,
    };
    by.then_with(|| one.2.cmp(other.2))
}

/// The newest event comes last, as in a log.
pub(super) fn events(seen: &Seen, rows: usize, width: usize) -> Vec<String> {
    let mut lines = nothing_but("EVENTS", width);
    let mut shown: Vec<&Event> = seen.events.iter().take(rows).collect();
    shown.reverse();
    let today = rfc_3339(seen.at);
    for event in shown {
        let at = rfc_3339(event.at);
        // The time of today's, the day of others.
        let at = if at.get(..10) == today.get(..10) { at.get(11..19) } else { at.get(..10) };
        let mut line = Line::new(width);
        line.push(at.unwrap_or_default(), FAINT);
        line.push("  ", PLAIN);
        line.push(&event.message, PLAIN);
        lines.push(line.text);
    }
    lines
}

fn nothing_but(heading: &str, width: usize) -> Vec<String> {
    let mut line = Line::new(width);
    line.push(heading, FAINT);
    vec![line.text]
}

/// A section that has no rows, and what to think of it.
fn nothing(heading: &str, why: &str, width: usize) -> Vec<String> {
    let mut lines = nothing_but(heading, width);
    let mut line = Line::new(width);
    line.push(why, FAINT);
    lines.push(line.text);
    lines
}
