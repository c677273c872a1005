//! Writes shapes as XML.

use super::names;
use crate::schema::Member;
use crate::shape::{Document, ShapeWriter, Timestamp};
use crate::text;

/// Appends one document to a buffer.
#[derive(Debug, Default)]
pub struct XmlWriter {
    out: String,
    open: Vec<Frame>,
}

#[derive(Debug)]
enum Frame {
    Structure,
    List { element: &'static str },
    Map { entry: &'static str, key: &'static str, value: &'static str, state: Entry },
}

/// How far a map's entry has been written.
#[derive(Debug, Clone, Copy)]
enum Entry {
    None,
    /// The key is there; `from` is where the entry begins. An entry that gets no value is taken back.
    Key {
        from: usize,
    },
    Value,
}

impl XmlWriter {
    /// A writer of an empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The document.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    /// Writes an element that no schema knows, and a document or more such elements in it.
    pub fn element(&mut self, name: &str, namespace: Option<&str>, inside: impl FnOnce(&mut Self)) {
        self.out.extend(["<", name]);
        if let Some(namespace) = namespace {
            self.out.push_str(" xmlns=\"");
            self.text(namespace);
            self.out.push('"');
        }
        self.out.push('>');
        inside(self);
        self.out.extend(["</", name, ">"]);
    }

    /// Writes an element that no schema knows, with text in it.
    pub(crate) fn leaf(&mut self, name: &str, value: &str) {
        self.out.extend(["<", name, ">"]);
        self.text(value);
        self.out.extend(["</", name, ">"]);
    }

    /// Writes the members of a structure without an element around them.
    pub(crate) fn members(&mut self, write: impl FnOnce(&mut dyn ShapeWriter)) {
        self.open.push(Frame::Structure);
        write(self);
        self.open.pop();
    }

    /// Writes text so that any XML parser reads it back. Characters that XML can not carry at all, even escaped, become
    /// U+FFFD; a carriage return is escaped, since parsers turn a plain one into a line feed.
    fn text(&mut self, value: &str) {
        for letter in value.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\r' => self.out.push_str("&#xD;"),
                '\t' | '\n' => self.out.push(letter),
                '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => self.out.push('\u{fffd}'),
                _ => self.out.push(letter),
            }
        }
    }

    /// The name of the element for the value that comes now; none for the document itself.
    fn begin(&mut self, at: &'static Member) -> Option<&'static str> {
        match self.open.last_mut()? {
            Frame::Structure => Some(at.wire_name()),
            Frame::List { element } => Some(element),
            Frame::Map { value, state, .. } => {
                *state = Entry::Value;
                Some(value)
            }
        }
    }

    fn scalar(&mut self, at: &'static Member, value: &str) {
        match self.begin(at) {
            Some(name) => self.leaf(name, value),
            None => self.text(value),
        }
    }

    /// Writes parts of a list or a map, or a structure's members, in the element of that name.
    fn parts(&mut self, name: Option<&str>, frame: Frame, write: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        if let Some(name) = name {
            self.out.extend(["<", name, ">"]);
        }
        self.open.push(frame);
        write(self);
        self.end_entry();
        self.open.pop();
        if let Some(name) = name {
            self.out.extend(["</", name, ">"]);
        }
    }

    /// Ends the entry of a map that was written last, if any.
    fn end_entry(&mut self) {
        if let Some(Frame::Map { entry, state, .. }) = self.open.last_mut() {
            match std::mem::replace(state, Entry::None) {
                Entry::None => {}
                Entry::Key { from } => self.out.truncate(from),
                Entry::Value => self.out.extend(["</", *entry, ">"]),
            }
        }
    }
}

impl ShapeWriter for XmlWriter {
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
        let name = self.begin(at);
        self.parts(name, Frame::Structure, members);
    }

    fn list(&mut self, at: &'static Member, _len: usize, elements: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        let name = self.begin(at);
        if at.flattened {
            self.parts(None, Frame::List { element: names::member(at) }, elements);
        } else {
            self.parts(name, Frame::List { element: names::element(at) }, elements);
        }
    }

    fn map(&mut self, at: &'static Member, _len: usize, entries: &mut dyn FnMut(&mut dyn ShapeWriter)) {
        let name = self.begin(at);
        let (name, entry) = if at.flattened { (None, at.wire_name()) } else { (name, names::ENTRY) };
        let frame = Frame::Map { entry, key: names::key(at), value: names::value(at), state: Entry::None };
        self.parts(name, frame, entries);
    }

    fn key(&mut self, _at: &'static Member, key: &str) {
        self.end_entry();
        let from = self.out.len();
        let Some(Frame::Map { entry, key: name, state, .. }) = self.open.last_mut() else { return };
        *state = Entry::Key { from };
        let name = *name;
        self.out.extend(["<", *entry, ">"]);
        self.leaf(name, key);
    }
}
