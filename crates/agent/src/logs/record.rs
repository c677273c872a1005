//! A line of a `json-file` log, as Docker writes it.

use berth_runtime::Stream;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::place::{Line, time_of};

/// Writes records; the text of the last time is kept, because lines come in chunks of one time.
#[derive(Debug, Default)]
pub(super) struct Records {
    nanos: u64,
    time: String,
}

impl Records {
    /// Appends a record.
    pub(super) fn append(&mut self, to: &mut Vec<u8>, line: Line<'_>) {
        if self.time.is_empty() || self.nanos != line.nanos {
            self.nanos = line.nanos;
            // Fails for years beyond 9999 alone.
            self.time = OffsetDateTime::from(time_of(line.nanos)).format(&Rfc3339).unwrap_or_default();
        }
        to.extend_from_slice(br#"{"log":""#);
        escape(to, line.text);
        if line.is_over {
            to.extend_from_slice(br"\n");
        }
        to.extend_from_slice(match line.stream {
            Stream::Stdout => br#"","stream":"stdout","time":""#,
            Stream::Stderr => br#"","stream":"stderr","time":""#,
        });
        to.extend_from_slice(self.time.as_bytes());
        to.extend_from_slice(b"\"}\n");
    }
}

/// Appends what a JSON string holds. What is no UTF-8 becomes the replacement character.
fn escape(to: &mut Vec<u8>, text: &[u8]) {
    for piece in text.utf8_chunks() {
        let bytes = piece.valid().as_bytes();
        let mut plain = 0;
        for (at, byte) in bytes.iter().enumerate() {
            if ESCAPED[usize::from(*byte)] {
                to.extend_from_slice(&bytes[plain..at]);
                escape_byte(to, *byte);
                plain = at + 1;
            }
        }
        to.extend_from_slice(&bytes[plain..]);
        if !piece.invalid().is_empty() {
            to.extend_from_slice(br"\ufffd");
        }
    }
}

fn escape_byte(to: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' => to.extend_from_slice(br#"\""#),
        b'\\' => to.extend_from_slice(br"\\"),
        b'\n' => to.extend_from_slice(br"\n"),
        b'\r' => to.extend_from_slice(br"\r"),
        other => {
            to.extend_from_slice(br"\u00");
            to.extend([DIGITS[usize::from(other >> 4)], DIGITS[usize::from(other & 15)]]);
        }
    }
}

/// What cannot stand in a JSON string as it is; and, as Docker has it, what means something in HTML.
const ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escaped[byte] = true;
        byte += 1;
    }
    escaped[b'"' as usize] = true;
    escaped[b'\\' as usize] = true;
    escaped[b'<' as usize] = true;
    escaped[b'>' as usize] = true;
    escaped[b'&' as usize] = true;
    escaped
};
