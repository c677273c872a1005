//! What is in an environment file, and what it is called: as the Amazon ECS container agent reads them.

use std::collections::BTreeMap;

/// `arn:aws:s3:::BUCKET/KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) bucket: String,
    pub(super) key: String,
}

impl Place {
    pub(super) fn of(arn: &str) -> Option<Self> {
        let rest = arn.strip_prefix("arn:")?;
        let (partition, rest) = rest.split_once(':')?;
        let (bucket, key) = rest.strip_prefix("s3:::")?.split_once('/')?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        let is_bucket = (3..=63).contains(&bucket.len()) && bucket.bytes().all(plain) && !bucket.contains("..");
        let fits = partition.starts_with("aws") && is_bucket && !key.is_empty() && key.len() <= 1024;
        fits.then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

/// The variables of a file. `#` at a line's beginning makes it a comment; blanks and quotation marks belong to the value; lines without a
/// name or a value say nothing.
pub(super) fn read(text: &str) -> Vec<(&str, &str)> {
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    pairs.filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect()
}

/// What the definition says comes before all files, and an earlier file before a later one.
pub(super) fn merge(given: &mut BTreeMap<String, String>, files: &[String]) {
    for file in files {
        for (name, value) in read(file) {
            if !given.contains_key(name) {
                given.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
