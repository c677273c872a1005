//! Frames: a length, a checksum, and a record in CBOR.

use berth_model::{LogGroupId, Timestamp};
use minicbor::{Decode, Encode};

use super::NewEvent;
use super::payload::{self, Packing};

/// Bytes before a frame's body: its length and its checksum.
pub(crate) const HEAD: usize = 8;
/// Bytes of a body, at most: what a damaged length may cost.
pub(crate) const LONGEST: usize = 32 << 20;

/// What is wrong with a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// It ends before its length says.
    #[error("it is cut off")]
    Short,
    /// No frame has that length.
    #[error("a frame of {0} bytes")]
    Length(usize),
    /// Its body is not the one that was written.
    #[error("the checksum does not match")]
    Checksum,
    /// Its body is no record.
    #[error("no record: {0}")]
    Record(String),
    /// Its events cannot be unpacked.
    #[error("no events: {0}")]
    Events(&'static str),
}

/// What a segment holds, one after the other.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Frame<'a> {
    /// One higher than the one before.
    #[n(0)]
    pub(crate) number: u64,
    #[b(1)]
    pub(crate) record: Record<'a>,
}

#[derive(Debug, Encode, Decode)]
pub(crate) enum Record<'a> {
    /// A stream was made; the frame's number is the stream's.
    #[n(0)]
    Created(#[b(0)] Created<'a>),
    /// A stream was deleted.
    #[n(1)]
    Deleted(#[b(0)] Deleted<'a>),
    /// A group was deleted with all its streams.
    #[n(2)]
    GroupDeleted(#[n(0)] LogGroupId),
    /// Events.
    #[n(3)]
    Block(#[b(0)] Block<'a>),
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Created<'a> {
    #[n(0)]
    pub(crate) group: LogGroupId,
    #[b(1)]
    pub(crate) name: &'a str,
    #[n(2)]
    pub(crate) at: Timestamp,
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Deleted<'a> {
    #[n(0)]
    pub(crate) group: LogGroupId,
    #[b(1)]
    pub(crate) name: &'a str,
}

/// The events of one call, of one stream, in the order of their times.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Block<'a> {
    #[n(0)]
    pub(crate) group: LogGroupId,
    #[b(1)]
    pub(crate) name: &'a str,
    /// The stream's number.
    #[n(2)]
    pub(crate) stream: u64,
    #[n(3)]
    pub(crate) ingested_at: Timestamp,
    #[n(4)]
    pub(crate) first: Timestamp,
    #[n(5)]
    pub(crate) last: Timestamp,
    #[n(6)]
    pub(crate) count: u32,
    /// What the events count for.
    #[n(7)]
    pub(crate) bytes: u64,
    #[n(8)]
    pub(crate) packing: Packing,
    /// Bytes of the payload when it is unpacked.
    #[n(9)]
    pub(crate) length: u32,
    #[cbor(b(10), with = "minicbor::bytes")]
    pub(crate) payload: &'a [u8],
    /// What tells it from other batches, if its sender cares.
    #[n(11)]
    pub(crate) ticket: Option<u64>,
}

/// Appends a frame around a value.
pub(crate) fn wrap(to: &mut Vec<u8>, value: &impl Encode<()>) -> Result<(), FrameError> {
    let start = to.len();
    to.extend([0; HEAD]);
    minicbor::encode(value, &mut *to).map_err(|error| FrameError::Record(error.to_string()))?;
    let (head, body) = to.split_at_mut(start).1.split_at_mut(HEAD);
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= LONGEST).ok_or(FrameError::Length(body.len()))?;
    let (checksum, length) = (crc32fast::hash(body).to_le_bytes(), length.to_le_bytes());
    head.iter_mut().zip(length.into_iter().chain(checksum)).for_each(|(to, byte)| *to = byte);
    Ok(())
}

/// The length that a frame's first bytes tell, head included.
pub(crate) fn length(bytes: &[u8]) -> Result<usize, FrameError> {
    let length = bytes.first_chunk().map(|length| u32::from_le_bytes(*length)).ok_or(FrameError::Short)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    // An empty body would be eight zeros with a right checksum, and zeros are what power loss leaves of a file that grew.
    if (1..=LONGEST).contains(&length) { Ok(HEAD + length) } else { Err(FrameError::Length(length)) }
}

/// The body of the frame that bytes begin with.
pub(crate) fn unwrap(bytes: &[u8]) -> Result<&[u8], FrameError> {
    let body = bytes.get(HEAD..length(bytes)?).ok_or(FrameError::Short)?;
    let checksum = bytes.get(4..).and_then(<[u8]>::first_chunk).map(|checksum| u32::from_le_bytes(*checksum));
    if checksum == Some(crc32fast::hash(body)) { Ok(body) } else { Err(FrameError::Checksum) }
}

/// The record in a body.
pub(crate) fn decode<'a, T: Decode<'a, ()>>(body: &'a [u8]) -> Result<T, FrameError> {
    minicbor::decode(body).map_err(|error| FrameError::Record(error.to_string()))
}

/// Reads the frame that `bytes` begin with, and the events if it is a block. For any bytes at all it answers and does not panic,
/// and takes no more memory than a block may have.
///
/// # Errors
/// The bytes do not begin with a frame, or its events are not what its head says.
pub fn read_block(bytes: &[u8]) -> Result<Vec<NewEvent>, FrameError> {
    let Frame { record, .. } = decode(unwrap(bytes)?)?;
    let Record::Block(block) = record else { return Ok(Vec::new()) };
    let events = payload::unpack(&block)?;
    Ok(events.iter().map(|(timestamp, message)| NewEvent { timestamp, message: message.to_owned() }).collect())
}

#[cfg(test)]
mod tests;
