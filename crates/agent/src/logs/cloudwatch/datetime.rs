//! Formats of times, as `awslogs-datetime-format` has them: what they write, as a regular expression.

/// The pattern of a format. What is no conversion stays as it is, and is part of the expression. An unknown conversion is the error.
pub(super) fn pattern(format: &str) -> Result<String, char> {
    let mut pattern = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => {
                let sign = characters.next().unwrap_or('%');
                pattern.push_str(conversion(sign).ok_or(sign)?);
            }
            other => pattern.push(other),
        }
    }
    Ok(pattern)
}

/// What a conversion writes: those that Docker's driver has.
const fn conversion(sign: char) -> Option<&'static str> {
    Some(match sign {
        // The names of days and months, short and whole.
        'a' => "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
        'A' => "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)",
        'b' => "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
        'B' => "(?:January|February|March|April|May|June|July|August|September|October|November|December)",
        // Day of the week, of the month and of the year.
        'w' => "[0-6]",
        'd' => "(?:0[1-9]|[12][0-9]|3[01])",
        'j' => "(?:00[1-9]|0[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])",
        'm' => "(?:0[1-9]|1[0-2])",
        'Y' => "[0-9]{4}",
        'y' => "[0-9]{2}",
        // Hours of 24 and of 12.
        'H' => "(?:[01][0-9]|2[0-3])",
        'I' => "(?:0[0-9]|1[0-2])",
        'p' => "[AP]M",
        'M' | 'S' => "[0-5][0-9]",
        // Microseconds, and milliseconds with the point before them.
        'f' => "[0-9]{6}",
        'L' => r"\.[0-9]{3}",
        'z' => "[+-][0-9]{4}",
        'Z' => "[A-Z]{1,4}T",
        '%' => "%",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    #[test]
    fn formats_match_what_they_write() {
        let cases = [
            (r"\[%b %d, %Y %H:%M:%S\]", "[May 01, 2017 19:00:01] A message", true),
            (r"\[%b %d, %Y %H:%M:%S\]", "May 01, 2017 19:00:01 A message", false),
            ("%Y-%m-%dT%H:%M:%S%L%z", "2026-12-31T23:59:59.123+0100 x", true),
            ("%Y-%m-%d", "2026-13-01", false),
            ("%d/%B/%y %I:%M %p", "09/March/26 11:05 PM", true),
            ("^%A %j %w", "Sunday 366 0", true),
            ("%j", "000", false),
            ("%H:%M:%S.%f %Z", "01:02:03.123456 CEST", true),
            ("100%%", "at 100% now", true),
        ];
        for (format, line, expected) in cases {
            let pattern = Regex::new(&super::pattern(format).unwrap()).unwrap();
            assert_eq!(pattern.is_match(line), expected, "{format}: {line}");
        }
    }

    #[test]
    fn unknown_conversion_is_named() {
        assert_eq!(super::pattern("%Y %q"), Err('q'));
    }
}
