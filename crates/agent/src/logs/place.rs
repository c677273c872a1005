//! How far a container's output was read: lines are cut out of it, and a line may begin long before it ends.

use std::time::{SystemTime, UNIX_EPOCH};

use berth_runtime::{Chunk, Position, RuntimeError, SegmentReader, Stream};
use memchr::memchr;
use serde::{Deserialize, Serialize};

/// A line, or a piece of one that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// When its last byte was taken, in nanoseconds since 1970.
    pub(super) nanos: u64,
    pub(super) stream: Stream,
    /// Without its line end.
    pub(super) text: &'a [u8],
    /// Whether the line is over: false of all pieces but the last.
    pub(super) is_over: bool,
}

/// A place between two lines. What was read of lines that are not over yet is part of it, so that segments need not be kept for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The beginning of a chunk.
    pub(super) position: Position,
    /// So many bytes of that chunk are read.
    pub(super) skip: usize,
    stdout: Begun,
    stderr: Begun,
    /// Whether the output is over, and lines without an end were taken as they are.
    pub(super) is_final: bool,
}

/// A line that is not over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    #[serde(with = "text", default, skip_serializing_if = "Vec::is_empty")]
    bytes: Vec<u8>,
    nanos: u64,
}

/// Why reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// There is nothing more, for now or up to where it was asked for.
    Dry,
    /// The next line was not taken.
    Full,
}

impl Place {
    /// Reads lines until `take` does not want one, which will be the next one then, or there are no more, or up to `until`, which is a
    /// place that this one came to before. Pieces of lines have at most `longest` bytes.
    pub(super) fn read(
        &mut self,
        reader: &mut SegmentReader,
        longest: usize,
        until: Option<&Self>,
        take: &mut dyn FnMut(Line<'_>) -> bool,
    ) -> Result<Stopped, RuntimeError> {
        let end_in = |position| until.filter(|until| until.position == position).map(|until| until.skip);
        while end_in(self.position).is_none_or(|skip| self.skip < skip) {
            let Some(chunk) = reader.next()? else { return Ok(Stopped::Dry) };
            let end = end_in(self.position).unwrap_or(usize::MAX).min(chunk.bytes.len());
            if !self.cut(&chunk, end, longest, take) {
                return Ok(Stopped::Full);
            }
            if end < chunk.bytes.len() {
                break;
            }
            (self.position, self.skip) = (chunk.position_after, 0);
        }
        Ok(Stopped::Dry)
    }

    /// Cuts lines out of a chunk; false if one was not taken.
    fn cut(&mut self, chunk: &Chunk, end: usize, longest: usize, take: &mut dyn FnMut(Line<'_>) -> bool) -> bool {
        let since = chunk.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanos = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        let stream = chunk.stream;
        let begun = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        while self.skip < end {
            let rest = &chunk.bytes[self.skip..end];
            let before = begun.bytes.len();
            let room = longest.saturating_sub(before);
            let line_end = memchr(b'\n', &rest[..rest.len().min(room + 1)]);
            let (taken, length) = match line_end {
                Some(length) if before == 0 => (take(Line { nanos, stream, text: &rest[..length], is_over: true }), length + 1),
                Some(length) => {
                    begun.bytes.extend_from_slice(&rest[..length]);
                    let taken = take(Line { nanos, stream, text: &begun.bytes, is_over: true });
                    if taken {
                        // Its memory too: few lines come in pieces.
                        begun.bytes = Vec::new();
                    }
                    (taken, length + 1)
                }
                None if rest.len() > room => {
                    begun.bytes.extend_from_slice(&rest[..=room]);
                    let cut = boundary(&begun.bytes, longest);
                    let taken = take(Line { nanos, stream, text: &begun.bytes[..cut], is_over: false });
                    if taken {
                        begun.bytes.drain(..cut);
                    }
                    (taken, room + 1)
                }
                None => {
                    begun.bytes.extend_from_slice(rest);
                    (true, rest.len())
                }
            };
            if !taken {
                begun.bytes.truncate(before);
                return false;
            }
            begun.nanos = nanos;
            self.skip += length;
        }
        true
    }

    /// Takes lines without an end as they are; to be called when nothing more can come. Whatever of it is not taken is so the next time.
    pub(super) fn finish(&mut self, take: &mut dyn FnMut(Line<'_>) -> bool) -> Stopped {
        for (stream, begun) in [(Stream::Stdout, &mut self.stdout), (Stream::Stderr, &mut self.stderr)] {
            if !begun.bytes.is_empty() && !take(Line { nanos: begun.nanos, stream, text: &begun.bytes, is_over: true }) {
                return Stopped::Full;
            }
            *begun = Begun::default();
        }
        self.is_final = true;
        Stopped::Dry
    }
}

/// The last place up to `longest` where a text can be cut without cutting a character.
fn boundary(text: &[u8], longest: usize) -> usize {
    let begins_character = |at: &usize| text.get(*at).is_none_or(|byte| byte & 0b1100_0000 != 0b1000_0000);
    (longest.saturating_sub(3).max(1)..=longest).rev().find(begins_character).unwrap_or(longest)
}

/// A time in nanoseconds since 1970.
pub(super) fn time_of(nanos: u64) -> SystemTime {
    UNIX_EPOCH + std::time::Duration::from_nanos(nanos)
}

/// Bytes as text, for files that people may look into.
pub(super) mod text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::logs) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        hex::encode(bytes).serialize(to)
    }

    pub(in crate::logs) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}
