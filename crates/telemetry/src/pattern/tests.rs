use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    pattern.parse::<Pattern>().unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(text)
}

fn error(pattern: &str) -> PatternError {
    pattern.parse::<Pattern>().map(|_| pattern).unwrap_err()
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
fn regular_expressions_stand_between_percent_signs() {
    for (pattern, text, expected) in [
        ("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true),
        ("%^[hc]at%", "the hat", false),
        ("%^[hc]at%", "cat", true),
        ("%[hc]at$%", "the hat", true),
        ("%colou?r%", "color", true),
        ("%^a{3,5}$%", "aaaa", true),
        ("%^a{3,5}$%", "aa", false),
        ("%gra|ey%", "grey", true),
        (r"%10\.10\.0\.1%", "at 10.10.0.1", true),
        (r"%10\.10\.0\.1%", "at 10.1000.1", false),
        (r"%^\w+\s\d{3}$%", "abc 404", true),
        (r"%\x41\%%", "A%", true),
        (r"%[\d-]+x%", "1-2x", true),
        (r"%[+--]x%", "+x", true),
        (r"%^\d$%", "٣", false),
        ("-%4[0-9]{2}%", "500", true),
        ("?%4[0-9]{2}% ?down", "is 404", true),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn json_fields_are_compared() {
    let text = r#"{"eventType": "UpdateTrail", "sourceIPAddress": "123.123.7.9", "arrayKey": ["value", "other"],
        "objectList": [{"name": "a", "flag": true}, {"name": "b", "id": 2}], "n": -12.5, "code": 404, "spelled": "404",
        "SomeObject": null, "ThisFlag": true, "a.b": {"c-d": 1}, "text": "x \"y\" z"}"#;
    for (pattern, expected) in [
        (r#"{ $.eventType = "UpdateTrail" }"#, true),
        (r#"{$.eventType=UpdateTrail}"#, true),
        (r#"{ $.eventType = "updateTrail" }"#, false),
        (r#"{ $.eventType != "UpdateTrail" }"#, false),
        (r#"{ $.sourceIPAddress != 123.123.* }"#, false),
        (r#"{ $.sourceIPAddress = "123.*.9" }"#, true),
        (r#"{ $.arrayKey[0] = "value" }"#, true),
        (r#"{ $.arrayKey[1] = "value" }"#, false),
        (r#"{ $.arrayKey[*] = "other" }"#, true),
        (r#"{ $.eventType[0] = "value" }"#, false),
        (r#"{ $.objectList[1].id = 2 }"#, true),
        (r#"{ $.objectList[*].id > 1 }"#, true),
        (r#"{ $.SomeObject IS NULL }"#, true),
        (r#"{ $.eventType IS NULL }"#, false),
        (r#"{ $.SomeOtherObject NOT EXISTS }"#, true),
        (r#"{ $.SomeObject not exists }"#, false),
        (r#"{ $.ThisFlag IS TRUE }"#, true),
        (r#"{ $.ThisFlag IS FALSE }"#, false),
        (r#"{ $.objectList[*].flag IS TRUE }"#, true),
        (r#"{ $.n < -12 && $.n >= -1.25e1 }"#, true),
        (r#"{ $.n > 0 }"#, false),
        (r#"{ $.code = 404 }"#, true),
        (r#"{ $.code = 4* }"#, true),
        (r#"{ $.code = "404" }"#, true),
        (r#"{ $.code != 4.04e2 }"#, false),
        (r#"{ $.spelled = 404 }"#, true),
        (r#"{ $.missing = "x" }"#, false),
        (r#"{ $.missing != "x" }"#, false),
        (r#"{ $.eventType = * }"#, true),
        (r#"{ $.missing = * }"#, false),
        (r#"{ $.eventType = %^Update% }"#, true),
        (r#"{ $.eventType = %^Delete% }"#, false),
        (r#"{ $.['a.b'].c-d = 1 }"#, true),
        (r#"{ $["a.b"]["c-d"] = 1 }"#, true),
        (r#"{ $.text = "x \"y\" z" }"#, true),
        (r#"{ ($.code = 1 || $.code = 404) && $.eventType = "*Trail" }"#, true),
        (r#"{ $.code = 1 || $.code = 404 && $.n > 0 }"#, false),
        (r#"{ $.code = 404 || $.code = 1 && $.n > 0 }"#, true),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern}");
    }
}

#[test]
fn json_patterns_match_objects_alone() {
    for text in ["", "text", "[1]", "\"a\"", "{\"a\": 1", "7"] {
        assert!(!matches("{ $.a NOT EXISTS }", text), "{text}");
    }
    assert!(matches("{ $.a NOT EXISTS }", "  {}"));
}

const ACCESS: &str = r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;

#[test]
fn fields_between_spaces_are_compared() {
    for (pattern, expected) in [
        ("[ip, user, username, timestamp, request, status_code, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code]", false),
        ("[ip, user, username, timestamp, request, status_code, bytes, more]", false),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", true),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 5*, bytes]", false),
        ("[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", true),
        ("[..., status_code = 4*, bytes]", true),
        ("[..., status = 4* || status = 5*, bytes > 1000]", true),
        ("[..., (status = 1 || status = 404) && status != 405, bytes > 1000]", true),
        ("[..., bytes < 1000]", false),
        ("[ip, ..., bytes]", true),
        ("[ip != 127.*, ...]", false),
        ("[ip, , , , , , ]", true),
        ("[=127.0.0.1, ...]", true),
        (r#"[..., request = "GET *", code, bytes]"#, true),
        ("[...]", true),
        ("[a, b, c, d, e, f, g, ..., h]", false),
    ] {
        assert_eq!(matches(pattern, ACCESS), expected, "{pattern}");
    }
    assert!(matches("[w1=ERROR || w1=%WARN%, w2]", "WARNING disk"));
    assert!(matches("[a, b]", "\"open quote"));
    assert!(matches("[a = \"\", b]", "\"\" x"));
}

#[test]
fn values_are_extracted_by_name_or_place() {
    let extract = |pattern: &str, text: &str| {
        let values = pattern.parse::<Pattern>().unwrap().extract(text)?;
        Some(values.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    };
    let all = extract("[..., size]", "127.0.0.1 - \"GET / HTTP\" 15").unwrap();
    assert_eq!(all, "$1=127.0.0.1 $2=- $3=GET / HTTP $size=15");
    let json = extract("{ $.a = 1 || $.b[0] = x }", r#"{"a": 1, "b": ["x"]}"#).unwrap();
    assert_eq!(json, "$.a=1 $.b[0]=x");
    assert_eq!(extract("ERROR", "an ERROR").unwrap(), "");
    assert_eq!(extract("{ $.a = 2 }", r#"{"a": 1}"#), None);
}

#[test]
fn what_is_no_pattern_is_refused() {
    let characters = |text: &str| PatternError::Characters(text.to_owned());
    assert_eq!(error("Key:"), characters(":"));
    assert_eq!(error("\"\""), characters("\"\""));
    assert_eq!(error("-"), characters(""));
    assert_eq!(error("\"open"), PatternError::UnterminatedQuote);
    assert_eq!(error("%open"), PatternError::UnterminatedRegular);
    for regular in ["%%", "%a!%", "%(a)%", "%ä%", r"%\b%", "%[a%", "%*%", r"%\x4%", "%a{999999}%"] {
        assert!(matches!(error(regular), PatternError::Regular(_)), "{regular}");
    }
    for pattern in [
        "{",
        "{}",
        "{ $ = 1 }",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = 1",
        "{ $.a = 1 } x",
        "{ ($.a = 1 }",
        "{ $.a IS }",
        "{ $.a NOT }",
        "{ a = 1 }",
        "{ $.a > x }",
        "{ $.a[x] = 1 }",
        "{ $.a = 1 && }",
        "[",
        "[a",
        "[a] b",
        "[a = 1 && b = 2]",
        "[(a = 1]",
    ] {
        let error = error(pattern);
        assert!(matches!(error, PatternError::Expected { .. } | PatternError::Characters(_)), "{pattern}: {error}");
    }
    assert_eq!(error("{ $.a = 'x' }"), characters("'"));
    assert_eq!(error("[a, a]"), PatternError::Repeated("a".to_owned()));
    assert_eq!(error("[..., a, ...]"), PatternError::Repeated("...".to_owned()));
    assert_eq!(error("{ $.a = %x% || $.b = %y% || $.c = %z% }"), PatternError::TooManyRegular { most: 2 });
    assert_eq!(error("{ $.a[*].b[*] = 1 }"), PatternError::Wildcards);
    assert_eq!(error(&format!("{{ {} $.a = 1", "(".repeat(100))), PatternError::Nested);
}
