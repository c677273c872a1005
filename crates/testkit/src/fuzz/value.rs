//! A value of any schema: what generated shapes would hold, without generated shapes.

use std::collections::BTreeMap;

use berth_wire::{Document, Kind, Member, ReadError, Shape, ShapeReader, ShapeWriter, Timestamp};

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Value {
    #[default]
    Nothing,
    Boolean(bool),
    Integer(i64),
    /// The bits, so that NaN is itself.
    Double(u64),
    Text(String),
    Blob(Vec<u8>),
    Timestamp(Timestamp),
    Document(Document),
    List(Vec<Self>),
    Map(BTreeMap<String, Self>),
    Structure(BTreeMap<usize, Self>),
}

impl Shape for Value {
    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        Ok(match &at.schema.kind {
            Kind::Boolean => Self::Boolean(from.boolean(at)?),
            Kind::Integer | Kind::Long => Self::Integer(from.integer(at)?),
            Kind::Float | Kind::Double => Self::Double(from.double(at)?.to_bits()),
            Kind::String | Kind::Enum(_) => Self::Text(from.string(at)?),
            Kind::Blob => Self::Blob(from.blob(at)?),
            Kind::Timestamp => Self::Timestamp(from.timestamp(at)?),
            Kind::Document => Self::Document(from.document(at)?),
            Kind::List(element) => {
                let mut values = Vec::new();
                from.list(at, &mut |from| {
                    values.push(Self::read(element, from)?);
                    Ok(())
                })?;
                Self::List(values)
            }
            Kind::Map { value, .. } => {
                let mut entries = BTreeMap::new();
                from.map(at, &mut |key, from| {
                    entries.insert(key, Self::read(value, from)?);
                    Ok(())
                })?;
                Self::Map(entries)
            }
            Kind::Structure(members) => {
                let mut present = BTreeMap::new();
                from.structure(at, &mut |index, from| {
                    if let Some(member) = members.get(index) {
                        present.insert(index, Self::read(member, from)?);
                    }
                    Ok(())
                })?;
                Self::Structure(present)
            }
        })
    }

    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        match self {
            Self::Nothing => {}
            Self::Boolean(value) => to.boolean(at, *value),
            Self::Integer(value) => to.integer(at, *value),
            Self::Double(bits) => to.double(at, f64::from_bits(*bits)),
            Self::Text(value) => to.string(at, value),
            Self::Blob(value) => to.blob(at, value),
            Self::Timestamp(value) => to.timestamp(at, *value),
            Self::Document(value) => to.document(at, value),
            Self::List(values) => to.list(at, values.len(), &mut |to| {
                if let Some(element) = at.schema.element() {
                    values.iter().for_each(|value| value.write(element, to));
                }
            }),
            Self::Map(entries) => to.map(at, entries.len(), &mut |to| {
                if let Kind::Map { key, value } = &at.schema.kind {
                    for (name, entry) in entries {
                        to.key(key, name);
                        entry.write(value, to);
                    }
                }
            }),
            Self::Structure(present) => to.structure(at, &mut |to| {
                for (index, value) in present {
                    if let Some(member) = at.schema.members().get(*index) {
                        value.write(member, to);
                    }
                }
            }),
        }
    }
}
