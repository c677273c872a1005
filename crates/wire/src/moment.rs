//! Moments as text: ISO 8601, HTTP dates, epoch seconds, and the compact form of request signatures.

use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use crate::schema::{Member, TimestampFormat};
use crate::shape::Timestamp;

/// 0000-01-01 and 9999-12-31: what four digits of a year can say.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

/// Writes a moment in the format of `at`, or in `default` where the model names none.
pub(crate) fn to_text(at: &Member, default: TimestampFormat, moment: Timestamp) -> String {
    match at.timestamp_format.unwrap_or(default) {
        TimestampFormat::EpochSeconds => to_epoch_seconds(moment),
        TimestampFormat::DateTime => to_date_time(moment),
        TimestampFormat::HttpDate => to_http_date(moment),
    }
}

/// Reads a moment in the format of `at`, or in `default` where the model names none. `Err` names the format.
pub(crate) fn from_text(at: &Member, default: TimestampFormat, text: &str) -> Result<Timestamp, &'static str> {
    match at.timestamp_format.unwrap_or(default) {
        TimestampFormat::EpochSeconds => text.parse().ok().and_then(from_epoch_seconds).ok_or("timestamp in epoch seconds"),
        TimestampFormat::DateTime => from_date_time(text).ok_or("timestamp in ISO 8601"),
        TimestampFormat::HttpDate => from_http_date(text).ok_or("timestamp as HTTP date"),
    }
}

/// `1700000000` or `1700000000.123`: decimals made from whole numbers, so that no float noise shows.
pub(crate) fn to_epoch_seconds(moment: Timestamp) -> String {
    let sign = if moment.0 < 0 { "-" } else { "" };
    let (seconds, millis) = (moment.0.unsigned_abs() / 1000, moment.0.unsigned_abs() % 1000);
    if millis == 0 {
        return format!("{sign}{seconds}");
    }
    format!("{sign}{seconds}.{millis:03}").trim_end_matches('0').to_owned()
}

/// Epoch seconds with decimals; `None` beyond the years 0 to 9999. Milliseconds survive: they need 48 of 53 bits.
pub(crate) fn from_epoch_seconds(seconds: f64) -> Option<Timestamp> {
    let millis = (seconds * 1000.0).round();
    if !(FIRST as f64..=LAST as f64).contains(&millis) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within the range just checked")]
    Some(Timestamp(millis as i64))
}

/// `2026-01-31T12:00:00Z`, with three decimals where there are milliseconds.
pub(crate) fn to_date_time(moment: Timestamp) -> String {
    let at = parts(moment);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, milli) = at.to_hms_milli();
    let month = u8::from(month);
    if milli == 0 {
        return format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    }
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

fn from_date_time(text: &str) -> Option<Timestamp> {
    OffsetDateTime::parse(text, &Rfc3339).ok().and_then(moment_of)
}

/// `Sat, 31 Jan 2026 12:00:00 GMT`.
pub(crate) fn to_http_date(moment: Timestamp) -> String {
    let at = parts(moment);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    let (weekday, month) = (at.weekday().to_string(), month.to_string());
    let (weekday, month) = (weekday.get(..3).unwrap_or_default(), month.get(..3).unwrap_or_default());
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

pub(crate) fn from_http_date(text: &str) -> Option<Timestamp> {
    OffsetDateTime::parse(text, &Rfc2822).ok().and_then(moment_of)
}

/// `20260131T120000Z`: the form in signatures.
pub(crate) fn to_compact(moment: Timestamp) -> String {
    let at = parts(moment);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!("{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z", u8::from(month))
}

pub(crate) fn from_compact(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes.get(8) != Some(&b'T') || bytes.get(15) != Some(&b'Z') {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u16> {
        let digits = text.get(from..to)?;
        if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let small = |from: usize| -> Option<u8> { number(from, from + 2)?.try_into().ok() };
    let month = Month::try_from(small(4)?).ok()?;
    let date = Date::from_calendar_date(number(0, 4)?.into(), month, small(6)?).ok()?;
    let time = Time::from_hms(small(9)?, small(11)?, small(13)?).ok()?;
    moment_of(PrimitiveDateTime::new(date, time).assume_utc())
}

/// A moment that a calendar can show; one beyond the years 0 to 9999 shows as the nearest (writers cannot fail).
fn parts(moment: Timestamp) -> OffsetDateTime {
    let millis = moment.0.clamp(FIRST, LAST);
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn moment_of(at: OffsetDateTime) -> Option<Timestamp> {
    let at = at.to_offset(UtcOffset::UTC);
    let millis = i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?;
    (FIRST..=LAST).contains(&millis).then_some(Timestamp(millis))
}

#[cfg(test)]
mod tests;
