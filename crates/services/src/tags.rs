//! Tags: AWS's rules for them, and their two forms.

use berth_model::Tags;

/// Tags on one resource, at most.
pub(crate) const MOST: usize = 50;

/// What is wrong with a list of tags, in the words of the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TagError {
    /// More than a resource may have.
    #[error("Too many tags: a resource has at most {MOST}.")]
    TooMany,
    /// A key of no or too many characters.
    #[error("Invalid tag key: a key has 1 to 128 characters.")]
    KeyLength,
    /// A value of too many characters.
    #[error("Invalid tag value: a value has at most 256 characters.")]
    ValueLength,
    /// A key or value with characters that tags do not have.
    #[error("Some tags contain invalid characters. Valid characters: UTF-8 letters, spaces, numbers and _ . / = + - : @.")]
    Characters,
    /// A key that AWS keeps for itself.
    #[error("Invalid tag key: keys that begin with aws: are reserved.")]
    Reserved,
    /// The same key twice.
    #[error("Duplicate tag keys found. Please note that Tag keys are case sensitive.")]
    Duplicate,
}

/// Checks a caller's tags and makes them a record's.
pub(crate) fn checked<'a>(tags: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Result<Tags, TagError> {
    if tags.clone().count() > MOST {
        return Err(TagError::TooMany);
    }
    let mut seen = std::collections::BTreeSet::new();
    for (key, value) in tags.clone() {
        if !(1..=128).contains(&key.chars().count()) {
            return Err(TagError::KeyLength);
        }
        if value.chars().count() > 256 {
            return Err(TagError::ValueLength);
        }
        if !key.chars().chain(value.chars()).all(allowed) {
            return Err(TagError::Characters);
        }
        if is_reserved(key) {
            return Err(TagError::Reserved);
        }
        if !seen.insert(key) {
            return Err(TagError::Duplicate);
        }
    }
    Ok(tags.collect())
}

/// Whether a key or value is one that AWS keeps for itself, in whatever case.
pub(crate) fn is_reserved(text: &str) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

/// Whether a resource may have so many tags. Reserved ones do not count.
pub(crate) fn is_within_limit(tags: &Tags) -> bool {
    tags.iter().filter(|(key, _)| !is_reserved(key)).count() <= MOST
}

fn allowed(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || "_.:/=+-@".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_keep_aws_rules() {
        let long = "k".repeat(129);
        let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
        let check = |tags: &[(&str, &str)]| checked(tags.iter().copied()).map(|tags| tags.len());
        assert_eq!(check(&[("team", "blue"), ("Team", "")]), Ok(2));
        assert_eq!(check(&[("", "x")]), Err(TagError::KeyLength));
        assert_eq!(check(&[(&long, "x")]), Err(TagError::KeyLength));
        assert_eq!(check(&[("a", &"v".repeat(257))]), Err(TagError::ValueLength));
        assert_eq!(check(&[("a", "<")]), Err(TagError::Characters));
        assert_eq!(check(&[("AWS:x", "1")]), Err(TagError::Reserved));
        assert_eq!(check(&[("a", "1"), ("a", "2")]), Err(TagError::Duplicate));
        assert_eq!(checked(many.iter().map(|key| (key.as_str(), ""))), Err(TagError::TooMany));
    }

    #[test]
    fn reserved_tags_do_not_count() {
        let keys: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        let fifty = checked(keys.iter().map(|key| (key.as_str(), ""))).unwrap();
        let managed = fifty.with([("aws:ecs:clusterName", "default")]);
        assert!(is_within_limit(&managed));
        assert!(!is_within_limit(&managed.with([("one more", "")])));
    }
}
