use std::borrow::Cow;

use proptest::prelude::*;

use crate::{Decision, OWNER_KEY, Principal, Resource, decide};

fn ask(principal: &Principal, action: &str, owner: Option<&str>) -> bool {
    let context: Vec<(Cow<'static, str>, String)> = owner.map(|owner| (OWNER_KEY.into(), owner.to_owned())).into_iter().collect();
    let resource = Resource { arn: "arn:aws:ecs:us-east-1:000000000000:task/default/1", context: &context };
    decide(principal, action, std::iter::once(resource)) == Decision::Allowed
}

fn node(key_id: &str) -> Principal {
    Principal::Node { key_id: key_id.to_owned() }
}

#[test]
fn root_may_do_anything() {
    assert!(ask(&Principal::Root, "ecs:RunTask", None));
    assert!(ask(&Principal::Root, "ecs:SubmitTaskStateChange", Some("AKIDOTHER")));
}

#[test]
fn node_joins_and_reports_its_own() {
    let node = node("AKIDNODE");
    assert!(ask(&node, "ecs:RegisterContainerInstance", None));
    assert!(ask(&node, "ecs:DiscoverPollEndpoint", Some("AKIDNODE")));
    assert!(ask(&node, "ecs:SubmitTaskStateChange", Some("AKIDNODE")));
    assert!(ask(&node, "sts:GetCallerIdentity", None));
}

#[test]
fn node_writes_logs_and_neither_reads_nor_deletes_them() {
    let node = node("AKIDNODE");
    for action in ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"] {
        assert!(ask(&node, action, None), "{action}");
    }
    for action in
        ["logs:GetLogEvents", "logs:FilterLogEvents", "logs:DescribeLogStreams", "logs:DeleteLogGroup", "logs:DeleteLogStream"]
    {
        assert!(!ask(&node, action, None), "{action}");
    }
}

#[test]
fn node_touches_nothing_of_others() {
    let node = node("AKIDNODE");
    assert!(!ask(&node, "ecs:SubmitTaskStateChange", Some("AKIDOTHER")));
    assert!(!ask(&node, "ecs:SubmitTaskStateChange", None));
    assert!(!ask(&node, "ecs:RegisterContainerInstance", Some("AKIDOTHER")));
    assert!(!ask(&node, "ecs:RunTask", Some("AKIDNODE")));
    assert!(!ask(&node, "ecs:DescribeTasks", Some("AKIDNODE")));
}

#[test]
fn one_foreign_resource_among_many_denies() {
    let own = [(OWNER_KEY.into(), "AKIDNODE".to_owned())];
    let foreign = [(OWNER_KEY.into(), "AKIDOTHER".to_owned())];
    let resources = [Resource { arn: "own", context: &own }, Resource { arn: "foreign", context: &foreign }];
    let decision = decide(&node("AKIDNODE"), "ecs:SubmitTaskStateChange", resources.into_iter());
    assert!(matches!(decision, Decision::Denied { resource, .. } if resource == "foreign"));
}

proptest! {
    #[test]
    fn a_node_never_passes_for_another_owner(action in "[a-z]{2,5}:[A-Za-z]{3,30}", mine in "[A-Z]{16}", theirs in "[A-Z]{16}") {
        prop_assume!(mine != theirs && action != "sts:GetCallerIdentity");
        prop_assert!(!ask(&node(&mine), &action, Some(&theirs)));
    }
}
