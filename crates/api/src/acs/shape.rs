//! What all shapes of the protocol have in common.

use serde::{Deserialize, Deserializer};

/// Defines structures whose members may all be absent, and are left out where they are at their default.
macro_rules! shapes {
    ($case:literal $($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = $case, default)]
        pub struct $name {$(
            $(#[$member_doc])*
            #[serde(skip_serializing_if = "crate::acs::shape::is_default", deserialize_with = "crate::acs::shape::or_default")]
            pub $member: $type,
        )*}
    )*};
}

/// Defines an enum of texts; one that is not listed is kept.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $($(#[$word_doc])* $word,)*
            /// Another one.
            Unlisted(String),
        }

        impl $name {
            /// The text on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => $text,)*
                    Self::Unlisted(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$word,)*
                    _ => Self::Unlisted(text),
                }
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }
    };
}

pub(in crate::acs) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Null says as much as nothing.
pub(in crate::acs) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
