//! Reads shapes from form parameters.

use super::form::{Form, Place};
use super::{DEPTH_LIMIT, names};
use crate::missing::{Missing, Seen};
use crate::schema::Member;
use crate::shape::{Document, ReadElement, ReadEntry, ReadError, ReadErrorKind, ReadMember, ShapeReader, Timestamp, expectation};
use crate::text;

type Read<T> = Result<T, ReadError>;

/// Walks the places of one form.
#[derive(Debug)]
pub struct FormReader<'f> {
    place: Place<'f>,
    depth: usize,
    missing: Missing,
}

impl<'f> FormReader<'f> {
    /// A reader of the whole form as one structure.
    #[must_use]
    pub fn new(form: &'f Form<'_>) -> Self {
        Self { place: form.root(), depth: 0, missing: Missing::default() }
    }

    /// The required members that were absent.
    #[must_use]
    pub fn finish(self) -> Missing {
        self.missing
    }

    /// The text that stands here.
    fn value(&self, at: &Member) -> Read<&'f str> {
        let wrong = || ReadErrorKind::WrongType { found: "START_OBJECT", expected: expectation(at) };
        self.place.value().ok_or_else(|| ReadError::new(wrong()))
    }

    /// Refuses a text where parts of a list or a map should stand; an empty text is an empty list.
    fn parts(&self, at: &Member, base: Option<&str>) -> Read<Vec<Place<'f>>> {
        if self.place.is_leaf() && self.place.value().is_some_and(|value| !value.is_empty()) {
            let found = ReadErrorKind::WrongType { found: "STRING_VALUE", expected: expectation(at) };
            return Err(ReadError::new(found));
        }
        let base = base.map_or(Some(self.place), |step| self.place.child(step));
        Ok(base.map(Place::numbered).unwrap_or_default())
    }

    /// Steps to `place` for the time of `inside`.
    fn stepping<T>(&mut self, place: Place<'f>, inside: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEPTH_LIMIT {
            return Err(ReadError::new(ReadErrorKind::TooDeep { limit: DEPTH_LIMIT }));
        }
        self.depth += 1;
        let back = std::mem::replace(&mut self.place, place);
        let result = inside(self);
        self.place = back;
        self.depth -= 1;
        result
    }
}

impl ShapeReader for FormReader<'_> {
    fn boolean(&mut self, at: &'static Member) -> Read<bool> {
        text::read_boolean(at, self.value(at)?)
    }

    fn integer(&mut self, at: &'static Member) -> Read<i64> {
        text::read_integer(at, self.value(at)?)
    }

    fn double(&mut self, at: &'static Member) -> Read<f64> {
        text::read_double(at, self.value(at)?)
    }

    fn string(&mut self, at: &'static Member) -> Read<String> {
        self.value(at).map(str::to_owned)
    }

    fn blob(&mut self, at: &'static Member) -> Read<Vec<u8>> {
        text::read_blob(self.value(at)?)
    }

    fn timestamp(&mut self, at: &'static Member) -> Read<Timestamp> {
        text::read_timestamp(at, self.value(at)?)
    }

    fn document(&mut self, at: &'static Member) -> Read<Document> {
        text::read_document(self.value(at)?)
    }

    fn structure(&mut self, at: &'static Member, each: ReadMember<'_>) -> Read<()> {
        let members = at.schema.members();
        let mut seen = Seen::default();
        for (index, member) in members.iter().enumerate() {
            let Some(place) = self.place.child(names::member(member)) else { continue };
            seen.insert(index);
            let mark = self.missing.mark();
            self.stepping(place, |from| each(index, from)).map_err(|error| error.in_member(member.name))?;
            self.missing.in_member(mark, member.name);
        }
        self.missing.note(members, &seen);
        Ok(())
    }

    fn list(&mut self, at: &'static Member, each: ReadElement<'_>) -> Read<()> {
        let base = if at.flattened { None } else { Some(names::element(at)) };
        for (index, place) in self.parts(at, base)?.into_iter().enumerate() {
            let mark = self.missing.mark();
            self.stepping(place, |from| each(from)).map_err(|error| error.in_element(index))?;
            self.missing.in_element(mark, index);
        }
        Ok(())
    }

    fn map(&mut self, at: &'static Member, each: ReadEntry<'_>) -> Read<()> {
        let base = if at.flattened { None } else { Some(names::ENTRY) };
        let half = || ReadError::new(ReadErrorKind::Malformed { expected: "map entry: it needs a key and a value" });
        for place in self.parts(at, base)? {
            let key = place.child(names::key(at)).and_then(Place::value).ok_or_else(half)?;
            let value = place.child(names::value(at)).ok_or_else(half)?;
            let mark = self.missing.mark();
            self.stepping(value, |from| each(key.to_owned(), from)).map_err(|error| error.in_member(key))?;
            self.missing.in_entry(mark, key);
        }
        Ok(())
    }
}
