//! Writes shapes as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::moment;
use crate::schema::{Member, TimestampFormat};
use crate::shape::{Document, ShapeWriter, Timestamp};

/// Appends one document to a buffer.
#[derive(Debug, Default)]
pub struct JsonWriter {
    out: Vec<u8>,
    /// The objects and arrays around the value that comes next, the innermost last.
    open: Vec<Frame>,
}

#[derive(Debug)]
enum Frame {
    Structure,
    List,
    /// `key_at`: where the key of a value still to come begins. A key that gets no value is taken back.
    Map {
        key_at: Option<usize>,
    },
}

impl JsonWriter {
    /// A writer of an empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The document.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Writes an object whose members a shape and an envelope share.
    pub(crate) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        self.open.push(Frame::Structure);
        members(self);
        self.open.pop();
        self.out.push(b'}');
    }

    /// Writes a member that no schema knows.
    pub(crate) fn text_member(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text(value);
    }

    /// Writes what stands between the value before and the one that follows.
    fn begin(&mut self, at: &'static Member) {
        match self.open.last_mut() {
            Some(Frame::Structure) => self.name(at.wire_name()),
            Some(Frame::List) => self.comma(),
            Some(Frame::Map { key_at }) => *key_at = None,
            None => {}
        }
    }

    fn name(&mut self, name: &str) {
        self.comma();
        self.text(name);
        self.out.push(b':');
    }

    /// Separates a value from the one before it; text ends in a quote, so a bracket at the end has just been opened.
    fn comma(&mut self) {
        if !matches!(self.out.last(), Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }

    fn text(&mut self, value: &str) {
        // Writing text to memory cannot fail: a Vec takes all bytes, and a str is always valid JSON text.
        let _ = serde_json::to_writer(&mut self.out, value);
    }
}

impl ShapeWriter for JsonWriter {
    fn boolean(&mut self, at: &'static Member, value: bool) {
        self.begin(at);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn integer(&mut self, at: &'static Member, value: i64) {
        self.begin(at);
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn double(&mut self, at: &'static Member, value: f64) {
        self.begin(at);
        match value {
            f64::INFINITY => self.text("Infinity"),
            f64::NEG_INFINITY => self.text("-Infinity"),
            value if value.is_nan() => self.text("NaN"),
            // As for text: writing a finite number to memory cannot fail.
            value => drop(serde_json::to_writer(&mut self.out, &value)),
        }
    }

    fn string(&mut self, at: &'static Member, value: &str) {
        self.begin(at);
        self.text(value);
    }

    fn blob(&mut self, at: &'static Member, value: &[u8]) {
        self.begin(at);
        self.text(&STANDARD.encode(value));
    }

    fn timestamp(&mut self, at: &'static Member, value: Timestamp) {
        self.begin(at);
        let text = moment::to_text(at, TimestampFormat::EpochSeconds, value);
        match at.timestamp_format {
            None | Some(TimestampFormat::EpochSeconds) => self.out.extend_from_slice(text.as_bytes()),
            Some(TimestampFormat::DateTime | TimestampFormat::HttpDate) => self.text(&text),
        }
    }

    fn document(&mut self, at: &'static Member, value: &Document) {
        self.begin(at);
        // As for text: a JSON value can always be written to memory.
        let _ = serde_json::to_writer(&mut self.out, &value.0);
    }

    fn structure(&mut self, at: &'static Member, members: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        self.begin(at);
        self.object(|to| members(to));
    }

    fn list(&mut self, at: &'static Member, _len: usize, elements: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        self.begin(at);
        self.out.push(b'[');
        self.open.push(Frame::List);
        elements(self);
        self.open.pop();
        self.out.push(b']');
    }

    fn map(&mut self, at: &'static Member, _len: usize, entries: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        self.begin(at);
        self.out.push(b'{');
        self.open.push(Frame::Map { key_at: None });
        entries(self);
        if let Some(Frame::Map { key_at: Some(at) }) = self.open.pop() {
            self.out.truncate(at);
        }
        self.out.push(b'}');
    }

    fn key(&mut self, _at: &'static Member, key: &str) {
        let end = self.out.len();
        if let Some(Frame::Map { key_at }) = self.open.last_mut() {
            let from = key_at.take().unwrap_or(end);
            self.out.truncate(from);
            *key_at = Some(from);
        }
        self.name(key);
    }
}
