//! Events that an operation answers one after the other, as `application/vnd.amazon.eventstream`.
//!
//! A message is its length, the length of its headers, a checksum of both, the headers, the payload, and a checksum of all.

use crate::Member;
use crate::json::JsonWriter;
use crate::shape::ShapeWriter;

/// The content type of an answer in events.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// The number of the type of texts among the types of headers.
const TEXT: u8 = 7;
/// What stands around headers and payload: two lengths and two checksums.
const FRAME: usize = 16;

/// Writes the document of an event.
pub type WriteEvent<'a> = &'a dyn Fn(&'static Member, &mut dyn ShapeWriter);

/// The first message of a stream: the answer without its events.
#[must_use]
pub fn initial_response() -> Vec<u8> {
    message(&[(":message-type", "event"), (":event-type", "initial-response"), (":content-type", JSON)], b"{}")
}

/// An event of a stream, in JSON.
#[must_use]
pub fn event(name: &str, at: &'static Member, write: WriteEvent<'_>) -> Vec<u8> {
    let mut writer = JsonWriter::new();
    write(at, &mut writer);
    message(&[(":message-type", "event"), (":event-type", name), (":content-type", JSON)], &writer.into_bytes())
}

/// What ends a stream that cannot go on: a modelled exception.
#[must_use]
pub fn exception(code: &str, message_text: &str) -> Vec<u8> {
    let mut writer = JsonWriter::new();
    writer.object(|to| to.text_member("message", message_text));
    message(&[(":message-type", "exception"), (":exception-type", code), (":content-type", JSON)], &writer.into_bytes())
}

const JSON: &str = "application/json";

/// A message. Header names have at most 255 bytes and values 65,535: longer ones are cut.
fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        let name = name.get(..usize::from(u8::MAX)).unwrap_or(name);
        block.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        block.extend_from_slice(name.as_bytes());
        block.push(TEXT);
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        block.extend_from_slice(&length.to_be_bytes());
        block.extend_from_slice(value.as_bytes().get(..usize::from(length)).unwrap_or_default());
    }
    let total = FRAME + block.len() + payload.len();
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    let mut out = Vec::with_capacity(total);
    out.extend_from_slice(&length(total));
    out.extend_from_slice(&length(block.len()));
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out.extend_from_slice(&block);
    out.extend_from_slice(payload);
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out
}

#[cfg(test)]
mod tests;
