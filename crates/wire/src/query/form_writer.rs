//! Writes shapes as form parameters.

use percent_encoding::utf8_percent_encode;

use super::names;
use crate::schema::Member;
use crate::shape::{Document, ShapeWriter, Timestamp};
use crate::text::{self, RESERVED};

/// Appends the parameters of one request.
#[derive(Debug)]
pub struct FormWriter {
    out: String,
    /// The name of the place around the value that comes next.
    prefix: String,
    open: Vec<Frame>,
}

#[derive(Debug)]
enum Frame {
    Structure,
    List {
        written: usize,
    },
    /// `key_at`: where the key of a value still to come begins. A key that gets no value is taken back.
    Map {
        written: usize,
        key_at: Option<usize>,
        key_name: &'static str,
        value_name: &'static str,
    },
}

impl FormWriter {
    /// A form that begins with the operation and the API's version.
    #[must_use]
    pub fn new(action: &str, version: &str) -> Self {
        let mut writer = Self { out: String::new(), prefix: String::new(), open: Vec::new() };
        writer.parameter("Action", action);
        writer.parameter("Version", version);
        writer
    }

    /// The form.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    fn parameter(&mut self, name: &str, value: &str) {
        if !self.out.is_empty() {
            self.out.push('&');
        }
        self.out.extend(utf8_percent_encode(name, RESERVED));
        self.out.push('=');
        self.out.extend(utf8_percent_encode(value, RESERVED));
    }

    fn step(&mut self, step: &str) {
        if !self.prefix.is_empty() {
            self.prefix.push('.');
        }
        self.prefix.push_str(step);
    }

    /// Goes to the place `at` for the time of `inside`.
    fn entering(&mut self, at: &'static Member, inside: impl FnOnce(&mut Self)) {
        let back = self.prefix.len();
        match self.open.last_mut() {
            Some(Frame::Structure) => self.step(names::member(at)),
            Some(Frame::List { written }) => {
                *written += 1;
                let index = written.to_string();
                self.step(&index);
            }
            Some(Frame::Map { written, key_at, value_name, .. }) => {
                *written += 1;
                *key_at = None;
                let (index, value_name) = (written.to_string(), *value_name);
                self.step(&index);
                self.step(value_name);
            }
            None => {}
        }
        inside(self);
        self.prefix.truncate(back);
    }

    fn scalar(&mut self, at: &'static Member, value: &str) {
        self.entering(at, |to| {
            let name = std::mem::take(&mut to.prefix);
            to.parameter(&name, value);
            to.prefix = name;
        });
    }

    /// Writes parts under the step `base`; returns the frame as the parts left it.
    fn parts(&mut self, base: Option<&str>, frame: Frame, write: &mut dyn FnMut(&mut dyn ShapeWriter)) -> Option<Frame> {
        if let Some(base) = base {
            self.step(base);
        }
        self.open.push(frame);
        write(self);
        self.open.pop()
    }
}

impl ShapeWriter for FormWriter {
    fn boolean(&mut self, at: &'static Member, value: bool) {
        self.scalar(at, text::boolean(value));
    }

    fn integer(&mut self, at: &'static Member, value: i64) {
        self.scalar(at, itoa::Buffer::new().format(value));
    }

    fn double(&mut self, at: &'static Member, value: f64) {
        self.scalar(at, &text::double(value));
    }

    fn string(&mut self, at: &'static Member, value: &str) {
        self.scalar(at, value);
    }

    fn blob(&mut self, at: &'static Member, value: &[u8]) {
        self.scalar(at, &text::blob(value));
    }

    fn timestamp(&mut self, at: &'static Member, value: Timestamp) {
        self.scalar(at, &text::timestamp(at, value));
    }

    fn document(&mut self, at: &'static Member, value: &Document) {
        self.scalar(at, &value.0.to_string());
    }

    fn structure(&mut self, at: &'static Member, members: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        self.entering(at, |to| {
            to.parts(None, Frame::Structure, members);
        });
    }

    fn list(&mut self, at: &'static Member, len: usize, elements: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        if len == 0 {
            // The protocol's way to say that a list is there and empty.
            return self.scalar(at, "");
        }
        self.entering(at, |to| {
            let base = if at.flattened { None } else { Some(names::element(at)) };
            to.parts(base, Frame::List { written: 0 }, elements);
        });
    }

    fn map(&mut self, at: &'static Member, _len: usize, entries: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        self.entering(at, |to| {
            let base = if at.flattened { None } else { Some(names::ENTRY) };
            let (key_name, value_name) = (names::key(at), names::value(at));
            let frame = Frame::Map { written: 0, key_at: None, key_name, value_name };
            if let Some(Frame::Map { key_at: Some(key_at), .. }) = to.parts(base, frame, entries) {
                to.out.truncate(key_at);
            }
        });
    }

    fn key(&mut self, _at: &'static Member, key: &str) {
        let end = self.out.len();
        let Some(Frame::Map { written, key_at, key_name, .. }) = self.open.last_mut() else { return };
        let from = key_at.take().unwrap_or(end);
        *key_at = Some(from);
        let name = format!("{}.{}.{key_name}", self.prefix, *written + 1);
        self.out.truncate(from);
        self.parameter(&name, key);
    }
}
