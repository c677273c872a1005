//! `TestMetricFilter`: which of some texts a pattern matches, and what it takes out of them.

use berth_api::logs as api;
use berth_api::{Refusal, Target};

use super::filter_log_events::pattern;

pub(super) fn access() -> Vec<Target> {
    Target::any()
}

pub(super) fn run(input: api::TestMetricFilterRequest) -> Result<api::TestMetricFilterResponse, Refusal> {
    let pattern = pattern(&input.filter_pattern)?;
    let matched = |(number, message): (i64, String)| {
        Some(api::MetricFilterMatchRecord {
            extracted_values: Some(pattern.extract(&message)?),
            event_number: Some(number),
            event_message: Some(message),
        })
    };
    // Events are counted from 1.
    let matches = (1..).zip(input.log_event_messages).filter_map(matched).collect();
    Ok(api::TestMetricFilterResponse { matches: Some(matches) })
}
