//! Tags of a resource.

use std::fmt;
use std::sync::Arc;

use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::Name;

/// Keys and values in the order they were first set; each key once. Cheap to clone: tasks share their definition's.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Tags(Option<Arc<[Tag]>>);

type Tag = (Name, Box<str>);

impl Tags {
    /// The number of tags.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|&(k, _)| k == key).map(|(_, value)| value)
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.as_slice().iter().map(|(key, value)| (key.as_str(), &**value))
    }

    /// These tags with `tags` set: known keys keep their place and get the new value, new ones follow.
    #[must_use]
    pub fn with<'a>(&self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut list = self.as_slice().to_vec();
        for (key, value) in tags {
            match list.iter_mut().find(|(k, _)| k == key) {
                Some((_, old)) => *old = value.into(),
                None => list.push((key.into(), value.into())),
            }
        }
        Self::of(list)
    }

    /// These tags without the named ones.
    #[must_use]
    pub fn without(&self, keys: &[&str]) -> Self {
        Self::of(self.as_slice().iter().filter(|(key, _)| !keys.contains(&key.as_str())).cloned().collect())
    }

    fn as_slice(&self) -> &[Tag] {
        self.0.as_deref().unwrap_or_default()
    }

    fn of(list: Vec<Tag>) -> Self {
        Self((!list.is_empty()).then(|| list.into()))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Tags {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(tags: I) -> Self {
        Self::default().with(tags)
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<C> Encode<C> for Tags {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        self.as_slice().encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for Tags {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Self::of(Decode::decode(d, ctx)?))
    }
}

#[cfg(test)]
mod tests;
