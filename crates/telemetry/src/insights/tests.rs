use std::sync::Arc;

use super::*;
use crate::logs::Position;

/// An hour in 2026, in milliseconds since 1970.
const AT: i64 = 1_767_225_600_000;

/// Rows of a query over messages, a second apart, the last one the newest; each row as `field=value`.
fn rows(query: &str, messages: &[&str]) -> Vec<String> {
    outcome(query, messages).rows.iter().map(shown).collect()
}

fn shown(row: &ResultRow) -> String {
    let values: Vec<String> = row.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    values.join(" ")
}

fn outcome(query: &str, messages: &[&str]) -> Outcome {
    let mut run = query.parse::<Query>().unwrap_or_else(|error| panic!("{query}: {error}")).start(AT, None);
    let (stream, log): (Arc<str>, Arc<str>) = ("main".into(), "000000000000:app".into());
    for (number, message) in messages.iter().enumerate().rev() {
        let timestamp = AT + i64::try_from(number).unwrap() * 1000;
        let (stream, log) = (&stream, &log);
        let subject =
            Subject { message, timestamp, ingested_at: timestamp + 5, stream, log, group: 0, position: position(number) };
        if !run.push(subject).unwrap() {
            break;
        }
    }
    run.finish().unwrap()
}

fn position(number: usize) -> Position {
    Position::of_number(number as u128).unwrap()
}

/// What an expression comes to for a message.
fn value(expression: &str, message: &str) -> String {
    let row = rows(&format!("fields {expression} as x | display x"), &[message]).remove(0);
    row.strip_prefix("x=").unwrap_or_default().to_owned()
}

fn refusal(query: &str) -> Malformed {
    query.parse::<Query>().expect_err(query)
}

#[test]
fn newest_events_come_first_with_time_and_message() {
    let found = outcome("limit 2", &["one", "two", "three"]);
    assert_eq!(
        found.rows.iter().map(shown).collect::<Vec<_>>(),
        ["@timestamp=2026-01-01 00:00:02.000 @message=three", "@timestamp=2026-01-01 00:00:01.000 @message=two"]
    );
    assert_eq!(found.rows[0].event, Some((0, position(2))));
}

#[test]
fn events_know_where_they_come_from() {
    let found = rows("fields @logStream, @log, @ingestionTime", &["x"]);
    assert_eq!(found, ["@logStream=main @log=000000000000:app @ingestionTime=2026-01-01 00:00:00.005"]);
}

#[test]
fn filters_keep_what_holds() {
    let messages = ["ERROR disk", "WARN disk", "ERROR net"];
    let cases = [
        ("@message like /ERR/", 2),
        ("@message like 'disk'", 2),
        ("@message =~ /(?i)error (disk|net)/", 2),
        ("@message not like /ERR/", 1),
        ("not @message like 'ERR'", 1),
        ("@message like 'ERR' and @message like 'net'", 1),
        ("@message like 'WARN' or @message like 'net'", 2),
        ("@message = 'WARN disk'", 1),
        ("@message in ['WARN disk', \"ERROR net\", 'x']", 2),
        ("@message not in ['WARN disk']", 2),
        ("strcontains(@message, 'ERROR') and (strlen(@message) > 9 or false)", 1),
        ("@message like 'a' or @message like 'disk' and @message like 'WARN'", 1),
        (r"@message like /\/path/", 0),
        ("@timestamp >= 1767225601000", 2),
        ("nothing = 1", 0),
        ("nothing != 1", 3),
        ("not ispresent(nothing)", 3),
    ];
    for (condition, count) in cases {
        assert_eq!(rows(&format!("filter {condition}"), &messages).len(), count, "{condition}");
    }
}

