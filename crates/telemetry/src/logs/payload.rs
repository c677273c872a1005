//! The events of a block as bytes: first the times and lengths, as varints, then all texts in a row; compressed where it pays.

use berth_model::Timestamp;
use minicbor::{Decode, Encode};

use super::NewEvent;
use super::WriteError;
use super::bytes::{read_varint, write_varint};
use super::frame::{Block, FrameError, LONGEST};
use super::position::{MOST_EVENTS, Position};

/// What AWS counts for an event besides its text.
const OVERHEAD: usize = 26;
/// Shorter payloads are not worth compressing.
const SHORT: usize = 256;

/// How a payload is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Packing {
    /// Not at all.
    #[n(0)]
    Plain,
    /// As an LZ4 block.
    #[n(1)]
    Lz4,
}

/// A batch of events, ready for a block.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) count: u32,
    pub(crate) bytes: u64,
    pub(crate) packing: Packing,
    pub(crate) length: u32,
    pub(crate) payload: Vec<u8>,
}

/// Packs events, which must be in the order of their times.
pub(crate) fn pack(events: &[NewEvent]) -> Result<Packed, WriteError> {
    let ([first, ..], [.., last]) = (events, events) else { return Err(WriteError::Batch("there are no events")) };
    if events.len() > MOST_EVENTS {
        return Err(WriteError::Batch("there are too many events"));
    }
    if !events.iter().all(|event| Position::has(event.timestamp)) {
        return Err(WriteError::Batch("a time is out of range"));
    }
    if !events.is_sorted_by_key(|event| event.timestamp) {
        return Err(WriteError::Batch("times are out of order"));
    }
    let text: usize = events.iter().map(|event| event.message.len()).sum();
    if text > LONGEST / 2 {
        return Err(WriteError::Batch("there is too much text"));
    }
    let mut plain = Vec::with_capacity(text + events.len() * 4);
    let mut before = first.timestamp;
    for event in events {
        write_varint(&mut plain, event.timestamp.as_millis().abs_diff(before.as_millis()));
        write_varint(&mut plain, event.message.len() as u64);
        before = event.timestamp;
    }
    for event in events {
        plain.extend_from_slice(event.message.as_bytes());
    }
    let whole = |count: usize| u32::try_from(count).map_err(|_| WriteError::Batch("there is too much text"));
    let length = whole(plain.len())?;
    let (packing, payload) = compressed(plain);
    Ok(Packed {
        first: first.timestamp,
        last: last.timestamp,
        count: whole(events.len())?,
        bytes: (text + events.len() * OVERHEAD) as u64,
        packing,
        length,
        payload,
    })
}

/// Compresses if that saves an eighth.
fn compressed(plain: Vec<u8>) -> (Packing, Vec<u8>) {
    if plain.len() < SHORT {
        return (Packing::Plain, plain);
    }
    let packed = lz4_flex::block::compress(&plain);
    if packed.len() <= plain.len() / 8 * 7 { (Packing::Lz4, packed) } else { (Packing::Plain, plain) }
}

/// The events of a block.
#[derive(Debug)]
pub(crate) struct Unpacked {
    text: String,
    /// The time of each event, and where its text ends.
    events: Vec<(Timestamp, usize)>,
}

impl Unpacked {
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn timestamp(&self, place: usize) -> Option<Timestamp> {
        self.events.get(place).map(|(timestamp, _)| *timestamp)
    }

    pub(crate) fn get(&self, place: usize) -> Option<(Timestamp, &str)> {
        let start = place.checked_sub(1).map_or(Some(0), |before| self.events.get(before).map(|(_, end)| *end))?;
        let (timestamp, end) = *self.events.get(place)?;
        Some((timestamp, self.text.get(start..end)?))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, &str)> {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}

/// Unpacks the events of a block. Nothing that the block says is believed.
pub(crate) fn unpack(block: &Block<'_>) -> Result<Unpacked, FrameError> {
    let length = usize::try_from(block.length).unwrap_or(usize::MAX);
    let count = usize::try_from(block.count).unwrap_or(usize::MAX);
    if length > LONGEST || count > MOST_EVENTS {
        return Err(FrameError::Events("too many"));
    }
    let plain = match block.packing {
        Packing::Plain => block.payload.to_vec(),
        Packing::Lz4 => {
            lz4_flex::block::decompress(block.payload, length).map_err(|_| FrameError::Events("they do not decompress"))?
        }
    };
    if plain.len() != length {
        return Err(FrameError::Events("another length than the head says"));
    }
    let mut from = plain.as_slice();
    let (mut events, mut time, mut end) = (Vec::with_capacity(count), block.first.as_millis(), 0_usize);
    for _ in 0..count {
        let (step, size) = read_varint(&mut from).zip(read_varint(&mut from)).ok_or(FrameError::Events("they are cut off"))?;
        time = i64::try_from(step).ok().and_then(|step| time.checked_add(step)).ok_or(FrameError::Events("a time too far"))?;
        end = usize::try_from(size).ok().and_then(|size| end.checked_add(size)).ok_or(FrameError::Events("a text too long"))?;
        events.push((Timestamp::from_millis(time), end));
    }
    let text = String::from_utf8(from.to_vec()).map_err(|_| FrameError::Events("their text is not UTF-8"))?;
    let fits = end == text.len() && events.iter().all(|(_, end)| text.is_char_boundary(*end));
    if !fits || events.iter().any(|(time, _)| !Position::has(*time)) {
        return Err(FrameError::Events("texts and lengths do not fit"));
    }
    Ok(Unpacked { text, events })
}

#[cfg(test)]
mod tests;
