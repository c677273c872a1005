//! Daemons: one task on each instance of their capacity providers.
//!
//! A daemon is a [`Service`](crate::Service), and its task definitions are [`TaskDefinition`](crate::TaskDefinition)s, under names that no
//! caller can give to either: a colon keeps them apart from services and families of the same name.

use crate::Name;

/// What the names begin with that a daemon, a family of its task definitions and the group of its tasks are kept under.
pub const PREFIX: &str = "daemon:";

/// The name that a daemon or a family is kept under.
#[must_use]
pub fn kept(name: &str) -> Name {
    Name::from(format!("{PREFIX}{name}"))
}

/// What callers call a daemon or a family that is kept under a name; none of what is not a daemon's.
#[must_use]
pub fn known_as(kept: &str) -> Option<&str> {
    kept.strip_prefix(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_those_of_services_are_none() {
        assert_eq!(known_as(&kept("watch")), Some("watch"));
        assert_eq!((known_as("watch"), known_as("service:watch")), (None, None));
    }
}
