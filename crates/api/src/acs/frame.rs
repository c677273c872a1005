//! The envelope of every message: `{"type": NAME, "message": {..}}`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Why a frame is no message.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// It is no JSON, or without a type.
    #[error("reading a frame's envelope: {0}")]
    Envelope(#[source] serde_json::Error),
    /// No message of this direction has the type: to be dropped, as agents drop it.
    #[error("a frame of unknown type {0:?}")]
    UnknownType(String),
    /// The message is not what its type says.
    #[error("reading a {kind}: {cause}")]
    Message {
        /// The type.
        kind: &'static str,
        /// What is wrong.
        #[source]
        cause: serde_json::Error,
    },
}

/// An envelope as it is read: the message waits until its type is known.
#[derive(Deserialize)]
pub(super) struct Sealed<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

impl<'a> Sealed<'a> {
    pub(super) fn read(frame: &'a str) -> Result<Self, FrameError> {
        serde_json::from_str(frame).map_err(FrameError::Envelope)
    }

    pub(super) fn open<T: Deserialize<'a>>(self, kind: &'static str) -> Result<T, FrameError> {
        let message = self.message.map_or("{}", RawValue::get);
        serde_json::from_str(message).map_err(|cause| FrameError::Message { kind, cause })
    }

    /// The type as an error may show it: the other side chose it.
    pub(super) fn shown(&self) -> String {
        self.kind.chars().take(64).collect()
    }
}

/// Writes a message in its envelope.
pub(super) fn seal<T: Serialize>(kind: &'static str, message: &T) -> String {
    #[derive(Serialize)]
    struct Envelope<'a, T> {
        r#type: &'static str,
        message: &'a T,
    }
    // The shapes have text keys and nothing that refuses to be written.
    serde_json::to_string(&Envelope { r#type: kind, message }).unwrap_or_default()
}

/// Defines the messages of one direction, their types, and how they are read and written.
macro_rules! messages {
    ($(#[$doc:meta])* $name:ident { $($(#[$message_doc:meta])* $message:ident($shape:ty) = $kind:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $($(#[$message_doc])* $message($shape),)*
        }

        impl $name {
            /// The message's type.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$message(_) => $kind,)*
                }
            }

            /// Reads a frame.
            ///
            /// # Errors
            /// It is no message of this direction.
            pub fn read(frame: &str) -> Result<Self, crate::acs::FrameError> {
                let sealed = crate::acs::frame::Sealed::read(frame)?;
                match &*sealed.kind {
                    $($kind => sealed.open($kind).map(Self::$message),)*
                    _ => Err(crate::acs::FrameError::UnknownType(sealed.shown())),
                }
            }

            /// The message as a frame.
            #[must_use]
            pub fn write(&self) -> String {
                match self {
                    $(Self::$message(message) => crate::acs::frame::seal($kind, message),)*
                }
            }
        }
    };
}

pub(super) use messages;
