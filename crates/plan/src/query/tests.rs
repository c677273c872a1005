use std::collections::BTreeMap;

use berth_model::{ContainerInstance, Name};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{at, attribute, instance};

fn example() -> ContainerInstance {
    ContainerInstance {
        attributes: vec![
            attribute("ecs.instance-type", "t2.small"),
            attribute("ecs.availability-zone", "us-east-1a"),
            attribute("generation", "10"),
            attribute("ssd", ""),
            attribute("shelf", "top left"),
        ],
        ec2_instance_id: Some("i-abcd1234".into()),
        ..instance(1)
    }
}

fn selects_of(text: &str, instance: &ContainerInstance, groups: &[&str]) -> bool {
    let groups: BTreeMap<Name, u32> = groups.iter().map(|&group| (group.into(), 1)).collect();
    let expression = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(expression.as_str(), text);
    evaluate(&expression, &Subject { instance, running: 3, groups: &groups })
}

fn selects(text: &str) -> bool {
    selects_of(text, &example(), &["service:web", "database"])
}

#[track_caller]
fn all_hold(texts: &[&str]) {
    for text in texts {
        assert!(selects(text), "{text}");
    }
}

#[track_caller]
fn none_hold(texts: &[&str]) {
    for text in texts {
        assert!(!selects(text), "{text}");
    }
}

#[track_caller]
fn refused(text: &str, position: usize, words: &str) {
    match parse(text) {
        Ok(_) => panic!("{text} was accepted"),
        Err(e) => assert!(e.position == position && e.message.contains(words), "{text}: {e:?}"),
    }
}

#[test]
fn an_attribute_equals_its_value() {
    all_hold(&[
        "attribute:ecs.instance-type == t2.small",
        "attribute:ecs.instance-type equals t2.small",
        "attribute:ecs.instance-type==t2.small",
        "attribute:ecs.instance-type != t2.large",
        "attribute:ecs.instance-type not_equals t2.large",
        "attribute:shelf == 'top left'",
        "attribute:shelf == \"top left\"",
        "  attribute:shelf\n==\t'top left'  ",
    ]);
    none_hold(&["attribute:ecs.instance-type == t2", "attribute:ecs.instance-type == T2.small", "attribute:shelf == top"]);
}

#[test]
fn an_absent_attribute_meets_no_comparison() {
    none_hold(&[
        "attribute:stack == prod",
        "attribute:stack != prod",
        "attribute:stack not_in [prod]",
        "attribute:stack !~ prod",
        "attribute:stack > 1",
        "attribute:stack exists",
    ]);
    all_hold(&[
        "attribute:stack not_exists",
        "attribute:stack !exists",
        "not attribute:stack == prod",
        "!(attribute:stack exists)",
    ]);
}

#[test]
fn an_attribute_without_a_value_exists() {
    all_hold(&["attribute:ssd exists", "attribute:ssd != yes", "attribute:ssd == ''"]);
    none_hold(&["attribute:ssd !exists", "attribute:ssd == yes"]);
}

#[test]
fn a_list_holds_any_of_its_values() {
    all_hold(&[
        "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]",
        "attribute:ecs.availability-zone in[us-east-1b,us-east-1a]",
        "attribute:ecs.availability-zone not_in [us-east-1b]",
        "attribute:ecs.availability-zone !in [ 'us-east-1b' ]",
        "ec2InstanceId in ['i-abcd1234', 'i-wxyx7890']",
        "task:group in [database, cache]",
    ]);
    none_hold(&["attribute:ecs.availability-zone in [us-east-1]", "task:group !in [database, cache]"]);
}

#[test]
fn a_pattern_matches_the_whole_value() {
    all_hold(&[
        "attribute:ecs.instance-type =~ t2.*",
        "attribute:ecs.instance-type matches [mt]2\\.(small|large)",
        "(attribute:ecs.instance-type =~ (t2|t3).*)",
        "attribute:ecs.instance-type =~ 't2\\.\\w+' && task:group exists",
        "attribute:ecs.instance-type =~ t3.*|t2.*",
        "attribute:ecs.instance-type !~ t2",
        "attribute:ecs.instance-type not_matches small",
        "task:group =~ service:.*",
        "agentConnected =~ t.*",
    ]);
    none_hold(&["attribute:ecs.instance-type =~ t2", "attribute:ecs.instance-type =~ t2|t2.smal", "ec2InstanceId !~ i-.*"]);
}

