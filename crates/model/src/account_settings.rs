//! The record of the settings that a principal has chosen.

use minicbor::{Decode, Encode};

use crate::{Name, Region};

/// What a principal of the account has set; those of root are everybody's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AccountSettings {
    /// Where they hold.
    #[n(0)]
    pub region: Region,
    /// The principal, by ARN.
    #[n(1)]
    pub principal: Box<str>,
    /// Values by name, such as `containerInsights`; each name once.
    #[n(2)]
    pub values: Vec<(Name, Box<str>)>,
}
