//! The one door to the codecs, for servers and for clients: it alone knows which protocol means which codec and which
//! envelope.
//!
//! Never here: what a service means, sockets, signatures. The caller adds `x-amzn-RequestId` to every answer.

mod client;
mod error;
mod server;

#[cfg(test)]
mod tests;

pub use client::{Request, read_error, read_response, write_request};
pub use error::{CodecError, ErrorAnswer, RemoteError, Unsupported};
pub use server::{Answer, read_request, write_error, write_response};

use crate::schema::Member;
use crate::shape::{ReadError, ShapeReader, ShapeWriter};

/// Reads the shape that stands at the place given.
pub type ReadShape<'a> = &'a mut dyn FnMut(&'static Member, &mut dyn ShapeReader) -> Result<(), ReadError>;
/// Writes the shape that stands at the place given.
pub type WriteShape<'a> = &'a dyn Fn(&'static Member, &mut dyn ShapeWriter);
/// Writes members into a structure that is already open.
pub type WriteMembers<'a> = &'a dyn Fn(&mut dyn ShapeWriter);

const JSON_1_0: &str = "application/x-amz-json-1.0";
const JSON_1_1: &str = "application/x-amz-json-1.1";
const XML: &str = "text/xml";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