#[test]
fn fields_of_documents_are_found() {
    let message = r#"{"level":"info","http":{"status":503,"path":"/a"},"items":[{"id":7},{"id":9}],"a.b":1,"ok":true,"none":null,"big":9007199254740993,"x-y":"dash"}"#;
    let cases = [
        ("level", "info"),
        ("http.status", "503"),
        ("http.status + 1", "504"),
        ("items.1.id", "9"),
        ("items[0].id", "7"),
        ("items", r#"[{"id":7},{"id":9}]"#),
        ("a.b", "1"),
        ("`a.b`", "1"),
        ("`x-y`", "dash"),
        ("ok", "1"),
        ("none", ""),
        ("http.nothing", ""),
        ("level.nothing", ""),
        ("big", "9007199254740993"),
        ("coalesce(none, nothing, http.path)", "/a"),
        ("ok = true", "1"),
        ("ok = 1", "1"),
        ("jsonParse('{\"q\":[1,2]}')", r#"{"q":[1,2]}"#),
        ("jsonStringify(items[0])", r#"{"id":7}"#),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression, message), expected, "{expression}");
    }
    assert_eq!(rows("fields jsonParse(@message) as j | fields j.http.path as p | display p", &[message]), ["p=/a"]);
}

#[test]
fn functions_come_to_what_they_say() {
    let cases = [
        ("1 + 2 * 3 ^ 2 ^ 0", "7"),
        ("(1 + 2) * 3 - 7 % 4", "6"),
        ("-2 ^ 2 + 10 / 4", "6.5"),
        ("10 / 3", "3.3333"),
        ("1 / 0", ""),
        ("'a' + 1", ""),
        ("'3' + 1", "4"),
        ("abs(-4.5)", "4.5"),
        ("ceil(1.2) + floor(1.8)", "3"),
        ("greatest(1, 7, 3) - least(4, 2)", "5"),
        ("sqrt(16)", "4"),
        ("log(1)", "0"),
        ("concat('a', 1, 'b')", "a1b"),
        ("toupper('aß') = 'ASS'", "1"),
        ("tolower('ABC')", "abc"),
        ("trim('  x ')", "x"),
        ("ltrim('xxaxx', 'x')", "axx"),
        ("rtrim('xxaxx', 'x')", "xxa"),
        ("strlen('äö')", "2"),
        ("substr('xyzfooxyz', 3)", "fooxyz"),
        ("substr('xyzfooxyz', 3, 3)", "foo"),
        ("replace('a-b-c', '-', '+')", "a+b+c"),
        ("strcontains('abc', 'bc')", "1"),
        ("isempty('')", "1"),
        ("isblank('  ')", "1"),
        ("if(1 > 2, 'yes', 'no')", "no"),
        ("isValidIp('10.0.0.1')", "1"),
        ("isValidIpv6('10.0.0.1')", "0"),
        ("isIpv4InSubnet('10.1.2.3', '10.1.0.0/16')", "1"),
        ("isIpInSubnet('10.2.2.3', '10.1.0.0/16')", "0"),
        ("isIpv6InSubnet('fd00::1', 'fd00::/8')", "1"),
        ("isIpInSubnet('10.2.2.3', '0.0.0.0/0')", "1"),
        ("isIpInSubnet('10.2.2.3', '10.0.0.0/33')", "0"),
        ("datefloor(@timestamp, 1h)", "2026-01-01 00:00:00.000"),
        ("dateceil(fromMillis(1767225600001), 1mo)", "2026-02-01 00:00:00.000"),
        ("bin(1w)", "2025-12-29 00:00:00.000"),
        ("bin(1y)", "2026-01-01 00:00:00.000"),
        ("toMillis(@timestamp)", "1767225600000"),
        ("now()", "1767225600"),
    ];
    for (expression, expected) in cases.into_iter() {
        assert_eq!(value(expression, "x"), expected, "{expression}");
    }
}

#[test]
fn parse_takes_fields_out_of_texts() {
    let message = "25/05/2026 [error] user=anna took 15ms: broken pipe: x";
    assert_eq!(
        rows("parse @message 'user=* took *ms: *' as user, took, what | filter took > 10 | display user, took, what", &[message]),
        ["user=anna took=15 what=broken pipe: x"]
    );
    let regular = r"parse @message /user=(?<user>\S+).*?(?<took>\d+)ms/ | stats sum(took) as all by user";
    assert_eq!(rows(regular, &[message, message]), ["user=anna all=30"]);
    assert_eq!(
        rows("parse @message '[*]' as level", &[message, "none"]),
        [
            "@timestamp=2026-01-01 00:00:01.000 @message=none",
            &format!("@timestamp=2026-01-01 00:00:00.000 @message={message} level=error")
        ]
    );
    let nested = rows("fields 'a:b' as pair | parse pair '*:*' as one, other | display other, one", &["x"]);
    assert_eq!(nested, ["other=b one=a"]);
}

#[test]
fn stats_come_by_group() {
    let line = |level: &str, took: u32| format!(r#"{{"level":"{level}","took":{took}}}"#);
    let messages: Vec<String> = (1..=100).map(|took| line(if took % 4 == 0 { "slow" } else { "fast" }, took)).collect();
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    assert_eq!(
        rows("stats count(*), sum(took), avg(took), min(took), max(took) by level | sort level", &messages),
        [
            "level=fast count(*)=75 sum(took)=3750 avg(took)=50 min(took)=1 max(took)=99",
            "level=slow count(*)=25 sum(took)=1300 avg(took)=52 min(took)=4 max(took)=100",
        ]
    );
    assert_eq!(
        rows("stats pct(took, 50) as p50, pct(took, 99) as p99, stddev(took) as dev, count_distinct(level) as levels", &messages),
        ["p50=50 p99=99 dev=29.0115 levels=2"]
    );
    assert_eq!(
        rows("stats earliest(took) as e, latest(took) as l, sortsFirst(level) as f, sortsLast(level) as z", &messages),
        ["e=1 l=100 f=fast z=slow"]
    );
    assert_eq!(
        rows("stats count(took) as n by bin(1m)", &messages),
        ["bin(1m)=2026-01-01 00:01:00.000 n=40", "bin(1m)=2026-01-01 00:00:00.000 n=60"]
    );
    assert_eq!(rows("stats sum(level = 'slow') / count(*) * 100 as percent", &messages), ["percent=25"]);
    assert_eq!(
        rows("stats count(*) as n by level, bin(10s) | stats max(n) as most by level | sort most desc", &messages),
        ["level=fast most=8", "level=slow most=3"]
    );
    assert_eq!(rows("filter took > 1000 | stats count(*)", &messages), Vec::<String>::new());
}

#[test]
fn rows_are_sorted_cut_and_told_apart() {
    let messages = [r#"{"u":"b","n":10}"#, r#"{"u":"a","n":9}"#, r#"{"u":"b","n":"x"}"#, r#"{"n":9}"#, r#"{"u":"c","n":100}"#];
    let by = |query: &str| rows(&format!("{query} | display u, n"), &messages);
    assert_eq!(by("sort n asc, u desc"), ["u=b n=x", "u=a n=9", "n=9", "u=b n=10", "u=c n=100"]);
    assert_eq!(by("sort @timestamp asc | limit 1"), ["u=b n=10"]);
    assert_eq!(by("sort n desc | limit 2"), ["u=c n=100", "u=b n=10"]);
    assert_eq!(by("dedup u"), ["u=c n=100", "n=9", "u=b n=x", "u=a n=9"]);
    assert_eq!(by("sort n desc | dedup u | limit 2"), ["u=c n=100", "u=b n=10"]);
}

#[test]
fn query_that_has_enough_reads_no_more() {
    let messages: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    let found = outcome("filter @message like '5' | limit 3", &messages);
    assert_eq!((found.rows.len(), found.statistics.matched, found.statistics.scanned), (3, 3, 25));
    let found = outcome("filter @message like '5' | stats count(*)", &messages);
    assert_eq!((found.statistics.matched, found.statistics.scanned, found.statistics.bytes), (19, 100, 190));
}

#[test]
fn many_values_are_estimated() {
    let messages: Vec<String> = (0..50_000).map(|number| format!(r#"{{"n":{number}}}"#)).collect();
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    let row = outcome("stats pct(n, 90) as p, count_distinct(n) as d", &messages).rows.remove(0);
    let numbers: Vec<f64> = row.values.iter().map(|(_, value)| value.parse().unwrap()).collect();
    assert!((numbers[0] - 45_000.0).abs() < 300.0 && (numbers[1] - 50_000.0).abs() < 2500.0, "{numbers:?}");
}

#[test]
fn query_that_would_hold_too_much_is_ended() {
    let mut run = "sort @message | filter ispresent(@message)".parse::<Query>().unwrap().start(AT, None);
    let (stream, log): (Arc<str>, Arc<str>) = ("main".into(), "000000000000:app".into());
    let message = "x".repeat(1 << 20);
    let subject = Subject {
        message: &message,
        timestamp: AT,
        ingested_at: AT,
        stream: &stream,
        log: &log,
        group: 0,
        position: Position::START,
    };
    let ended = (0..100).find_map(|_| run.push(subject).err());
    assert_eq!(ended, Some(Exhausted));
}

#[test]
fn comments_and_capitals_do_not_matter() {
    let query =
        "# what\nFIELDS @message # and\n| FILTER @message LIKE /a/ AND NOT @message LIKE 'b'\n| SORT @timestamp DESC | LIMIT 5";
    assert_eq!(rows(query, &["a", "ab"]), ["@message=a"]);
}

#[test]
fn text_that_is_no_query_is_told_where() {
    let cases = [
        ("", 0, 0, "unexpected symbol found the end of the query at line 1 and position 1: a command expected"),
        ("fields @message | count(*)", 18, 23, "unexpected symbol found count at line 1 and position 19: a command expected"),
        ("fields", 6, 6, "unexpected symbol found the end of the query at line 1 and position 7: a value expected"),
        ("filter @message like", 20, 20, "a text in quotes, or a regular expression in slashes expected"),
        ("filter a =\n  | limit 1", 13, 14, "unexpected symbol found | at line 2 and position 3: a value expected"),
        ("filter @message like /(/", 21, 24, "invalid regular expression: unclosed group"),
        ("filter @message like /x", 21, 23, "a regular expression has no end"),
        ("filter a = 'x", 11, 13, "a text in quotes has no end"),
        ("filter nothing(a)", 7, 15, "there is no function nothing"),
        ("filter strlen(a, b)", 7, 19, "strlen takes 1 arguments, not 2"),
        ("stats @message", 6, 14, "stats shows aggregations"),
        ("stats max(min(x))", 10, 14, "min stands in stats alone, and not within another aggregation"),
        ("fields count(*)", 7, 13, "count stands in stats alone"),
        ("stats count(*) | stats count(*) | stats count(*)", 34, 39, "a query has at most 2 stats commands"),
        ("stats pct(x, 101)", 13, 16, "a percentage from 0 to 100 expected"),
        ("stats count(*) by bin(5x)", 22, 24, "a number or a length of time expected"),
        ("parse @message '* *' as a", 15, 25, "the pattern has 2 asterisks, and there are 1 names"),
        ("parse @message /x/", 15, 18, "has named groups"),
        ("fields 1 as a, 2 as a", 20, 21, "the field a is defined twice"),
        ("limit 0", 6, 7, "a whole number from 1 to 100000 expected"),
        ("pattern @message", 0, 7, "the command pattern is not supported here"),
        ("fields and", 7, 10, "a value expected"),
        ("fields a ; fields b", 9, 10, "unexpected symbol found ; at line 1 and position 10"),
        ("ä = 1", 0, 1, "unexpected symbol found ä at line 1 and position 1: a command expected"),
    ];
    for (query, start, end, message) in cases {
        let found = refusal(query);
        assert!(found.message.contains(message), "{query}: {found}");
        assert_eq!((found.start, found.end), (start, end), "{query}: {found}");
    }
}

#[test]
fn queries_have_limits() {
    let deep = format!("filter {}1{}", "(".repeat(1000), ")".repeat(1000));
    assert!(refusal(&deep).message.contains("too deeply"));
    let long = format!("filter 1{}", " + 1".repeat(1000));
    assert!(refusal(&long).message.contains("at most 200 arithmetic operators"));
    let many = format!("filter a like /x/{}", " or a like /x/".repeat(50));
    assert!(refusal(&many).message.contains("at most 20 regular expressions"));
    let commands = format!("limit 1{}", " | limit 1".repeat(100));
    assert!(refusal(&commands).message.contains("at most 100 commands"));
    let field = format!("fields {}a", "a.".repeat(100));
    assert!(refusal(&field).message.contains("at most 50 parts"));
    let big = "filter @message like /(a{1000}){1000}/";
    assert!(refusal(big).message.contains("invalid regular expression"));
    // As many as there is room for, without going deeper.
    let chain = format!("filter a = 1{}", " or a = 1".repeat(900));
    assert_eq!(rows(&chain, &[r#"{"a":1}"#]).len(), 1);
    let signs = format!("filter {}1 = 1 and {}true", "-".repeat(1000), "not ".repeat(1000));
    assert_eq!(rows(&signs, &["x"]).len(), 1);
}
