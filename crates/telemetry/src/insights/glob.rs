//! Patterns of `parse` with asterisks.

/// Takes out what stands at the asterisks of a pattern; nothing if the text does not hold the rest. What stands there is as short as can
/// be, except at the end of the pattern.
pub(super) fn captures<'t>(parts: &[String], text: &'t str) -> Option<Vec<&'t str>> {
    let (first, rest) = parts.split_first()?;
    let mut at = text.find(first.as_str())? + first.len();
    let mut found = Vec::with_capacity(rest.len());
    for (place, part) in rest.iter().enumerate() {
        let behind = text.get(at..)?;
        let is_last = place + 1 == rest.len();
        let length = if is_last && part.is_empty() { behind.len() } else { behind.find(part.as_str())? };
        found.push(behind.get(..length)?);
        at += length + part.len();
    }
    Some(found)
}
