//! What searches logs: filter patterns and queries.

use std::sync::Arc;

use berth_telemetry::insights::{Query, Subject};
use berth_telemetry::logs::Position;
use berth_telemetry::pattern::Pattern;

/// Characters of a query, at most: the model says it.
const LONGEST_QUERY: usize = 10_000;

/// Parses the first line as a filter pattern, and matches the rest with it.
pub fn filter_pattern(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (pattern, message) = text.split_once('\n').unwrap_or((&text, ""));
    if let Ok(pattern) = pattern.parse::<Pattern>() {
        assert_eq!(pattern.matches(message), pattern.extract(message).is_some(), "what matches has values");
    }
}

/// Parses a query, and asks it of the lines behind an empty one. What is wrong with a query stands within it.
pub fn insights_query(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (query, messages) = text.split_once("\n\n").unwrap_or((&text, ""));
    let length = query.chars().count();
    if length > LONGEST_QUERY {
        return;
    }
    let query: Query = match query.parse() {
        Ok(query) => query,
        Err(error) => {
            assert!(error.start <= error.end && error.end <= length, "{error:?}");
            return;
        }
    };
    let mut run = query.start(0, None);
    let (stream, log): (Arc<str>, Arc<str>) = (Arc::from("stream"), Arc::from("000000000000:group"));
    for (timestamp, message) in (0..).step_by(60_000).zip(messages.lines()) {
        let (ingested_at, position) = (timestamp, Position::START);
        match run.push(Subject { message, timestamp, ingested_at, stream: &stream, log: &log, group: 0, position }) {
            Ok(true) => {}
            Ok(false) | Err(_) => break,
        }
    }
    let scanned = run.statistics().scanned;
    if let Ok(outcome) = run.finish() {
        assert!(outcome.statistics.matched <= scanned, "no more match than were looked at");
        assert!(outcome.rows.len() as u64 <= scanned, "no more rows than events");
    }
}
