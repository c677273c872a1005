//! One block of a segment.

use serde::{Deserialize, Serialize};

/// The bytes before a block's output.
pub const HEADER: usize = 17;
/// The most bytes of output in a block: what is taken from a pipe at once.
pub const MAX_BLOCK: usize = 64 * 1024;
/// In the place of a length: nothing more comes in this segment.
pub const SEALED: u32 = u32::MAX;

/// Where a process wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stream {
    /// To its standard output.
    Stdout,
    /// To its standard error.
    Stderr,
}

impl Stream {
    fn byte(self) -> u8 {
        match self {
            Self::Stdout => 1,
            Self::Stderr => 2,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Stdout),
            2 => Some(Self::Stderr),
            _ => None,
        }
    }
}

/// What can stand at a place in a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// Output.
    Output {
        /// Nanoseconds since 1970.
        nanos: u64,
        /// Where it was written.
        stream: Stream,
        /// It.
        bytes: &'a [u8],
    },
    /// The segment's end.
    Seal,
    /// The beginning of a block, or something damaged.
    Torn,
}

impl<'a> Block<'a> {
    /// Reads what begins with these bytes.
    #[must_use]
    pub fn decode(bytes: &'a [u8]) -> Self {
        Self::whole(bytes).unwrap_or(Self::Torn)
    }

    fn whole(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let (length, checked) = header.split_first_chunk::<4>()?;
        let (crc, checked) = checked.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length);
        let sealed = length == SEALED;
        let length = if sealed { 0 } else { usize::try_from(length).ok().filter(|&length| length <= MAX_BLOCK)? };
        let output = rest.get(..length)?;
        if u32::from_le_bytes(*crc) != checksum(checked, output) {
            return None;
        }
        let (nanos, stream) = checked.split_first_chunk::<8>()?;
        if sealed {
            return Some(Self::Seal);
        }
        let stream = Stream::of(*stream.first()?)?;
        Some(Self::Output { nanos: u64::from_le_bytes(*nanos), stream, bytes: output })
    }

    /// Writes the header of a block over `header`.
    pub fn write_header(header: &mut [u8; HEADER], nanos: u64, stream: Stream, output: &[u8]) {
        let length = u32::try_from(output.len()).unwrap_or(SEALED - 1);
        fill(header, length, nanos, stream.byte(), output);
    }

    /// The seal of a segment.
    #[must_use]
    pub fn seal() -> [u8; HEADER] {
        let mut header = [0; HEADER];
        fill(&mut header, SEALED, 0, 0, &[]);
        header
    }
}

fn fill(header: &mut [u8; HEADER], length: u32, nanos: u64, stream: u8, output: &[u8]) {
    header[8..16].copy_from_slice(&nanos.to_le_bytes());
    header[16] = stream;
    let crc = checksum(&header[8..], output);
    header[..4].copy_from_slice(&length.to_le_bytes());
    header[4..8].copy_from_slice(&crc.to_le_bytes());
}

fn checksum(header: &[u8], output: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(output);
    hasher.finalize()
}
