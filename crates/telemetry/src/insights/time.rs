//! Moments as AWS writes them, and lengths of time.

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A moment as AWS writes it: `2024-02-29 23:59:59.999`.
pub(super) fn written(millis: i64) -> String {
    let (day, rest) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let (year, month, day) = date(day);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{:03}", rest % 1000)
}

/// Year, month and day of a day since 1970, in the calendar of today.
fn date(days: i64) -> (i64, i64, i64) {
    // Years that begin in March have their odd day last; 400 of them have 146,097 days.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (date, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    (year + era * 400 + i64::from(month <= 2), month, date)
}

/// Units of time by their names, in milliseconds. Months and years are not all as long.
pub(super) fn unit(name: &str) -> Option<i64> {
    Some(match name {
        "ms" | "msec" => 1,
        "s" | "sec" => 1000,
        "m" | "min" => 60_000,
        "h" | "hr" => 3_600_000,
        "d" => DAY,
        "w" => 7 * DAY,
        "mo" | "mon" => 30 * DAY,
        "q" | "qtr" => 91 * DAY,
        "y" | "yr" => 365 * DAY,
        _ => return None,
    })
}