#[test]
fn numbers_compare_by_what_they_say_and_texts_by_their_characters() {
    all_hold(&[
        "attribute:generation > 9",
        "attribute:generation >= 10",
        "attribute:generation less_than 11",
        "attribute:generation <= 10",
        "attribute:ecs.availability-zone greater_than us-east-1",
        "attribute:ecs.availability-zone less_than_equal us-east-1a",
    ]);
    none_hold(&["attribute:generation > 10", "attribute:generation < 9", "attribute:ecs.availability-zone > us-east-1b"]);
}

#[test]
fn the_agents_version_compares_as_a_version() {
    all_hold(&[
        "agentVersion > 1.14.5",
        "agentVersion == 1.105.1",
        "agentVersion == 1.105.1.0",
        "agentVersion < 1.106",
        "agentVersion != 2",
        "agentVersion greater_than_equal 1.105.1",
    ]);
    none_hold(&["agentVersion < 1.14.5", "agentVersion < 1.105"]);
    let agent = |version: &str| ContainerInstance { agent_version: Some(version.into()), ..instance(1) };
    assert!(selects_of("agentVersion == 0.1", &agent("v0.1.0-dev+abc"), &[]));
    assert!(!selects_of("agentVersion != 0.1", &agent("unknown"), &[]));
}

#[test]
fn built_in_subjects_are_those_of_the_instance() {
    all_hold(&[
        "agentConnected == true",
        "agentConnected != false",
        "ec2InstanceId == i-abcd1234",
        "runningTasksCount == 3",
        "runningTasksCount < 4",
        "not(runningTasksCount >= 4)",
    ]);
    none_hold(&["agentConnected == false", "runningTasksCount != 3"]);
}

#[test]
fn registration_compares_with_dates_and_times() {
    let example = ContainerInstance { registered_at: at(0), ..example() };
    // 1970-01-12T13:46:40Z
    for text in [
        "registeredAt == 1970-01-12T13:46:40Z",
        "registeredAt == 1970-01-12T13:46:40",
        "registeredAt == 1970-01-12T15:46:40+02:00",
        "registeredAt > 1970-01-12",
        "registeredAt < 1970-01-13",
        "registeredAt not_equals 2018-06-18T22:28:28+00:00",
    ] {
        assert!(selects_of(text, &example, &[]), "{text}");
    }
    assert!(selects_of(
        "registeredAt == 1970-01-12T13:46:40Z",
        &ContainerInstance { registered_at: at(0) + std::time::Duration::from_millis(999), ..example },
        &[]
    ));
}

#[test]
fn a_group_is_there_if_one_of_its_tasks_is() {
    all_hold(&[
        "task:group == service:web",
        "task:group == database",
        "task:group != cache",
        "not(task:group == cache)",
        "task:group exists",
    ]);
    none_hold(&["task:group != database", "not(task:group == database)", "task:group == web"]);
    for text in ["task:group != database", "task:group !~ .*", "task:group !exists", "task:group !in [a]"] {
        assert!(selects_of(text, &example(), &[]), "{text}");
    }
}

#[test]
fn not_binds_before_and_and_and_before_or() {
    let t = "runningTasksCount == 3";
    let f = "runningTasksCount == 4";
    for (text, holds) in [
        (format!("{t} or {f} and {f}"), true),
        (format!("({t} or {f}) and {f}"), false),
        (format!("not {f} and {t}"), true),
        (format!("not ({t} and {f})"), true),
        (format!("!{f} && !!{t}"), true),
        (format!("{f} || {f} || {t}"), true),
        (format!("{f}||{t}&&{t}"), true),
        (format!("not not not {t}"), false),
    ] {
        assert_eq!(selects(&text), holds, "{text}");
    }
}

#[test]
fn a_mistake_is_told_with_its_place() {
    refused("", 0, "a subject");
    refused("   ", 3, "a subject");
    refused("stack == prod", 0, "`stack` is no subject");
    refused("attribute: == prod", 10, "attribute's name");
    refused("attribute:stack", 15, "an operator");
    refused("attribute:stack = prod", 16, "an operator");
    refused("attribute:stack == ", 19, "a value");
    refused("attribute:stack == prod and", 27, "a subject");
    refused("attribute:stack == prod attribute:a == b", 24, "`and`, `or` or the end");
    refused("attribute:stack == prod andalso", 24, "`and`, `or` or the end");
    refused("(attribute:stack == prod", 24, "`)`");
    refused("attribute:stack == prod)", 23, "the end");
    refused("attribute:stack in prod", 19, "a list");
    refused("attribute:stack in []", 20, "a value");
    refused("attribute:stack in [a b]", 22, "`,` or `]`");
    refused("attribute:stack in [a,", 22, "a value");
    refused("attribute:stack !matches a", 16, "an operator");
}

