//! Dates in expressions.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The second that a date names: `2018-06-18T22:28:28+00:00`, the same with `Z` or without a zone (UTC), or
/// `2018-06-18` (its midnight).
pub(super) fn parse(text: &str) -> Option<i64> {
    let missing = match text.len() {
        10 => "T00:00:00Z",
        19 => "Z",
        _ => "",
    };
    OffsetDateTime::parse(&format!("{text}{missing}"), &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}
