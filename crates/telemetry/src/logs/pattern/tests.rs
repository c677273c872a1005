use proptest::prelude::*;

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    pattern.parse::<Pattern>().unwrap().matches(text)
}

#[test]
fn terms_must_all_occur() {
    assert!(matches("", "anything"));
    assert!(matches("  ", ""));
    assert!(matches("ERROR", "[ERROR 400] BAD REQUEST"));
    assert!(matches("ERROR", "Exiting with ERRORCODE: -1"));
    assert!(!matches("ERROR", "[error 400]"));
    assert!(matches("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"));
    assert!(!matches("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST"));
    assert!(matches("über_1 x", "x über_1"));
}

#[test]
fn phrases_stand_in_quotes() {
    assert!(matches(r#""INTERNAL SERVER ERROR""#, "[ERROR 500] INTERNAL SERVER ERROR"));
    assert!(!matches(r#""INTERNAL SERVER ERROR""#, "SERVER INTERNAL ERROR"));
    assert!(matches(r#""[ERROR" "a \"b\" \\c""#, r#"[ERROR] a "b" \c"#));
}

#[test]
fn excluded_terms_must_not_occur() {
    assert!(matches("ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST"));
    assert!(!matches("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"));
    assert!(!matches(r#"-"BAD REQUEST""#, "[ERROR 400] BAD REQUEST"));
}

#[test]
fn one_optional_term_is_enough_and_optional_terms_count_only_alone() {
    assert!(matches("?ERROR ?WARN", "[WARN] disk"));
    assert!(!matches("?ERROR ?WARN", "[INFO] disk"));
    assert!(matches("REQUEST ?ERROR", "a REQUEST"));
}

#[test]
fn other_syntax_is_refused_by_name() {
    let why = |pattern: &str| pattern.parse::<Pattern>().unwrap_err();
    assert_eq!(why("{ $.level = \"ERROR\" }"), PatternError::Json);
    assert_eq!(why("[ip, user, status = 4*]"), PatternError::Fields);
    assert_eq!(why("%AUTHORI[SZ]ED%"), PatternError::Regex);
    assert_eq!(why("Key:"), PatternError::Characters(":".to_owned()));
    assert_eq!(why("a ?"), PatternError::Characters(String::new()));
    assert_eq!(why(r#""""#), PatternError::Characters("\"\"".to_owned()));
    assert_eq!(why("\"open"), PatternError::Unterminated);
    assert_eq!(why("Key:").to_string(), "Invalid character(s) in term ':'");
}

proptest! {
    #[test]
    fn any_text_is_a_pattern_or_not(pattern in ".{0,40}", text in ".{0,40}") {
        if let Ok(pattern) = pattern.parse::<Pattern>() {
            let _ = pattern.matches(&text);
        }
    }

    #[test]
    fn quoted_text_matches_what_contains_it(text in ".{1,20}", around in ".{0,10}") {
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let around = format!("{around}{text}{around}");
        prop_assert!(matches(&quoted, &around));
        let excluded = format!("-{quoted}");
        prop_assert!(!matches(&excluded, &around));
    }
}
