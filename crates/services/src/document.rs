//! AWS shapes as the documents that records keep: JSON, by the same codec that answers requests.

use berth_model::Document;
use berth_wire::json::{JsonReader, JsonWriter};
use berth_wire::{Member, ReadError, Shape};

/// The document of a value that stands at `place`.
pub(crate) fn write<T: Shape>(place: &'static Member, value: &T) -> Document {
    let mut writer = JsonWriter::new();
    value.write(place, &mut writer);
    // The writer writes UTF-8 alone.
    Document::new(String::from_utf8_lossy(&writer.into_bytes()).as_ref())
}

/// The value of a document that [`write`] made, of this version or another.
///
/// # Errors
/// The document is none of this shape: the database is damaged.
pub(crate) fn read<T: Shape>(place: &'static Member, document: &Document) -> Result<T, ReadError> {
    let mut reader = JsonReader::new(document.as_str().as_bytes());
    let value = T::read(place, &mut reader)?;
    reader.finish()?;
    Ok(value)
}
