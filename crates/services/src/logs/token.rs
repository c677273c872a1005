//! Event ids and the tokens of `GetLogEvents`: positions, in 56 digits as AWS has them; and what points to an event of a group.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use berth_model::{LogGroupId, Timestamp};
use berth_telemetry::logs::Position;

/// Where a page of events begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// After this position, forward.
    Forward(Position),
    /// Before this position, backward.
    Backward(Position),
}

/// The id of the event at a position.
pub(super) fn event_id(position: Position) -> String {
    format!("{:056}", position.number())
}

/// A sequence token. Nobody looks at it any more, but older clients want one.
pub(super) fn sequence(at: Timestamp) -> String {
    format!("{:056}", at.as_millis())
}

impl Turn {
    /// The turn as a token.
    pub(super) fn token(self) -> String {
        match self {
            Self::Forward(position) => format!("f/{}/s", event_id(position)),
            Self::Backward(position) => format!("b/{}/s", event_id(position)),
        }
    }

    /// The turn of a token; nothing if it is none.
    pub(super) fn parse(token: &str) -> Option<Self> {
        let (direction, digits) = token.strip_suffix("/s")?.split_once('/')?;
        let is_id = digits.len() == 56 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let position = Position::of_number(digits.parse().ok().filter(|_| is_id)?)?;
        match direction {
            "f" => Some(Self::Forward(position)),
            "b" => Some(Self::Backward(position)),
            _ => None,
        }
    }
}

/// An event of a group. It grants nothing: whoever has it asks as anybody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pointer {
    pub(super) group: LogGroupId,
    pub(super) position: Position,
}

impl Pointer {
    /// The pointer as a token.
    pub(super) fn token(self) -> String {
        let mut bytes = [0; 32];
        let (group, position) = bytes.split_at_mut(16);
        group.copy_from_slice(self.group.as_bytes());
        position.copy_from_slice(&self.position.number().to_be_bytes());
        STANDARD_NO_PAD.encode(bytes)
    }

    /// The pointer of a token; nothing if it is none.
    pub(super) fn parse(token: &str) -> Option<Self> {
        let bytes = STANDARD_NO_PAD.decode(token).ok()?;
        let (group, position) = bytes.split_first_chunk::<16>()?;
        let position = Position::of_number(u128::from_be_bytes(position.try_into().ok()?))?;
        Some(Self { group: LogGroupId::from_bytes(*group), position })
    }
}

#[cfg(test)]
mod tests;
