//! Parsed expressions.

use std::fmt;
use std::sync::Arc;

use regex::bytes::Regex;

use super::comparison::Comparison;
use super::version::Version;

/// An expression of the cluster query language. Cheap to clone: every instance it does not select is told so with it.
#[derive(Clone)]
pub struct Expression(Arc<Parsed>);

struct Parsed {
    source: Box<str>,
    root: Node,
}

impl Expression {
    pub(super) fn new(source: &str, root: Node) -> Self {
        Self(Arc::new(Parsed { source: source.into(), root }))
    }

    /// Its text, as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.source
    }

    /// Whether it asks for nothing that changes with the tasks on an instance.
    #[must_use]
    pub fn is_about_instances_alone(&self) -> bool {
        self.root().is_about_instances_alone()
    }

    pub(super) fn root(&self) -> &Node {
        &self.0.root
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.as_str())
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Two expressions are the same if they are written the same.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Expression {}

pub(super) enum Node {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(Test),
}

impl Node {
    fn is_about_instances_alone(&self) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().all(Self::is_about_instances_alone),
            Self::Not(node) => node.is_about_instances_alone(),
            Self::Test(Test::RunningTasks(..) | Test::Group(_)) => false,
            Self::Test(
                Test::AgentConnected(_)
                | Test::AgentVersion(..)
                | Test::Attribute(..)
                | Test::Ec2InstanceId(_)
                | Test::RegisteredAt(..),
            ) => true,
        }
    }
}

/// A subject with its operator and argument.
pub(super) enum Test {
    AgentConnected(TextTest),
    AgentVersion(Comparison, Version),
    Attribute(Box<str>, AttributeTest),
    Ec2InstanceId(TextTest),
    RegisteredAt(Comparison, i64),
    RunningTasks(Comparison, u32),
    Group(GroupTest),
}

/// What can be asked of an attribute.
pub(super) enum AttributeTest {
    Exists { negated: bool },
    Text(TextTest),
    Order(Comparison, Box<str>),
}

/// What can be asked of the groups of an instance's tasks.
pub(super) enum GroupTest {
    Exists { negated: bool },
    Text(TextTest),
}

pub(super) struct TextTest {
    pub(super) negated: bool,
    pub(super) pattern: TextPattern,
}

pub(super) enum TextPattern {
    /// It is one of these.
    Among(Vec<Box<str>>),
    /// The whole of it matches.
    Matches(Regex),
}

impl TextPattern {
    pub(super) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Among(list) => list.iter().any(|item| **item == *text),
            Self::Matches(regex) => regex.is_match(text.as_bytes()),
        }
    }
}
