//! What a container writes, kept in files between the shim that takes it and the driver that reads it.
//!
//! A container's `output` folder holds segments, named by their number in 16 hexadecimal digits, from 1. A segment is blocks, one
//! after the other; a block is a header of [`HEADER`] bytes and so many bytes of output:
//!
//! | bytes | what, little-endian |
//! |---|---|
//! | 4 | length of the output: at most [`MAX_BLOCK`], or the mark of a sealed segment |
//! | 4 | CRC-32 of the rest of the header and the output |
//! | 8 | nanoseconds since 1970 at which it was taken |
//! | 1 | stream: 1 or 2 |
//!
//! A segment that is full ends with a seal, a header with [`SEALED`] as its length: who has read up to it has read the segment, and
//! may remove it. A block that is cut off or damaged ends its segment: the next one is read if there is one, else it is the end.

mod block;
mod reader;
mod writer;

pub use block::{Block, HEADER, MAX_BLOCK, SEALED, Stream};
pub use reader::{Chunk, Position, SegmentReader};
pub(crate) use writer::continue_after;
pub use writer::{Full, SegmentWriter};

/// The name of a segment.
#[must_use]
pub fn segment_name(number: u64) -> String {
    format!("{number:016x}")
}

/// The number of a segment; nothing if that is not the name of one.
#[must_use]
pub fn segment_number(name: &str) -> Option<u64> {
    let number = u64::from_str_radix(name, 16).ok()?;
    (segment_name(number) == name).then_some(number)
}
