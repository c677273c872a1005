//! Numbers as texts, both ways.

/// A decimal number; not all that the parser of the language takes.
pub(super) fn parsed(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    if !is_plain || !has_digit {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A computed number as results show it: with four decimals at most, and with more only if nothing would be left.
pub(super) fn written(number: f64) -> String {
    if number.fract() == 0.0 || number.abs() >= 1e15 {
        // No "-0".
        return format!("{:.0}", number + 0.0);
    }
    if number.abs() < 1e-3 {
        return number.to_string();
    }
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
