//! The shapes that are not generated: numbers, text, bytes, moments, lists, maps, secrets, optional values.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroize;

use super::{ReadError, ReadErrorKind, Shape, ShapeReader, ShapeWriter};
use crate::schema::Member;

/// A moment in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp(pub i64);

/// A value that `Debug` never shows and that is wiped from memory when it goes away.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sensitive<T: Zeroize>(T);

impl<T: Zeroize> Sensitive<T> {
    /// Wraps a secret.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself; keep it out of logs and messages.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Shape + Zeroize> Shape for Sensitive<T> {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        self.0.write(at, to);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        T::read(at, from).map(Self)
    }
}

impl Shape for bool {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.boolean(at, *self);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        from.boolean(at)
    }
}

impl Shape for i32 {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.integer(at, i64::from(*self));
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        Self::try_from(from.integer(at)?).map_err(|_| ReadError::new(ReadErrorKind::OutOfRange { expected: "Integer" }))
    }
}

impl Shape for i64 {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.integer(at, *self);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        from.integer(at)
    }
}

impl Shape for f64 {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.double(at, *self);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        from.double(at)
    }
}

impl Shape for String {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.string(at, self);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        from.string(at)
    }
}

impl Shape for Timestamp {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.timestamp(at, *self);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        from.timestamp(at)
    }
}

/// Bytes, as a shape of its own: `Vec<u8>` would be a list of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blob(pub Vec<u8>);

impl Shape for Blob {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.blob(at, &self.0);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        from.blob(at).map(Self)
    }
}

/// A value of any JSON form: the model leaves it open.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document(pub serde_json::Value);

impl Shape for Document {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.document(at, self);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        from.document(at)
    }
}

/// A structured value that the model calls sensitive: there to be used, never shown by `Debug`.
#[derive(Clone, PartialEq, Default)]
pub struct Redacted<T>(pub T);

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Shape> Shape for Redacted<T> {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        self.0.write(at, to);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        T::read(at, from).map(Self)
    }
}

/// Absent members are not written; a member that is read is present.
impl<T: Shape> Shape for Option<T> {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        if let Some(value) = self {
            value.write(at, to);
        }
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        T::read(at, from).map(Some)
    }
}

impl<T: Shape> Shape for Box<T> {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        T::write(self, at, to);
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        T::read(at, from).map(Self::new)
    }
}

impl<T: Shape> Shape for Vec<T> {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        let Some(element) = at.schema.element() else { return };
        to.list(at, self.len(), &mut |to| {
            for value in self {
                value.write(element, to);
            }
        });
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        let mut values = Self::new();
        if let Some(element) = at.schema.element() {
            from.list(at, &mut |from| {
                values.push(T::read(element, from)?);
                Ok(())
            })?;
        }
        Ok(values)
    }
}

impl<T: Shape> Shape for BTreeMap<String, T> {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        let crate::schema::Kind::Map { key, value } = &at.schema.kind else { return };
        to.map(at, self.len(), &mut |to| {
            for (name, entry) in self {
                to.key(key, name);
                entry.write(value, to);
            }
        });
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        let mut entries = Self::new();
        if let Some(value) = at.schema.element() {
            from.map(at, &mut |key, from| {
                entries.insert(key, T::read(value, from)?);
                Ok(())
            })?;
        }
        Ok(entries)
    }
}
