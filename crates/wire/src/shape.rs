//! How values meet codecs: shapes write themselves to a [`ShapeWriter`] and read themselves from a [`ShapeReader`].
//!
//! Both are object-safe, so that a shape's code exists once, whatever the number of protocols.

mod values;

use std::fmt;

use crate::schema::{Kind, Member};

pub use values::{Blob, Document, Redacted, Sensitive, Timestamp};

/// A value that codecs can carry.
pub trait Shape: Sized {
    /// Writes the value into the place `at`.
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter);

    /// Reads a value out of the place `at`.
    ///
    /// # Errors
    /// The document is broken there, or something else stands there.
    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError>;
}

/// A text out of a closed list. Unknown texts are kept: a client must survive them, and the validator refuses them by name.
pub trait EnumShape: Sized {
    /// The text on the wire.
    fn as_str(&self) -> &str;
    /// The value of a text.
    fn from_text(text: &str) -> Self;
}

/// Takes values in, in model order. A codec implements it once for all shapes.
///
/// A writer knows from its own state whether it is inside a structure (then it writes the name of `at`), a list or a map.
/// Writers cannot fail: they append to memory.
pub trait ShapeWriter {
    /// Writes a boolean.
    fn boolean(&mut self, at: &'static Member, value: bool);
    /// Writes a 32-bit or 64-bit integer.
    fn integer(&mut self, at: &'static Member, value: i64);
    /// Writes a floating point number; NaN and infinities as the protocol spells them.
    fn double(&mut self, at: &'static Member, value: f64);
    /// Writes text, an enum's included.
    fn string(&mut self, at: &'static Member, value: &str);
    /// Writes bytes.
    fn blob(&mut self, at: &'static Member, value: &[u8]);
    /// Writes a moment in the format of `at` or else of the protocol.
    fn timestamp(&mut self, at: &'static Member, value: Timestamp);
    /// Writes a document of any form.
    fn document(&mut self, at: &'static Member, value: &Document);
    /// Writes a structure; `members` is called once and writes those present.
    fn structure(&mut self, at: &'static Member, members: &mut dyn FnMut(&mut dyn ShapeWriter));
    /// Writes a list of `len` elements; `elements` is called once and writes them in order.
    fn list(&mut self, at: &'static Member, len: usize, elements: &mut dyn FnMut(&mut dyn ShapeWriter));
    /// Writes a map of `len` entries; `entries` is called once and calls [`ShapeWriter::key`] before each value.
    fn map(&mut self, at: &'static Member, len: usize, entries: &mut dyn FnMut(&mut dyn ShapeWriter));
    /// Writes the key of the value that follows.
    fn key(&mut self, at: &'static Member, key: &str);
}

/// Reads one member of a structure, by the member's index.
pub type ReadMember<'a> = &'a mut dyn FnMut(usize, &mut dyn ShapeReader) -> Result<(), ReadError>;
/// Reads one element of a list.
pub type ReadElement<'a> = &'a mut dyn FnMut(&mut dyn ShapeReader) -> Result<(), ReadError>;
/// Reads one value of a map, by its key.
pub type ReadEntry<'a> = &'a mut dyn FnMut(String, &mut dyn ShapeReader) -> Result<(), ReadError>;

/// Gives values out. A codec implements it once for all shapes.
///
/// Members that the schema does not know are skipped; a null member counts as absent; a member that stands twice is read
/// twice, so that the last one holds (as AWS does). A null inside a list or a map is a wrong type. Required members that
/// are absent are not an error here: the codec records them (see `missing`), and validation reports them after the caller is known.
pub trait ShapeReader {
    /// Reads a boolean.
    ///
    /// # Errors
    /// See [`ReadErrorKind`]; the same for all methods.
    fn boolean(&mut self, at: &'static Member) -> Result<bool, ReadError>;
    /// Reads an integer that fits the kind of `at` (32 or 64 bits).
    ///
    /// # Errors
    /// See [`ReadErrorKind`].
    fn integer(&mut self, at: &'static Member) -> Result<i64, ReadError>;
    /// Reads a floating point number.
    ///
    /// # Errors
    /// See [`ReadErrorKind`].
    fn double(&mut self, at: &'static Member) -> Result<f64, ReadError>;
    /// Reads text.
    ///
    /// # Errors
    /// See [`ReadErrorKind`].
    fn string(&mut self, at: &'static Member) -> Result<String, ReadError>;
    /// Reads bytes.
    ///
    /// # Errors
    /// See [`ReadErrorKind`].
    fn blob(&mut self, at: &'static Member) -> Result<Vec<u8>, ReadError>;
    /// Reads a moment in the format of `at` or else of the protocol.
    ///
    /// # Errors
    /// See [`ReadErrorKind`].
    fn timestamp(&mut self, at: &'static Member) -> Result<Timestamp, ReadError>;
    /// Reads a document of any form.
    ///
    /// # Errors
    /// See [`ReadErrorKind`].
    fn document(&mut self, at: &'static Member) -> Result<Document, ReadError>;
    /// Reads a structure: calls `each` for every present, known, non-null member.
    ///
    /// # Errors
    /// See [`ReadErrorKind`].
    fn structure(&mut self, at: &'static Member, each: ReadMember<'_>) -> Result<(), ReadError>;
    /// Reads a list: calls `each` for every element.
    ///
    /// # Errors
    /// See [`ReadErrorKind`].
    fn list(&mut self, at: &'static Member, each: ReadElement<'_>) -> Result<(), ReadError>;
    /// Reads a map: calls `each` for every entry.
    ///
    /// # Errors
    /// See [`ReadErrorKind`].
    fn map(&mut self, at: &'static Member, each: ReadEntry<'_>) -> Result<(), ReadError>;
}

/// Why a document could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// Where, as people write it: `containerDefinitions[0].memory`; empty for the whole document.
    pub path: String,
}

/// What can be wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// The bytes are no document of the protocol at all.
    Syntax {
        /// Byte offset of the first bad byte.
        offset: usize,
        /// What the parser says.
        detail: String,
    },
    /// Something of another type stands there.
    WrongType {
        /// What stands there: `STRING_VALUE`, `NUMBER_VALUE`, `START_OBJECT`, ... in AWS's words.
        found: &'static str,
        /// What should.
        expected: &'static str,
    },
    /// A number that the type cannot hold.
    OutOfRange {
        /// The type, such as `Integer`.
        expected: &'static str,
    },
    /// Text that is no timestamp, or base64, of the format it should have.
    Malformed {
        /// What was expected.
        expected: &'static str,
    },
    /// Deeper than the limit.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More parts than the limit (elements, parameters).
    TooMany {
        /// The limit.
        limit: usize,
    },
}

impl ReadError {
    /// An error at the place where the reader stands; the callers on the way out add the path.
    #[must_use]
    pub const fn new(kind: ReadErrorKind) -> Self {
        Self { kind, path: String::new() }
    }

    /// Puts a member's name in front of the path.
    #[must_use]
    pub fn in_member(mut self, name: &str) -> Self {
        self.path = match self.path.as_bytes().first() {
            None => name.to_owned(),
            Some(b'[') => format!("{name}{}", self.path),
            Some(_) => format!("{name}.{}", self.path),
        };
        self
    }

    /// Puts a list index, counted from 0, in front of the path.
    #[must_use]
    pub fn in_element(mut self, index: usize) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{dot}{}", self.path);
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        match &self.kind {
            ReadErrorKind::Syntax { offset, detail } => write!(f, "{detail} at byte {offset}"),
            ReadErrorKind::WrongType { found, expected } => write!(f, "{found} can not be converted to {expected}"),
            ReadErrorKind::OutOfRange { expected } => write!(f, "the number does not fit {expected}"),
            ReadErrorKind::Malformed { expected } => write!(f, "not a valid {expected}"),
            ReadErrorKind::TooDeep { limit } => write!(f, "nested deeper than {limit} levels"),
            ReadErrorKind::TooMany { limit } => write!(f, "more than {limit} values"),
        }
    }
}

impl std::error::Error for ReadError {}

/// What a place expects, in the words that AWS's messages use.
#[must_use]
pub const fn expectation(at: &Member) -> &'static str {
    match at.schema.kind {
        Kind::Boolean => "Boolean",
        Kind::Integer => "Integer",
        Kind::Long => "Long",
        Kind::Float => "Float",
        Kind::Double => "Double",
        Kind::String | Kind::Enum(_) => "String",
        Kind::Blob => "Blob",
        Kind::Timestamp => "Timestamp",
        Kind::Document => "Document",
        Kind::List(_) => "List",
        Kind::Map { .. } => "Map",
        Kind::Structure(_) => "Structure",
    }
}
