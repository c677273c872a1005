//! `PutMetricFilter`: checked and kept. There are no metrics yet to fill.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{MetricFilter, Name};
use berth_store::{MetricFilterIndex, MetricFilterKey, State};
use berth_telemetry::pattern::Pattern;

use super::filter_log_events::pattern;
use super::scope::Scope;
use super::{LogsService, group};
use crate::document;

/// Filters of a log group, at most.
const MOST: usize = 100;
/// Filters of a log group with regular expressions, at most.
const MOST_REGULAR: usize = 5;
/// Dimensions of a metric, at most.
const MOST_DIMENSIONS: usize = 3;

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::PutMetricFilterRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    group::target(&logs.store.view(), scope, Ok(Name::new(&input.log_group_name)), "")
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::PutMetricFilterRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    let pattern = pattern(&input.filter_pattern)?;
    let transformation = input.metric_transformations.first().cloned().unwrap_or_default();
    check(&pattern, &transformation)?;
    let key =
        MetricFilterKey { region: scope.region, group: Name::new(&input.log_group_name), name: Name::new(&input.filter_name) };
    let filter = api::MetricFilter {
        filter_name: Some(input.filter_name),
        filter_pattern: Some(input.filter_pattern),
        metric_transformations: Some(input.metric_transformations),
        creation_time: Some(scope.now.as_millis()),
        log_group_name: Some(input.log_group_name),
        apply_on_transformed_logs: Some(input.apply_on_transformed_logs.unwrap_or(false)),
        field_selection_criteria: input.field_selection_criteria,
        emit_system_field_dimensions: input.emit_system_field_dimensions,
    };
    logs.update(|tx| {
        group::find(tx, scope, &key.group)?;
        let (all, regular) = others(tx, &key);
        if all >= MOST || (pattern.has_regular_expressions() && regular >= MOST_REGULAR) {
            return Err(errors::limit_exceeded_exception("Resource limit exceeded."));
        }
        tx.put(MetricFilter {
            region: key.region,
            group: key.group,
            name: key.name,
            metric_namespace: Name::new(&transformation.metric_namespace),
            metric_name: Name::new(&transformation.metric_name),
            document: document::write(api::MetricFilter::PLACE, &filter),
        });
        Ok(api::Unit {})
    })
    .await
}

/// How many other filters the group has, and how many of them have regular expressions.
fn others(state: &State, key: &MetricFilterKey) -> (usize, usize) {
    let index = MetricFilterIndex::Group(key.region, key.group.clone());
    let others = state.with::<MetricFilter>(&index, ..).filter(|filter| filter.name != key.name);
    others.fold((0, 0), |(all, regular), filter| {
        let read = document::read::<api::MetricFilter>(api::MetricFilter::PLACE, &filter.document).unwrap_or_default();
        let parsed = read.filter_pattern.unwrap_or_default().parse::<Pattern>();
        (all + 1, regular + usize::from(parsed.is_ok_and(|pattern| pattern.has_regular_expressions())))
    })
}

fn check(pattern: &Pattern, metric: &api::MetricTransformation) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(errors::invalid_parameter_exception(message));
    let is_field = metric.metric_value.starts_with('$');
    if !is_field && metric.metric_value.parse::<f64>().is_err() {
        return refuse("Invalid metricTransformations: the metric value must be a number or a field of the pattern.");
    }
    if is_field && !pattern.has_fields() {
        return refuse("Invalid metric transformation: the filter pattern has no fields.");
    }
    if metric.metric_namespace.starts_with("AWS/") {
        return refuse("Invalid metricTransformations: namespaces beginning with AWS/ are reserved.");
    }
    let Some(dimensions) = metric.dimensions.as_ref().filter(|dimensions| !dimensions.is_empty()) else { return Ok(()) };
    if !pattern.has_fields() {
        return refuse("The specified filter pattern does not support dimensions");
    }
    if dimensions.len() > MOST_DIMENSIONS {
        return refuse("A metric has at most 3 dimensions.");
    }
    if metric.default_value.is_some() {
        return refuse("Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
    }
    Ok(())
}
