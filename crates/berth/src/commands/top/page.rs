//! A picture of a cluster: what was seen, in a given room. The same goes in, the same comes out.

mod sections;

use anstyle::Style;

use super::Order;
use super::seen::Seen;
use crate::terminal::{BAD, BOLD, FAINT, Line, PLAIN, rfc_3339};

/// Sections of a page, in their order.
const SECTIONS: usize = 4;
/// Which of them is the last to go where there is little room, and so on: services, tasks, nodes, events.
const IMPORTANCE: [usize; SECTIONS] = [1, 2, 0, 3];
/// Lines of a section besides its rows: an empty one, and the heading.
const FRAME: usize = 2;
/// Events that are shown, at most.
const EVENTS: usize = 10;

/// Where a picture has to fit.
#[derive(Debug)]
pub(super) struct Room<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Whether keys do something.
    pub(super) is_live: bool,
    /// Why this picture is not newer.
    pub(super) trouble: Option<&'a str>,
}

impl Room<'_> {
    /// Where nothing limits it.
    pub(super) const ENDLESS: Self = Self { width: usize::MAX, height: usize::MAX, is_live: false, trouble: None };
}

/// Lines, at most as many and as wide as there is room for.
pub(super) fn page(seen: &Seen, order: Order, room: &Room<'_>) -> Vec<String> {
    let wanted = [seen.nodes.len().max(1), seen.services.len().max(1), seen.tasks.len().max(1), seen.events.len().min(EVENTS)];
    let rows = share_out(room.height, wanted);
    let mut lines = vec![headline(seen, order, room)];
    let mut gap = room.trouble.map_or_else(String::new, |trouble| one(trouble, BAD, room.width));
    for (at, (rows, wanted)) in rows.into_iter().zip(wanted).enumerate() {
        if rows == 0 {
            continue;
        }
        lines.push(std::mem::take(&mut gap));
        lines.extend(match at {
            0 => sections::nodes(seen, rows, room.width),
            1 => sections::services(seen, order, rows, room.width),
            2 => sections::tasks(seen, order, rows, room.width),
            _ => sections::events(seen, rows, room.width),
        });
        if wanted > rows {
            gap = one(&format!("and {} more", wanted - rows), FAINT, room.width);
        }
    }
    lines.truncate(room.height);
    lines
}

fn one(text: &str, style: Style, width: usize) -> String {
    let mut line = Line::new(width);
    line.push(text, style);
    line.text
}

/// What fits of it, the most important first.
fn headline(seen: &Seen, order: Order, room: &Room<'_>) -> String {
    let count = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let tasks = count(usize::try_from(seen.running_tasks).unwrap_or_default(), "task");
    let by = match order {
        Order::Cpu => "by cpu",
        Order::Memory => "by memory",
        Order::Name => "by name",
    };
    let time = format!("{}Z", rfc_3339(seen.at).get(11..19).unwrap_or_default());
    let mut words = vec![
        (count(seen.nodes.len(), "node"), PLAIN),
        (count(seen.services.len(), "service"), PLAIN),
        (format!("{tasks} running, {} pending", seen.pending_tasks), PLAIN),
        (time, FAINT),
        (by.to_owned(), FAINT),
    ];
    if room.is_live {
        words.push(("(keys: c, m, n, q)".to_owned(), FAINT));
    }
    let mut line = Line::new(room.width);
    line.push(&seen.cluster, BOLD);
    for (word, style) in words {
        if line.has_room(word.chars().count() + 2) {
            line.push(&format!("  {word}"), style);
        }
    }
    line.text
}

/// Shares the rows of a page out: each section has one while there is room, then whoever wants few has them all, and the others as many each.
fn share_out(height: usize, wanted: [usize; SECTIONS]) -> [usize; SECTIONS] {
    let mut rows = [0; SECTIONS];
    let mut left = height.saturating_sub(1);
    for at in IMPORTANCE {
        if wanted[at] > 0 && left > FRAME {
            rows[at] = 1;
            left -= FRAME + 1;
        }
    }
    loop {
        let before = left;
        for (rows, wanted) in rows.iter_mut().zip(wanted) {
            if left > 0 && *rows > 0 && *rows < wanted {
                *rows += 1;
                left -= 1;
            }
        }
        if left == before {
            return rows;
        }
    }
}

#[cfg(test)]
mod tests;
