//! The small words that all rules are written with.

use berth_api::Refusal;
use berth_api::ecs::{ContainerDefinition, errors};

/// What a rule says: nothing, or why not.
pub(super) type Checked = Result<(), Refusal>;

/// AWS's refusal of a definition.
pub(super) fn refusal(message: impl Into<String>) -> Refusal {
    errors::client_exception(message)
}

/// Refuses unless something holds. The message is made only when it is needed.
pub(super) fn require<M: Into<String>>(holds: bool, message: impl FnOnce() -> M) -> Checked {
    if holds { Ok(()) } else { Err(refusal(message())) }
}

/// Refuses a value that a container cannot have, in AWS's usual words.
pub(super) fn require_setting(holds: bool, field: &str, container: &ContainerDefinition) -> Checked {
    require(holds, || format!("Invalid '{field}' setting for container '{}'.", name(container)))
}

/// The elements of a list that may be absent.
pub(super) fn all<T>(list: Option<&Vec<T>>) -> &[T] {
    list.map(Vec::as_slice).unwrap_or_default()
}

/// Text that may be absent.
pub(super) fn text(value: Option<&String>) -> &str {
    value.map(String::as_str).unwrap_or_default()
}

/// A container's name; rules about containers run once names are known to be there.
pub(super) fn name(container: &ContainerDefinition) -> &str {
    text(container.name.as_ref())
}

/// A number of digits alone: Rust would also read `+1`.
pub(super) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// 1 to 255 letters, digits, hyphens and underscores.
pub(super) fn is_plain_name(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The first element that stands twice, by what `key` says of it. Lists here are short.
pub(super) fn duplicate<'a, T, K: PartialEq>(list: &'a [T], key: impl Fn(&'a T) -> K) -> Option<&'a T> {
    list.iter().enumerate().find(|(at, one)| list.iter().take(*at).any(|other| key(other) == key(one))).map(|(_, one)| one)
}
