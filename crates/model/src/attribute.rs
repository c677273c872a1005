//! Attributes of instances and the constraints that ask for them.

use minicbor::{Decode, Encode};

use crate::Name;

/// A property of an instance, or one a task definition demands of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Attribute {
    /// Such as `ecs.availability-zone`.
    #[n(0)]
    pub name: Name,
    /// Its value, if it has one.
    #[n(1)]
    pub value: Option<Name>,
}

/// A rule about where a task may go.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Constraint {
    /// The kind of rule.
    #[n(0)]
    pub kind: ConstraintKind,
    /// The cluster query language expression of a `memberOf`.
    #[n(1)]
    pub expression: Option<Box<str>>,
}

/// The kinds of placement rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ConstraintKind {
    /// Only on instances the expression selects.
    #[n(0)]
    MemberOf,
    /// No two tasks of the group on one instance.
    #[n(1)]
    DistinctInstance,
}

impl ConstraintKind {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MemberOf => "memberOf",
            Self::DistinctInstance => "distinctInstance",
        }
    }
}
