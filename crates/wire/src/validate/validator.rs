//! Walks a shape and notes what breaks its limits.

use std::collections::BTreeSet;

use super::constraint::{self, Measured};
use super::violation::{ShownValue, Violation};
use crate::missing::{Missing, Seen, element_step, entry_step, member_step};
use crate::moment;
use crate::protocol::WriteShape;
use crate::schema::{Kind, Member, Schema};
use crate::shape::{Document, ShapeWriter, Timestamp};

/// Violations that one answer tells of.
const LIMIT: usize = 50;
/// Characters of a list or map that are kept for a message.
const SHOWN: usize = 300;

/// The limits that a request's values break, in document order. `missing` is what reading it noted: those places hold
/// defaults now, and are reported as absent instead.
#[must_use]
pub fn violations(at: &'static Member, missing: &Missing, write: WriteShape<'_>) -> Vec<Violation> {
    let missing = missing.paths().iter().map(String::as_str).collect();
    let mut validator = Validator { missing, open: Vec::new(), steps: Vec::new(), found: Vec::new() };
    write(at, &mut validator);
    for path in std::mem::take(&mut validator.missing) {
        validator.note(path.to_owned(), ShownValue::Null, "Member must not be null".to_owned());
    }
    validator.found
}

struct Validator<'m> {
    /// Absent places that have not been reported yet.
    missing: BTreeSet<&'m str>,
    /// The structures, lists and maps around the value at hand.
    open: Vec<Frame>,
    /// Their places, one for each but the outermost.
    steps: Vec<Step>,
    found: Vec<Violation>,
}

struct Frame {
    schema: &'static Schema,
    /// Whether values in it must not be shown.
    hidden: bool,
    /// A structure's members that were written.
    seen: Seen,
    /// Elements or entries so far.
    count: usize,
    /// The key of a map's value that comes next.
    key: String,
    /// Whether a key, or an element or value, that is a scalar breaks its own limits.
    broken_key: bool,
    broken_value: bool,
    /// Whether a violation may have to show this list or map.
    shows: bool,
    /// Its beginning as text.
    shown: String,
}

#[derive(Clone)]
enum Step {
    Member(&'static str),
    Element(usize),
    Entry(String),
}

impl Validator<'_> {
    fn note(&mut self, path: String, value: ShownValue, constraint: String) {
        if self.found.len() < LIMIT {
            self.found.push(Violation { path, value, constraint });
        }
    }

    fn path(&self, last: Option<&Step>) -> String {
        let text = |step: &Step| match step {
            Step::Member(name) => member_step(name),
            Step::Element(index) => element_step(*index),
            Step::Entry(key) => entry_step(key),
        };
        let steps: Vec<String> = self.steps.iter().chain(last).map(text).collect();
        steps.join(".")
    }

    /// Comes to a value: where it stands, or `None` if it counts as absent.
    fn arrive(&mut self, at: &'static Member) -> Option<Option<Step>> {
        let step = self.open.last_mut().map(|frame| frame.step(at));
        if self.missing.is_empty() {
            return Some(step);
        }
        let path = self.path(step.as_ref());
        if !self.missing.remove(path.as_str()) {
            return Some(step);
        }
        self.note(path, ShownValue::Null, "Member must not be null".to_owned());
        None
    }

    /// Checks a value that has no values inside.
    fn scalar(&mut self, at: &'static Member, value: Measured<'_>, text: &str) {
        let Some(step) = self.arrive(at) else { return };
        let broken = constraint::broken(at.schema, value);
        let hidden = at.schema.sensitive || self.open.last().is_some_and(|frame| frame.hidden);
        match self.open.last_mut() {
            Some(frame) if !frame.is_structure() => {
                frame.broken_value |= !broken.is_empty();
                frame.show(if hidden { "***" } else { text });
            }
            _ => {
                for constraint in broken {
                    let value = if hidden { ShownValue::Hidden } else { ShownValue::text(text) };
                    self.note(self.path(step.as_ref()), value, constraint);
                }
            }
        }
    }

    /// Checks a structure, a list or a map: first what is inside, then itself.
    fn container(&mut self, at: &'static Member, inside: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        let Some(step) = self.arrive(at) else { return };
        let hidden = at.schema.sensitive || self.open.last().is_some_and(|frame| frame.hidden);
        if let Some(frame) = self.open.last_mut() {
            frame.show("...");
        }
        let nested = step.is_some();
        self.steps.extend(step);
        self.open.push(Frame::new(at.schema, hidden));
        inside(self);
        if let Some(frame) = self.open.pop() {
            self.close(frame);
        }
        if nested {
            self.steps.pop();
        }
    }

