use proptest::prelude::*;

use super::*;

fn pattern() -> impl Strategy<Value = String> {
    let signs = proptest::sample::select(vec![
        "{", "}", "[", "]", "(", ")", "$", ".a", ".b", "[0]", "[*]", "=", "!=", "<", ">=", " ", ",", "...", "&&", "||", "\"",
        "%", "\\", "*", "IS", "NULL", "NOT", "EXISTS", "x", "1", "-2.5e3", "?", "-", "ä", "\\d", "{1,3}", "^",
    ]);
    prop_oneof![
        ".{0,30}",
        proptest::collection::vec(signs.clone(), 0..20).prop_map(|parts| parts.concat()),
        proptest::collection::vec(signs.clone(), 0..12).prop_map(|parts| format!("{{ $.a {} }}", parts.join(" "))),
        proptest::collection::vec(signs, 0..12).prop_map(|parts| format!("[{}]", parts.concat())),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        r#"\{"a": ?(1|"x"|null|true|\[1, \{"b": 2\}\]|\{"b": "y"\})\}"#,
        r#"([a-z0-9]{1,3}|\[[a-z ]{0,5}\]|"[a-z ]{0,5}"?)( [a-z0-9"\[\]]{1,4}){0,5}"#,
    ]
}

proptest! {
    #[test]
    fn no_pattern_and_no_text_does_harm(pattern in pattern(), text in text()) {
        if let Ok(pattern) = pattern.parse::<Pattern>() {
            prop_assert_eq!(pattern.matches(&text), pattern.extract(&text).is_some());
        }
    }

    #[test]
    fn a_phrase_is_found_where_it_is(before in ".{0,10}", phrase in ".{1,10}", after in ".{0,10}") {
        let quoted = format!("\"{}\"", phrase.replace('\\', "\\\\").replace('"', "\\\""));
        let text = format!("{before}{phrase}{after}");
        prop_assert!(quoted.parse::<Pattern>().unwrap().matches(&text));
        let excluded = format!("-{quoted}").parse::<Pattern>().unwrap();
        prop_assert!(!excluded.matches(&text));
    }

    #[test]
    fn a_condition_and_its_opposite_differ_where_the_field_is(value in -1000..1000i32, wanted in -1000..1000i32) {
        let object = format!("{{\"a\": {value}}}");
        let holds = |operator: &str| format!("{{ $.a {operator} {wanted} }}").parse::<Pattern>().unwrap().matches(&object);
        prop_assert_eq!(holds("="), value == wanted);
        prop_assert_eq!(holds("!="), value != wanted);
        prop_assert_eq!(holds("<"), value < wanted);
        prop_assert_eq!(holds(">="), value >= wanted);
    }

    #[test]
    fn as_many_fields_as_words_match(words in proptest::collection::vec("[a-z0-9]{1,5}", 1..8)) {
        let text = words.join("  ");
        let names: Vec<String> = (0..words.len()).map(|place| format!("w{place}")).collect();
        let pattern = format!("[{}]", names.join(", "));
        let values = pattern.parse::<Pattern>().unwrap().extract(&text).unwrap();
        prop_assert_eq!(values.len(), words.len());
        let fewer = format!("[{}, one_more]", names.join(","));
        prop_assert!(!fewer.parse::<Pattern>().unwrap().matches(&text));
    }
}
