//! Lengths of time, times rounded to them, and times as texts. All of it in UTC.

use time::{Date, Month, OffsetDateTime, Time};

const SECOND: i64 = 1000;
const DAY: i64 = 86_400 * SECOND;
/// 1970 began on a Thursday; weeks begin on Mondays.
const FIRST_MONDAY: i64 = 4 * DAY;

/// A length of time: so many milliseconds, or so many months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Millis { length: i64, from: i64 },
    Months(i64),
}

impl Period {
    /// A number of units; nothing if there is no such unit, or none of them, or far too many.
    pub(super) fn new(count: i64, unit: &str) -> Option<Self> {
        let unit = unit.to_ascii_lowercase();
        // Abbreviations of more than one letter may be plurals.
        let unit = if unit.len() > 2 || unit == "qs" { unit.strip_suffix('s').unwrap_or(&unit) } else { &unit };
        let (length, from) = match unit {
            "ms" | "msec" | "millisecond" => (1, 0),
            "s" | "sec" | "second" => (SECOND, 0),
            "m" | "min" | "minute" => (60 * SECOND, 0),
            "h" | "hr" | "hour" => (3600 * SECOND, 0),
            "d" | "day" => (DAY, 0),
            "w" | "week" => (7 * DAY, FIRST_MONDAY),
            "mo" | "mon" | "month" => return Self::months(count, 1),
            "q" | "qtr" | "quarter" => return Self::months(count, 3),
            "y" | "yr" | "year" => return Self::months(count, 12),
            _ => return None,
        };
        let length = count.checked_mul(length).filter(|length| (1..=36_600 * DAY).contains(length))?;
        Some(Self::Millis { length, from })
    }

    fn months(count: i64, each: i64) -> Option<Self> {
        count.checked_mul(each).filter(|months| (1..=1200).contains(months)).map(Self::Months)
    }

    /// The last multiple of the period up to a time.
    pub(super) fn floor(self, millis: i64) -> i64 {
        match self {
            Self::Millis { length, from } => {
                millis.checked_sub(from).map_or(millis, |since| since.div_euclid(length) * length + from)
            }
            Self::Months(months) => {
                month_of(millis).map_or(millis, |month| month_start(month.div_euclid(months) * months, millis))
            }
        }
    }

    /// The first multiple of the period from a time on.
    pub(super) fn ceil(self, millis: i64) -> i64 {
        let floor = self.floor(millis);
        if floor == millis {
            return millis;
        }
        match self {
            Self::Millis { length, .. } => floor.saturating_add(length),
            Self::Months(months) => month_of(floor).map_or(millis, |month| month_start(month + months, millis)),
        }
    }
}

fn moment(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
}

/// Months since the year 0.
fn month_of(millis: i64) -> Option<i64> {
    let date = moment(millis)?.date();
    Some(i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1)
}

fn month_start(month: i64, otherwise: i64) -> i64 {
    let date = || {
        let number = u8::try_from(month.rem_euclid(12) + 1).ok()?;
        let year = i32::try_from(month.div_euclid(12)).ok()?;
        Date::from_calendar_date(year, Month::try_from(number).ok()?, 1).ok()
    };
    date().map_or(otherwise, |date| date.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp() * SECOND)
}

/// A time as results show it: `2026-01-31 12:00:00.000`.
pub(super) fn written(millis: i64) -> String {
    let Some(moment) = moment(millis) else { return millis.to_string() };
    let (date, time) = (moment.date(), moment.time());
    let (hour, minute, second, milli) = time.as_hms_milli();
    format!("{:04}-{:02}-{:02} {hour:02}:{minute:02}:{second:02}.{milli:03}", date.year(), u8::from(date.month()), date.day())
}
