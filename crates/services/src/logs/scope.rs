//! Where a call takes place, and what the names in it mean there.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal};
use berth_model::{AccountId, Name, Region, Timestamp};

/// The region, account and time of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    pub(super) region: Region,
    pub(super) account: AccountId,
    pub(super) now: Timestamp,
}

impl Scope {
    /// The scope of a call.
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        let region =
            Region::new(&call.region).map_err(|cause| errors::invalid_parameter_exception("Invalid Region.").because(cause))?;
        let account = call.account.parse().map_err(|cause| Refusal::internal(&api::SERVICE, Box::new(cause)))?;
        Ok(Self { region, account, now: Timestamp::from_millis(call.received_at.0) })
    }

    /// The full name of a group, as parameters take it.
    pub(super) fn group_arn(self, group: &str) -> String {
        format!("arn:aws:logs:{}:{}:log-group:{group}", self.region, self.account)
    }

    /// The full name of a stream. With an empty name it is what AWS checks policies on for calls that touch a group: a policy
    /// for `log-group:NAME:*` covers it.
    pub(super) fn stream_arn(self, group: &str, stream: &str) -> String {
        format!("{}:log-stream:{stream}", self.group_arn(group))
    }

    /// The group that a call names: by name, or by a name or ARN.
    pub(super) fn group(self, name: Option<&str>, identifier: Option<&str>) -> Result<Name, Refusal> {
        match (name, identifier) {
            (Some(_), Some(_)) => {
                Err(errors::validation_exception("LogGroup name and LogGroup ARN are mutually exclusive parameters."))
            }
            (Some(name), None) => Ok(Name::new(name)),
            (None, Some(identifier)) => self.identified(identifier),
            (None, None) => Err(errors::validation_exception("Either LogGroup name or LogGroup ARN must be specified.")),
        }
    }

    /// The group that an identifier names, which is a name or an ARN of this account and region.
    pub(super) fn identified(self, identifier: &str) -> Result<Name, Refusal> {
        let invalid = || errors::invalid_parameter_exception(format!("Invalid logGroupIdentifier: {identifier}"));
        let Some(arn) = identifier.strip_prefix("arn:") else {
            return if is_group_name(identifier) { Ok(Name::new(identifier)) } else { Err(invalid()) };
        };
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        match parts.as_slice() {
            ["aws", "logs", region, account, "log-group", group] if is_group_name(group) => {
                if *region != self.region.as_str() || account.parse() != Ok(self.account) {
                    return Err(super::failure::no_group());
                }
                Ok(Name::new(group))
            }
            _ => Err(invalid()),
        }
    }
}

/// What the constraint on a parameter that can only be a name says.
fn is_group_name(text: &str) -> bool {
    (1..=512).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte))
}

#[cfg(test)]
mod tests;