#[test]
fn an_operator_must_suit_its_subject() {
    refused("agentVersion =~ 1.*", 13, "cannot be used with `agentVersion`");
    refused("runningTasksCount in [1]", 18, "cannot be used");
    refused("registeredAt exists", 13, "cannot be used");
    refused("agentConnected > false", 15, "cannot be used");
    refused("ec2InstanceId exists", 14, "cannot be used");
    refused("task:group < a", 11, "cannot be used");
}

#[test]
fn an_argument_must_suit_its_subject() {
    refused("agentVersion > new", 15, "a version");
    refused("runningTasksCount == -1", 21, "a number of tasks");
    refused("registeredAt > yesterday", 15, "a date");
    refused("registeredAt > 2018-13-01", 15, "a date");
    refused("attribute:a == 'b", 15, "never closed");
    refused("attribute:a =~ b)c", 16, "the end");
    refused("attribute:a =~ 'b)(?:c'", 15, "not a pattern");
    refused("attribute:a =~ (b", 15, "not a pattern");
    refused("attribute:a =~ [a-z]{1000}{1000}", 15, "too complex");
    refused("attribute:ü == 'ü", 15, "never closed");
}

#[test]
fn limits_hold() {
    let long = |length: usize| format!("attribute:a == {}", "b".repeat(length - 15));
    assert!(parse(&long(2_000)).is_ok());
    refused(&long(2_001), 2_000, "at most 2000 characters");
    let deep = |depth: usize| format!("{}attribute:a exists{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&deep(32)).is_ok());
    refused(&deep(33), 33, "at most 32 deep");
    refused(&"!".repeat(500), 33, "at most 32 deep");
    let list = |length: usize| format!("attribute:a in [{}]", vec!["b"; length].join(","));
    assert!(parse(&list(100)).is_ok());
    refused(&list(101), 216, "at most 100 values");
}

/// Texts that look like expressions, to get far into the parser.
fn nearly() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "attribute:a",
        "attribute:",
        "task:group",
        "agentVersion",
        "registeredAt",
        "runningTasksCount",
        "agentConnected",
        "ec2InstanceId",
        "==",
        "!=",
        "=~",
        "!~",
        "<",
        ">=",
        "in",
        "!in",
        "exists",
        "!exists",
        "not",
        "!",
        "and",
        "&&",
        "or",
        "||",
        "(",
        ")",
        "[",
        "]",
        ",",
        "'",
        "\"",
        "1.2",
        "2018-06-18",
        "a.*",
        "[a-c]+",
        "(?i)x",
        "ü",
        " ",
        "\u{3000}",
        "3",
    ]);
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

fn never_panics(text: &str) {
    match parse(text) {
        Ok(expression) => {
            let groups: BTreeMap<Name, u32> = BTreeMap::new();
            let _ = evaluate(&expression, &Subject { instance: &example(), running: 0, groups: &groups });
        }
        Err(e) => assert!(e.position <= text.chars().count() && !e.message.is_empty(), "{text}: {e:?}"),
    }
}

proptest! {
    #[test]
    fn any_text_is_an_expression_or_refused(text in any::<String>()) {
        never_panics(&text);
    }

    #[test]
    fn nearly_an_expression_is_one_or_refused(text in nearly()) {
        never_panics(&text);
        never_panics(&text.replace(' ', "  "));
    }

    #[test]
    fn not_turns_every_answer_round(value in "[a-z0-9]{1,8}", other in "[a-z0-9]{1,8}") {
        let instance = ContainerInstance { attributes: vec![attribute("a", &value)], ..instance(1) };
        let is = |text: String| selects_of(&text, &instance, &[]);
        prop_assert_eq!(is(format!("attribute:a == {other}")), value == other);
        prop_assert_eq!(is(format!("attribute:a != {other}")), value != other);
        prop_assert_eq!(is(format!("attribute:a in [x y, {other}]").replace("x y", "'x y'")), value == other);
        prop_assert_eq!(is(format!("not attribute:a == {other}")), value != other);
        prop_assert_ne!(is(format!("attribute:a < {other}")), is(format!("attribute:a >= {other}")));
        prop_assert_ne!(is(format!("attribute:a > {other}")), is(format!("attribute:a <= {other}")));
    }
}
