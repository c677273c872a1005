//! AWS's grammar: encodings, request signatures, operation routing, error envelopes. Bytes in, bytes out, in both directions.
//!
//! Never here: sockets, clocks, files, threads, an AWS service's name. A codec knows schemas, not shapes; a shape knows
//! readers and writers, not codecs. So there are shapes + codecs pieces of code, not shapes x codecs.

pub mod event_stream;
pub mod json;
mod missing;
mod moment;
pub mod protocol;
pub mod query;
pub mod route;
pub mod schema;
pub mod service;
pub mod shape;
pub mod sigv4;
mod text;
pub mod validate;

#[cfg(test)]
mod test_shapes;

pub use missing::Missing;
pub use schema::{Constraints, HttpBinding, Kind, Member, Schema, TimestampFormat};
pub use service::{Access, ErrorShape, Fault, Operation, Protocol, Service};
pub use shape::{
    Blob, Document, EnumShape, ReadError, ReadErrorKind, Redacted, Sensitive, Shape, ShapeReader, ShapeWriter, Timestamp,
};
