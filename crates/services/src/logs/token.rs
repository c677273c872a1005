//! Event ids and the tokens of `GetLogEvents`: positions, in 56 digits as AWS has them.

use berth_model::Timestamp;
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

#[cfg(test)]
mod tests;
