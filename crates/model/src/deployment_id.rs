//! The ids of deployments and task sets.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

use crate::nineteen_digits;

/// The id of a deployment or of a task set, which tasks are signed with: `ecs-svc/` and nineteen digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct DeploymentId(#[n(0)] u64);

/// What the signature of a service's tasks begins with.
const SIGNATURE: &str = "ecs-svc/";

impl DeploymentId {
    /// An id from bytes nobody can guess.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(nineteen_digits::number(bytes))
    }

    /// The id of that number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SIGNATURE}{:019}", self.0)
    }
}

/// A text that is no deployment's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the id of a deployment: ecs-svc/ and nineteen digits")]
pub struct ParseDeploymentIdError(Box<str>);

impl FromStr for DeploymentId {
    type Err = ParseDeploymentIdError;

    fn from_str(text: &str) -> Result<Self, ParseDeploymentIdError> {
        let number = text.strip_prefix(SIGNATURE).and_then(nineteen_digits::parse);
        number.map(Self).ok_or_else(|| ParseDeploymentIdError(text.chars().take(64).collect()))
    }
}
