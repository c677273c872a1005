//! Which capabilities a container has.

use std::collections::BTreeSet;

use berth_api::acs::docker::HostConfig;
use berth_model::CAPABILITIES;
use berth_runtime::Capability;

use super::error::FieldError;

const ALL: &str = "ALL";

/// Docker's rule: `ALL` added is all but what is dropped, `ALL` dropped is what is added and nothing else; otherwise what is dropped
/// goes from the default, and what is added comes on top.
pub(super) fn of(host: &HostConfig) -> Result<BTreeSet<Capability>, FieldError> {
    let added = names("linuxParameters.capabilities.add", &host.cap_add)?;
    let dropped = names("linuxParameters.capabilities.drop", &host.cap_drop)?;
    let kept = |from: &[&'static str]| -> BTreeSet<&'static str> {
        from.iter().copied().filter(|name| !dropped.contains(name)).collect()
    };
    let set = if added.contains(ALL) {
        kept(&CAPABILITIES)
    } else if dropped.contains(ALL) {
        added
    } else {
        &kept(&Capability::DEFAULT) | &added
    };
    Ok(set.into_iter().map(|name| Capability(name.to_owned())).collect())
}

fn names(field: &'static str, given: &[String]) -> Result<BTreeSet<&'static str>, FieldError> {
    let known = |given: &String| {
        let upper = given.to_ascii_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
        let found = std::iter::once(&ALL).chain(&CAPABILITIES).find(|known| **known == name);
        found.copied().ok_or_else(|| FieldError::new(field, format!("there is no capability {given}")))
    };
    given.iter().map(known).collect()
}
