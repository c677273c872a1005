//! A record as stored, with the fields only a newer version knows.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use berth_model::ThinVec;
use minicbor::data::Type;
use minicbor::decode::Error as DecodeError;
use minicbor::encode::Error as EncodeError;
use minicbor::{Decoder, Encoder};

use crate::Record;

/// A record of the store, shared and immutable. To change it, clone the record and put it back.
pub struct Shared<R>(Arc<Row<R>>);

/// A record, and the CBOR map entries whose number it does not know: an older version that rewrites a newer one's
/// record gives them back as they were.
struct Row<R> {
    record: R,
    unknown: ThinVec<u8>,
}

impl<R: Record> Shared<R> {
    /// A record that replaces `old`, whose unknown fields it keeps.
    pub(crate) fn replacing(old: Option<&Self>, record: R) -> Self {
        let unknown = old.map(|old| old.0.unknown.clone()).unwrap_or_default();
        Self(Arc::new(Row { record, unknown }))
    }

    pub(crate) fn from_cbor(bytes: &[u8]) -> Result<Self, CborError> {
        let record: R = minicbor::decode(bytes)?;
        // What the record would be written as is what it knows. Reading it off the bytes, and not off a list kept by
        // hand, cannot be forgotten; and a known field with a value of the future (an unknown variant, read as absent)
        // is kept as well.
        let written = encoded(&record)?;
        let mut unknown = ThinVec::new();
        if written != bytes {
            let known = numbers(&written)?;
            entries(bytes, |number, entry| {
                if !known.contains(&number) {
                    unknown.extend_from_slice(entry);
                }
            })?;
        }
        Ok(Self(Arc::new(Row { record, unknown })))
    }

    pub(crate) fn to_cbor(&self) -> Result<Vec<u8>, CborError> {
        let bytes = encoded(&self.0.record)?;
        if self.0.unknown.is_empty() { Ok(bytes) } else { merged(&bytes, &self.0.unknown) }
    }
}

fn encoded<R: Record>(record: &R) -> Result<Vec<u8>, CborError> {
    // Large enough for most records.
    let mut bytes = Vec::with_capacity(512);
    minicbor::encode(record, &mut bytes)?;
    Ok(bytes)
}

/// Why a record could not be read from CBOR or written as CBOR.
#[derive(Debug, thiserror::Error)]
pub enum CborError {
    /// The bytes are no such record.
    #[error("decoding a record: {0}")]
    Decode(#[from] DecodeError),
    /// The record has no encoding.
    #[error("encoding a record: {0}")]
    Encode(#[from] EncodeError<Infallible>),
}

/// The encoded record with those unknown entries whose number the record does not use now.
fn merged(record: &[u8], unknown: &[u8]) -> Result<Vec<u8>, CborError> {
    let known = numbers(record)?;
    let mut kept = Vec::new();
    let mut count = known.len() as u64;
    each_entry(unknown, &mut Decoder::new(unknown), None, |number, entry| {
        if !known.contains(&number) {
            kept.extend_from_slice(entry);
            count += 1;
        }
    })?;
    let mut decoder = Decoder::new(record);
    decoder.map()?;
    let body = &record[decoder.position()..];
    let mut bytes = Vec::with_capacity(9 + body.len() + kept.len());
    Encoder::new(&mut bytes).map(count)?;
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(&kept);
    Ok(bytes)
}

fn numbers(map: &[u8]) -> Result<BTreeSet<u64>, DecodeError> {
    let mut numbers = BTreeSet::new();
    entries(map, |number, _| {
        numbers.insert(number);
    })?;
    Ok(numbers)
}

/// Visits the entries of a definite map: number, and number and value as bytes.
fn entries<'b>(map: &'b [u8], visit: impl FnMut(u64, &'b [u8])) -> Result<(), DecodeError> {
    let mut decoder = Decoder::new(map);
    let count = decoder.map()?.ok_or_else(|| DecodeError::type_mismatch(Type::MapIndef))?;
    each_entry(map, &mut decoder, Some(count), visit)
}

fn each_entry<'b>(
    bytes: &'b [u8],
    decoder: &mut Decoder<'b>,
    count: Option<u64>,
    mut visit: impl FnMut(u64, &'b [u8]),
) -> Result<(), DecodeError> {
    let mut seen = 0;
    while count.map_or(decoder.position() < bytes.len(), |count| seen < count) {
        let start = decoder.position();
        let number = decoder.u64()?;
        decoder.skip()?;
        visit(number, &bytes[start..decoder.position()]);
        seen += 1;
    }
    Ok(())
}

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R> Deref for Shared<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0.record
    }
}

impl<R: PartialEq> PartialEq for Shared<R> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.record == other.0.record
    }
}

impl<R: fmt::Debug> fmt::Debug for Shared<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.record.fmt(f)
    }
}

#[cfg(test)]
mod tests;
