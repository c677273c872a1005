//! Image names, read as Docker reads them.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, DigestError};

/// The registry of a name that has none.
const DEFAULT_REGISTRY: &str = "docker.io";
/// Another name of it that old clients wrote.
const LEGACY_REGISTRY: &str = "index.docker.io";
/// The folder of official images, which users leave out.
const OFFICIAL: &str = "library/";
const LONGEST_REPOSITORY: usize = 255;
const LONGEST_TAG: usize = 128;
/// Longer texts cannot be names, and are not looked at.
const LONGEST_TEXT: usize = 1024;

/// An image's name with everything that users leave out filled in: `nginx` is `docker.io/library/nginx:latest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is no image name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing to read, or far too much.
    #[error("an image name has between 1 and {LONGEST_TEXT} characters, this one has {0}")]
    Length(usize),
    /// A repository is written in lower case.
    #[error("invalid reference format: repository name ({0}) must be lowercase")]
    Uppercase(String),
    /// The part before the first slash.
    #[error("invalid reference format: `{0}` is not the name of a registry")]
    Registry(String),
    /// The path.
    #[error("invalid reference format: `{0}` is not the name of a repository")]
    Repository(String),
    /// The path is too long.
    #[error("invalid reference format: a repository name has at most {LONGEST_REPOSITORY} characters")]
    RepositoryLength,
    /// What follows the colon.
    #[error("invalid reference format: `{0}` is not a tag")]
    Tag(String),
    /// What follows the at sign.
    #[error("invalid reference format: {0}")]
    Digest(#[from] DigestError),
    /// 64 hexadecimal digits, which are an image id.
    #[error("invalid repository name ({0}): 64 hexadecimal digits are an image id, not a name")]
    ImageId(String),
}

impl Reference {
    /// The registry, with its port.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path within the registry.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag; `latest` if the name had neither tag nor digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, which decides if it is there.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Whether both name the same repository of the same registry.
    #[must_use]
    pub fn same_repository(&self, other: &Self) -> bool {
        self.registry == other.registry && self.repository == other.repository
    }

    /// The name as its users write it: without what is filled in.
    #[must_use]
    pub fn familiar(&self) -> String {
        let full = self.to_string();
        match full.strip_prefix(DEFAULT_REGISTRY).and_then(|rest| rest.strip_prefix('/')) {
            Some(rest) => rest
                .strip_prefix(OFFICIAL)
                .filter(|name| !self.repository[OFFICIAL.len()..].contains('/') && !name.is_empty())
                .unwrap_or(rest)
                .to_owned(),
            None => full,
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() || text.len() > LONGEST_TEXT {
            return Err(ReferenceError::Length(text.len()));
        }
        if text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ReferenceError::ImageId(text.to_owned()));
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse::<Digest>()?)),
            None => (text, None),
        };
        let (registry, path) = split_registry(name);
        // A colon after the last slash begins the tag; one before it would be a port.
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (path, None),
        };
        check_registry(registry)?;
        let registry = if registry == LEGACY_REGISTRY { DEFAULT_REGISTRY } else { registry };
        let official = registry == DEFAULT_REGISTRY && !repository.contains('/');
        let repository = if official { format!("{OFFICIAL}{repository}") } else { repository.to_owned() };
        check_repository(&repository)?;
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(ReferenceError::Tag(tag.to_owned()));
        }
        let tag = tag.or(if digest.is_none() { Some("latest") } else { None });
        Ok(Self { registry: registry.to_owned(), repository, tag: tag.map(str::to_owned), digest })
    }
}

/// Splits off the registry: what stands before the first slash, if it looks like a host.
fn split_registry(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|byte| byte.is_ascii_uppercase()) =>
        {
            (first, rest)
        }
        _ => (DEFAULT_REGISTRY, name),
    }
}

fn check_registry(registry: &str) -> Result<(), ReferenceError> {
    let refused = || ReferenceError::Registry(registry.to_owned());
    let (host, port) = match registry.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, rest))) => {
            let address_is_right = !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or_else(refused)?) };
            (if address_is_right { "v6" } else { "" }, port)
        }
        Some(None) => return Err(refused()),
        None => registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port))),
    };
    let label_is_right = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let port_is_right = port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    if host.split('.').all(label_is_right) && port_is_right { Ok(()) } else { Err(refused()) }
}

fn check_repository(repository: &str) -> Result<(), ReferenceError> {
    if repository.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(ReferenceError::Uppercase(repository.to_owned()));
    }
    if !repository.split('/').all(is_path_component) {
        return Err(ReferenceError::Repository(repository.to_owned()));
    }
    if repository.len() > LONGEST_REPOSITORY { Err(ReferenceError::RepositoryLength) } else { Ok(()) }
}

/// Letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_path_component(component: &str) -> bool {
    let word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    if !bytes.first().is_some_and(word) || !bytes.last().is_some_and(word) {
        return false;
    }
    let separator_is_right = |run: &[u8]| matches!(run, b"" | b"." | b"_" | b"__") || run.iter().all(|byte| *byte == b'-');
    bytes.split(word).all(separator_is_right)
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= LONGEST_TAG
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Reference {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, ReferenceError> {
        text.parse()
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}
