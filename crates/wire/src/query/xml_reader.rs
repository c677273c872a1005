//! Reads shapes from XML.

use std::collections::BTreeMap;

use super::{Element, names};
use crate::missing::{Missing, Seen};
use crate::schema::Member;
use crate::shape::{Document, ReadElement, ReadEntry, ReadError, ReadErrorKind, ReadMember, ShapeReader, Timestamp, expectation};
use crate::text;

type Read<T> = Result<T, ReadError>;

/// Walks the elements of one document; they are at most [`super::DEPTH_LIMIT`] deep.
#[derive(Debug)]
pub struct XmlReader<'x> {
    /// The elements of the same name that stand for the value at hand: several for a flattened list or map.
    here: Vec<&'x Element<'x>>,
    missing: Missing,
}

impl<'x> XmlReader<'x> {
    /// A reader of the structure whose members are inside `element`.
    #[must_use]
    pub fn new(element: &'x Element<'x>) -> Self {
        Self { here: vec![element], missing: Missing::default() }
    }

    /// The required members that were absent.
    #[must_use]
    pub fn finish(self) -> Missing {
        self.missing
    }

    /// The elements inside the last of those at hand.
    fn children(&self) -> &'x [Element<'x>] {
        self.here.last().map(|element| element.children()).unwrap_or_default()
    }

    /// The text that stands here.
    fn value(&self, at: &Member) -> Read<&'x str> {
        match self.here.last() {
            Some(element) if element.children().is_empty() => Ok(element.text()),
            _ => {
                let found = ReadErrorKind::WrongType { found: "START_OBJECT", expected: expectation(at) };
                Err(ReadError::new(found))
            }
        }
    }

    /// The parts of a list or a map: the elements at hand, or those of a name inside.
    fn parts(&self, at: &Member, name: &str) -> Vec<&'x Element<'x>> {
        if at.flattened {
            return self.here.clone();
        }
        self.children().iter().filter(|child| child.name() == name).collect()
    }

    fn stepping<T>(&mut self, to: Vec<&'x Element<'x>>, inside: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let back = std::mem::replace(&mut self.here, to);
        let result = inside(self);
        self.here = back;
        result
    }
}

impl ShapeReader for XmlReader<'_> {
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
        let mut present: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for child in self.children() {
            if let Some(index) = members.iter().position(|member| names::member(member) == child.name()) {
                present.entry(index).or_default().push(child);
            }
        }
        let mut seen = Seen::default();
        for (index, elements) in present {
            let Some(member) = members.get(index) else { continue };
            seen.insert(index);
            let mark = self.missing.mark();
            self.stepping(elements, |from| each(index, from)).map_err(|error| error.in_member(member.name))?;
            self.missing.in_member(mark, member.name);
        }
        self.missing.note(members, &seen);
        Ok(())
    }

    fn list(&mut self, at: &'static Member, each: ReadElement<'_>) -> Read<()> {
        for (index, element) in self.parts(at, names::element(at)).into_iter().enumerate() {
            let mark = self.missing.mark();
            self.stepping(vec![element], |from| each(from)).map_err(|error| error.in_element(index))?;
            self.missing.in_element(mark, index);
        }
        Ok(())
    }

    fn map(&mut self, at: &'static Member, each: ReadEntry<'_>) -> Read<()> {
        let half = || ReadError::new(ReadErrorKind::Malformed { expected: "map entry: it needs a key and a value" });
        for entry in self.parts(at, names::ENTRY) {
            let key = entry.child(names::key(at)).ok_or_else(half)?.text();
            let value = entry.child(names::value(at)).ok_or_else(half)?;
            let mark = self.missing.mark();
            self.stepping(vec![value], |from| each(key.to_owned(), from)).map_err(|error| error.in_member(key))?;
            self.missing.in_entry(mark, key);
        }
        Ok(())
    }
}
