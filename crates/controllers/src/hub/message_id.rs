//! Names of messages.

use std::fmt;
use std::str::FromStr;

/// Names one attempt to say something. Acknowledgements carry it back; those of another session are told apart by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MessageId {
    /// The session, by a number out of the kernel's randomness.
    pub(super) session: u64,
    /// The message's number in it.
    pub(super) number: u64,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.session, self.number)
    }
}

/// Not the name of any message of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign;

impl FromStr for MessageId {
    type Err = Foreign;

    fn from_str(text: &str) -> Result<Self, Foreign> {
        let (session, number) = text.split_once('-').ok_or(Foreign)?;
        let id = Self {
            session: u64::from_str_radix(session, 16).map_err(|_| Foreign)?,
            number: number.parse().map_err(|_| Foreign)?,
        };
        // One spelling per name.
        if id.to_string() == text { Ok(id) } else { Err(Foreign) }
    }
}