    fn close(&mut self, frame: Frame) {
        if frame.is_structure() {
            for (index, member) in frame.schema.members().iter().enumerate() {
                if member.required && !frame.seen.contains(index) {
                    let path = self.path(Some(&Step::Member(member.name)));
                    self.missing.remove(path.as_str());
                    self.note(path, ShownValue::Null, "Member must not be null".to_owned());
                }
            }
            return;
        }
        let parts = |schema: &Schema| constraint::all(schema).join(", ");
        let mut broken = constraint::broken(frame.schema, Measured::Length(frame.count));
        if let Kind::Map { key, value } = &frame.schema.kind {
            if frame.broken_key {
                broken.push(format!("Map keys must satisfy constraint: [{}]", parts(key.schema)));
            }
            if frame.broken_value {
                broken.push(format!("Map value must satisfy constraint: [{}]", parts(value.schema)));
            }
        } else if let (true, Some(element)) = (frame.broken_value, frame.schema.element()) {
            broken.push(format!("Member must satisfy constraint: [{}]", parts(element.schema)));
        }
        for constraint in broken {
            let value = if frame.hidden { ShownValue::Hidden } else { ShownValue::text(&frame.text()) };
            self.note(self.path(None), value, constraint);
        }
    }
}

impl Frame {
    fn new(schema: &'static Schema, hidden: bool) -> Self {
        Self {
            schema,
            hidden,
            seen: Seen::default(),
            count: 0,
            key: String::new(),
            broken_key: false,
            broken_value: false,
            shows: !matches!(schema.kind, Kind::Structure(_)) && constraint::any(schema),
            shown: String::new(),
        }
    }

    const fn is_structure(&self) -> bool {
        matches!(self.schema.kind, Kind::Structure(_))
    }

    const fn is_map(&self) -> bool {
        matches!(self.schema.kind, Kind::Map { .. })
    }

    /// The place of the value that comes next.
    fn step(&mut self, at: &'static Member) -> Step {
        if self.is_structure() {
            if let Some(index) = self.schema.members().iter().position(|member| std::ptr::eq(member, at)) {
                self.seen.insert(index);
            }
            return Step::Member(at.name);
        }
        self.count += 1;
        if self.is_map() { Step::Entry(self.key.clone()) } else { Step::Element(self.count - 1) }
    }

    /// Adds a part to the text of a list or a map.
    fn show(&mut self, part: &str) {
        if !self.shows || self.shown.len() > SHOWN {
            return;
        }
        if self.count > 1 {
            self.shown.push_str(", ");
        }
        if self.is_map() {
            self.shown.extend(self.key.chars().take(SHOWN));
            self.shown.push('=');
        }
        self.shown.extend(part.chars().take(SHOWN));
    }

    fn text(&self) -> String {
        let (open, close) = if self.is_map() { ('{', '}') } else { ('[', ']') };
        format!("{open}{}{close}", self.shown)
    }
}

impl ShapeWriter for Validator<'_> {
    fn boolean(&mut self, at: &'static Member, value: bool) {
        self.scalar(at, Measured::Nothing, if value { "true" } else { "false" });
    }

    fn integer(&mut self, at: &'static Member, value: i64) {
        self.scalar(at, Measured::Number(value as f64), itoa::Buffer::new().format(value));
    }

    fn double(&mut self, at: &'static Member, value: f64) {
        self.scalar(at, Measured::Number(value), &value.to_string());
    }

    fn string(&mut self, at: &'static Member, value: &str) {
        self.scalar(at, Measured::Text(value), value);
    }

    fn blob(&mut self, at: &'static Member, value: &[u8]) {
        self.scalar(at, Measured::Length(value.len()), "...");
    }

    fn timestamp(&mut self, at: &'static Member, value: Timestamp) {
        self.scalar(at, Measured::Nothing, &moment::to_date_time(value));
    }

    fn document(&mut self, at: &'static Member, _value: &Document) {
        self.scalar(at, Measured::Nothing, "...");
    }

    fn structure(&mut self, at: &'static Member, members: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        self.container(at, members);
    }

    fn list(&mut self, at: &'static Member, _len: usize, elements: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        self.container(at, elements);
    }

    fn map(&mut self, at: &'static Member, _len: usize, entries: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        self.container(at, entries);
    }

    fn key(&mut self, at: &'static Member, key: &str) {
        let broken = !constraint::broken(at.schema, Measured::Text(key)).is_empty();
        if let Some(frame) = self.open.last_mut() {
            frame.broken_key |= broken;
            frame.hidden |= at.schema.sensitive;
            key.clone_into(&mut frame.key);
        }
    }
}
