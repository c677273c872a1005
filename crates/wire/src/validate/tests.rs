use super::*;
use crate::missing::Missing;
use crate::schema::Member;
use crate::shape::{Sensitive, Shape, Timestamp};
use crate::test_shapes::{Color, Tag, WHOLE, Whole};

static PLACE: Member = Member::new("Whole", &WHOLE);

fn check(whole: &Whole) -> String {
    message(&violations(&PLACE, &Missing::default(), &|at, to| whole.write(at, to)))
}

fn tag(key: &str) -> Tag {
    Tag { key: key.to_owned(), value: None }
}

#[test]
fn values_within_their_limits_have_no_violations() {
    let whole = Whole {
        port: Some(65_535),
        color: Some(Color::Green),
        tags: Some(vec![tag(&"ä".repeat(128).replace('ä', "a"))]),
        keys: Some(vec!["a".into(), "b".into(), "c".into()]),
        labels: Some([("k".to_owned(), String::new())].into()),
        secret: Some(Sensitive::new("long enough".into())),
        at: Some(Timestamp(0)),
        flag: Some(true),
        ..Whole::default()
    };
    assert_eq!(violations(&PLACE, &Missing::default(), &|at, to| whole.write(at, to)), []);
}

#[test]
fn one_violation_is_told_in_awss_words() {
    let cases = [
        (
            Whole { port: Some(0), ..Whole::default() },
            "Value '0' at 'port' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            Whole { port: Some(65_536), ..Whole::default() },
            "Value '65536' at 'port' failed to satisfy constraint: Member must have value less than or equal to 65535",
        ),
        (
            Whole { color: Some(Color::Unknown("BLUE".into())), ..Whole::default() },
            "Value 'BLUE' at 'color' failed to satisfy constraint: Member must satisfy enum value set: [RED, GREEN]",
        ),
        (
            Whole { tags: Some(vec![tag("a"), tag("b c")]), ..Whole::default() },
            r"Value 'b c' at 'tagList.2.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w]+",
        ),
        (
            Whole { keys: Some(["a", "b", "c", "d"].map(str::to_owned).to_vec()), ..Whole::default() },
            "Value '[a, b, c, d]' at 'keys' failed to satisfy constraint: Member must have length less than or equal to 3",
        ),
        (
            Whole { keys: Some(["a", "b c"].map(str::to_owned).to_vec()), ..Whole::default() },
            r"Value '[a, b c]' at 'keys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\w]+]",
        ),
        (
            Whole { labels: Some([("b c".to_owned(), "v".to_owned())].into()), ..Whole::default() },
            r"Value '{b c=v}' at 'labels' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\w]+]",
        ),
        (
            Whole { secret: Some(Sensitive::new("short".into())), ..Whole::default() },
            "Value at 'secret' failed to satisfy constraint: Member must have length greater than or equal to 8",
        ),
    ];
    for (whole, expected) in cases {
        assert_eq!(check(&whole), format!("1 validation error detected: {expected}"));
    }
}

#[test]
fn several_violations_are_told_in_document_order() {
    let inner = Whole { port: Some(-1), ..Whole::default() };
    let whole = Whole { tags: Some(vec![tag("")]), wholes: Some(vec![inner]), ..Whole::default() };
    let expected = "3 validation errors detected: \
        Value '' at 'tagList.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; \
        Value '' at 'tagList.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w]+; \
        Value '-1' at 'wholes.1.member.port' failed to satisfy constraint: Member must have value greater than or equal to 1";
    assert_eq!(check(&whole), expected);
}

#[test]
fn absent_required_members_are_null_and_their_defaults_are_not_judged() {
    let mut reader = crate::json::JsonReader::new(br#"{"Tags": [{}, {"Key": "a"}, {"Key": "!"}]}"#);
    let whole = Whole::read(&PLACE, &mut reader).unwrap();
    let missing = reader.finish().unwrap();
    let found = violations(&PLACE, &missing, &|at, to| whole.write(at, to));
    let expected = "3 validation errors detected: \
        Value null at 'name' failed to satisfy constraint: Member must not be null; \
        Value null at 'tagList.1.member.key' failed to satisfy constraint: Member must not be null; \
        Value '!' at 'tagList.3.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w]+";
    assert_eq!(message(&found), expected);
}

#[test]
fn required_members_that_a_shape_does_not_write_are_null() {
    let found = violations(&PLACE, &Missing::default(), &|at, to| to.structure(at, &mut |_| {}));
    let expected = "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null";
    assert_eq!(message(&found), expected);
}

#[test]
fn long_values_and_many_violations_are_cut() {
    let whole = Whole { tags: Some(vec![tag(&"x".repeat(10_000)); 100]), ..Whole::default() };
    let found = violations(&PLACE, &Missing::default(), &|at, to| whole.write(at, to));
    assert_eq!(found.len(), 50);
    assert!(message(&found).len() < 50 * 500);
    let whole = Whole { keys: Some(vec!["y".repeat(10_000); 100]), ..Whole::default() };
    assert!(check(&whole).len() < 2000);
}

#[test]
fn patterns_of_java_are_understood() {
    let cases = [
        (r"[\w+=,.@-]+", "a_1+=,.@-", "ä"),
        (r"^[a-z]+$", "abc", "abc\n"),
        (r"a|b", "b", "ab"),
        (r"\d{12}", "123456789012", "١٢٣٤٥٦٧٨٩٠١٢"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "a😀\n", "\u{1}"),
        (r"\p{Print}+", "a b~", "ä"),
        (r"[^\p{Cntrl}]*", "a", "\u{7}"),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}", "ä 1٢", "#"),
        (r"[\w-.]+", "a-.b", "a/b"),
        (r"[a-zA-Z0-9-_]+", "a-_", "a "),
        (r"[\s\S]*", "a\nä", ""),
        (r"(?i)all|[0-9]{12}", "ALL", "al"),
        (r"\/a\_b\:", "/a_b:", "a"),
    ];
    for (pattern, yes, no) in cases {
        let compiled = compile_pattern(pattern).unwrap_or_else(|error| panic!("{error}"));
        assert!(compiled.is_match(yes), "{pattern} {yes:?}");
        assert!(no.is_empty() || !compiled.is_match(no), "{pattern} {no:?}");
    }
}

#[test]
fn patterns_that_look_around_or_back_are_refused() {
    for pattern in [r"(?!arn:).+", r"(a)\1", r"[\uD800]", r"(", r"\"] {
        assert_eq!(compile_pattern(pattern).unwrap_err().pattern, pattern);
    }
    assert!(!pattern::matches("(?!arn:).+", "x"));
}
