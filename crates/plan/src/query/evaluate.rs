//! What an expression says of an instance.

use std::cmp::Ordering;

use berth_model::{Attribute, Timestamp};

use super::Subject;
use super::expression::{AttributeTest, Expression, GroupTest, Node, Test, TextPattern, TextTest};
use super::version::Version;

/// Whether the expression selects the instance.
#[must_use]
pub fn evaluate(expression: &Expression, subject: &Subject<'_>) -> bool {
    node(expression.root(), subject)
}

fn node(of: &Node, subject: &Subject<'_>) -> bool {
    match of {
        Node::All(nodes) => nodes.iter().all(|of| node(of, subject)),
        Node::Any(nodes) => nodes.iter().any(|of| node(of, subject)),
        Node::Not(of) => !node(of, subject),
        Node::Test(of) => test(of, subject),
    }
}

fn test(of: &Test, subject: &Subject<'_>) -> bool {
    let instance = subject.instance;
    match of {
        Test::AgentConnected(test) => text(test, Some(if instance.agent_connected { "true" } else { "false" })),
        Test::AgentVersion(comparison, wanted) => {
            let version = instance.agent_version.as_deref().and_then(Version::of_agent);
            version.is_some_and(|version| comparison.holds(version.compare(wanted)))
        }
        Test::Attribute(name, test) => attribute(test, instance.attributes.iter().find(|a| *a.name == **name)),
        Test::Ec2InstanceId(test) => text(test, instance.ec2_instance_id.as_deref()),
        Test::RegisteredAt(comparison, wanted) => comparison.holds(seconds(instance.registered_at).cmp(wanted)),
        Test::RunningTasks(comparison, wanted) => comparison.holds(subject.running.cmp(wanted)),
        Test::Group(GroupTest::Exists { negated }) => subject.groups.any(&mut |_| true) != *negated,
        Test::Group(GroupTest::Text(test)) => group(&test.pattern, subject) != test.negated,
    }
}

fn attribute(test: &AttributeTest, attribute: Option<&Attribute>) -> bool {
    let value = attribute.map(|attribute| attribute.value.as_deref().unwrap_or_default());
    match test {
        AttributeTest::Exists { negated } => value.is_some() != *negated,
        AttributeTest::Text(test) => text(test, value),
        AttributeTest::Order(comparison, wanted) => value.is_some_and(|value| comparison.holds(order(value, wanted))),
    }
}

fn text(test: &TextTest, value: Option<&str>) -> bool {
    value.is_some_and(|value| test.pattern.fits(value) != test.negated)
}

fn group(pattern: &TextPattern, subject: &Subject<'_>) -> bool {
    match pattern {
        TextPattern::Among(list) => list.iter().any(|group| subject.groups.count(group) > 0),
        TextPattern::Matches(_) => subject.groups.any(&mut |group| pattern.fits(group)),
    }
}

/// Numbers, also with dots, by what they say; other values by their characters.
fn order(value: &str, wanted: &str) -> Ordering {
    match (Version::parse(value), Version::parse(wanted)) {
        (Some(value), Some(wanted)) => value.compare(&wanted),
        _ => value.cmp(wanted),
    }
}

fn seconds(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1_000)
}
