//! Scalars as text, as the query protocol's parameters and XML answers carry them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use crate::moment;
use crate::schema::{Kind, Member, TimestampFormat};
use crate::shape::{Document, ReadError, ReadErrorKind, Timestamp, expectation};

/// All but the unreserved characters of RFC 3986: what forms and signatures escape.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(crate) const fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

pub(crate) fn double(value: f64) -> String {
    match value {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        value if value.is_nan() => "NaN".to_owned(),
        value => format!("{value:?}"),
    }
}

pub(crate) fn blob(value: &[u8]) -> String {
    STANDARD.encode(value)
}

pub(crate) fn timestamp(at: &Member, value: Timestamp) -> String {
    moment::to_text(at, TimestampFormat::DateTime, value)
}

pub(crate) fn read_boolean(at: &Member, text: &str) -> Result<bool, ReadError> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Ok(true),
        _ if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(malformed(expectation(at))),
    }
}

pub(crate) fn read_integer(at: &Member, text: &str) -> Result<i64, ReadError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed(expectation(at)));
    }
    let out_of_range = || ReadError::new(ReadErrorKind::OutOfRange { expected: expectation(at) });
    let value: i64 = text.parse().map_err(|_| out_of_range())?;
    match at.schema.kind {
        Kind::Integer if i32::try_from(value).is_err() => Err(out_of_range()),
        _ => Ok(value),
    }
}

pub(crate) fn read_double(at: &Member, text: &str) -> Result<f64, ReadError> {
    match text {
        "NaN" => Ok(f64::NAN),
        "Infinity" => Ok(f64::INFINITY),
        "-Infinity" => Ok(f64::NEG_INFINITY),
        _ => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            // Rust reads "inf" and "nan" of any case; these are no numbers here. A number too large reads as infinite.
            Ok(_) if text.ends_with(|last: char| last.is_ascii_digit()) => {
                Err(ReadError::new(ReadErrorKind::OutOfRange { expected: expectation(at) }))
            }
            _ => Err(malformed(expectation(at))),
        },
    }
}

pub(crate) fn read_blob(text: &str) -> Result<Vec<u8>, ReadError> {
    STANDARD_PAD_INDIFFERENT.decode(text).map_err(|_| malformed("base64"))
}

pub(crate) fn read_timestamp(at: &Member, text: &str) -> Result<Timestamp, ReadError> {
    moment::from_text(at, TimestampFormat::DateTime, text).map_err(malformed)
}

const fn malformed(expected: &'static str) -> ReadError {
    ReadError::new(ReadErrorKind::Malformed { expected })
}

pub(crate) fn read_document(text: &str) -> Result<Document, ReadError> {
    serde_json::from_str(text).map(Document).map_err(|_| malformed("JSON document"))
}
