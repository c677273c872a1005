use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::logs::Position;

fn query() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(vec![
        "fields",
        "filter",
        "parse",
        "stats",
        "sort",
        "limit",
        "dedup",
        "display",
        "|",
        "a",
        "b.c",
        "`d e`",
        "@message",
        "@timestamp",
        "count(*)",
        "sum(a)",
        "pct(a, 50)",
        "bin(5m)",
        "by",
        "as",
        "x",
        "y",
        "and",
        "or",
        "not",
        "like",
        "in",
        "[1, 'x']",
        "/a(?<g>.)/",
        "'*-*'",
        "\"t\"",
        "1",
        "2.5",
        "-",
        "+",
        "*",
        "/",
        "%",
        "^",
        "=",
        "!=",
        "<",
        ">=",
        "=~",
        "(",
        ")",
        ",",
        "desc",
        "strlen(a)",
        "coalesce(a, 1)",
        "ispresent(a)",
        "jsonParse(@message)",
        "#c\n",
        "ä",
        "5d",
    ]);
    prop_oneof![
        ".{0,40}",
        proptest::collection::vec(words.clone(), 0..20).prop_map(|words| words.join(" ")),
        proptest::collection::vec(words.clone(), 0..8).prop_map(|words| format!("filter {}", words.join(" "))),
        proptest::collection::vec(words, 0..8).prop_map(|words| format!("stats count(*), {}", words.join(" "))),
    ]
}

proptest! {
    #[test]
    fn no_query_and_no_event_does_harm(query in query(), message in prop_oneof![".{0,40}", r#"\{"a": ?(1|"x"|null|\[1\]|\{"c":2\})\}"#]) {
        let length = query.chars().count();
        match query.parse::<Query>() {
            Err(error) => prop_assert!(error.start <= error.end && error.end <= length, "{error:?} of {length}"),
            Ok(query) => {
                let mut run = query.start(0, Some(3));
                let (stream, log): (Arc<str>, Arc<str>) = ("s".into(), "l".into());
                for _ in 0..5 {
                    let subject = Subject { message: &message, timestamp: i64::MAX, ingested_at: i64::MIN, stream: &stream, log: &log, group: 0, position: Position::START };
                    if !run.push(subject).unwrap() {
                        break;
                    }
                }
                prop_assert!(run.finish().unwrap().rows.len() <= 3);
            }
        }
    }

    #[test]
    fn stats_agree_with_a_loop(numbers in proptest::collection::vec(-1000..1000i32, 1..60)) {
        let mut run = "stats count(n) as c, sum(n) as s, min(n) as least, max(n) as most by n % 2 = 0 as even | sort even"
            .parse::<Query>().unwrap().start(0, None);
        let (stream, log): (Arc<str>, Arc<str>) = ("s".into(), "l".into());
        for number in &numbers {
            let message = format!("{{\"n\":{number}}}");
            let subject = Subject { message: &message, timestamp: 0, ingested_at: 0, stream: &stream, log: &log, group: 0, position: Position::START };
            run.push(subject).unwrap();
        }
        let rows: Vec<Vec<String>> =
            run.finish().unwrap().rows.into_iter().map(|row| row.values.into_iter().map(|(_, value)| value).collect()).collect();
        let expected = [false, true].into_iter().filter_map(|even| {
            let of: Vec<i32> = numbers.iter().copied().filter(|number| (number % 2 == 0) == even).collect();
            let row = vec![u8::from(even).to_string(), of.len().to_string(), of.iter().sum::<i32>().to_string(),
                of.iter().min()?.to_string(), of.iter().max()?.to_string()];
            Some(row)
        });
        prop_assert_eq!(rows, expected.collect::<Vec<_>>());
    }

    #[test]
    fn sorted_and_cut_is_the_same_as_cut_from_sorted(numbers in proptest::collection::vec(0..1000u32, 1..300), most in 1..20usize) {
        let mut run = format!("fields n | sort n desc | limit {most}").parse::<Query>().unwrap().start(0, None);
        let (stream, log): (Arc<str>, Arc<str>) = ("s".into(), "l".into());
        for number in &numbers {
            let message = format!("{{\"n\":{number}}}");
            let subject = Subject { message: &message, timestamp: 0, ingested_at: 0, stream: &stream, log: &log, group: 0, position: Position::START };
            run.push(subject).unwrap();
        }
        let found: Vec<u32> = run.finish().unwrap().rows.iter().map(|row| row.values[0].1.parse().unwrap()).collect();
        let mut expected = numbers;
        expected.sort_unstable_by(|one, other| other.cmp(one));
        expected.truncate(most);
        prop_assert_eq!(found, expected);
    }
}
