//! The fields of a text between spaces. What stands in quotes or brackets is one field.

/// The fields in order, without their quotes or brackets.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        // One that is not closed is a word like any other.
        let enclosed = closing.and_then(|closing| enclosed(rest, closing));
        let (word, after) = enclosed.unwrap_or_else(|| rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())));
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// What stands between the first character and the first `closing` that ends a field.
fn enclosed(text: &str, closing: char) -> Option<(&str, &str)> {
    let inner = text.get(1..)?;
    let ends = inner.char_indices().filter(|(_, character)| *character == closing);
    for (at, character) in ends {
        let after = inner.get(at + character.len_utf8()..)?;
        if after.is_empty() || after.starts_with(char::is_whitespace) {
            return Some((inner.get(..at)?, after));
        }
    }
    None
}
