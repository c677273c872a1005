//! Typed 16-byte ids.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};

/// What an id is the id of.
pub trait Kind: Copy + Ord + Hash + fmt::Debug + Send + Sync + 'static {
    /// Whether AWS writes ids of this kind as a UUID with dashes, or as 32 hexadecimal digits.
    const DASHED: bool;
}

/// The kinds of ids.
pub mod kind {
    macro_rules! kinds {
        ($($(#[$doc:meta])* $name:ident dashed $dashed:literal;)*) => {$(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
            pub enum $name {}

            impl super::Kind for $name {
                const DASHED: bool = $dashed;
            }
        )*};
    }

    kinds! {
        /// Of a task.
        Task dashed false;
        /// Of a container instance.
        Instance dashed false;
        /// Of a container of a task.
        Container dashed true;
        /// Of an attachment, such as a task's network interface.
        Attachment dashed true;
        /// Of a log group: another one each time a name is used again.
        LogGroup dashed false;
        /// Of a deployment's record.
        ServiceDeployment dashed false;
        /// Of a deployment's pause at a hook.
        Hook dashed false;
    }
}

/// The id of a task.
pub type TaskId = Id<kind::Task>;
/// The id of a container instance.
pub type InstanceId = Id<kind::Instance>;
/// The id of a container of a task.
pub type ContainerId = Id<kind::Container>;
/// The id of an attachment.
pub type AttachmentId = Id<kind::Attachment>;
/// The id of a log group.
pub type LogGroupId = Id<kind::LogGroup>;
/// The id of a deployment's record.
pub type ServiceDeploymentId = Id<kind::ServiceDeployment>;
/// The id of a deployment's pause at a hook.
pub type HookId = Id<kind::Hook>;

/// Sixteen bytes that name one thing of one kind. Whoever makes one brings the bytes: this crate has no randomness.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<K> {
    bytes: [u8; 16],
    kind: PhantomData<K>,
}

/// A string that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id: it needs 32 hexadecimal digits, or a UUID with dashes")]
pub struct ParseIdError(Box<str>);

impl<K> Id<K> {
    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The id's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.bytes
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Into a buffer, then at once: lists render thousands of ids, and the formatting machinery costs more than the digits.
        let mut text = [b'-'; 36];
        let mut free = text.iter_mut();
        for (at, byte) in self.bytes.iter().enumerate() {
            if K::DASHED && matches!(at, 4 | 6 | 8 | 10) {
                free.next();
            }
            for (to, digit) in free.by_ref().take(2).zip([byte >> 4, byte & 15]) {
                *to = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            }
        }
        let length = if K::DASHED { 36 } else { 32 };
        let text = text.get(..length).unwrap_or_default();
        f.write_str(std::str::from_utf8(text).map_err(|_| fmt::Error)?)
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        parse(text.as_bytes()).map(Self::from_bytes).ok_or_else(|| ParseIdError(text.chars().take(64).collect()))
    }
}

fn parse(text: &[u8]) -> Option<[u8; 16]> {
    let dashed = match text.len() {
        32 => false,
        36 if [8, 13, 18, 23].iter().all(|&at| text[at] == b'-') => true,
        _ => return None,
    };
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let mut digits = text.iter().enumerate().filter(|&(at, _)| !(dashed && matches!(at, 8 | 13 | 18 | 23)));
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        let (_, &high) = digits.next()?;
        let (_, &low) = digits.next()?;
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}

impl<K, C> Encode<C> for Id<K> {
    fn encode<W: minicbor::encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.bytes)?.ok()
    }
}

impl<'b, K, C> Decode<'b, C> for Id<K> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes = d.bytes()?.try_into().map_err(|_| minicbor::decode::Error::message("id is not 16 bytes"))?;
        Ok(Self::from_bytes(bytes))
    }
}

#[cfg(test)]
mod tests;
