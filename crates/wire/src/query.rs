//! The query protocol: form parameters in, XML out, and both the other way round for clients.
//!
//! Never here: HTTP, signatures, the choice of an operation (see [`crate::protocol`] and [`crate::route`]).

mod form;
mod form_reader;
mod form_writer;
mod names;
mod xml;
mod xml_reader;
mod xml_writer;

#[cfg(test)]
mod tests;

pub use form::Form;
pub use form_reader::FormReader;
pub use form_writer::FormWriter;
pub use xml::Element;
pub use xml_reader::XmlReader;
pub use xml_writer::XmlWriter;

/// Structures, lists and maps inside each other.
pub const DEPTH_LIMIT: usize = 64;
/// Parameters of one request.
pub const PARAMETER_LIMIT: usize = 10_000;
/// Elements of one XML answer.
pub const ELEMENT_LIMIT: usize = 100_000;
