//! `DescribeMetricFilters`: by group and name, a page at a time; all of a region, those of a group, or those for a metric.

use std::ops::Bound;

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{MetricFilter, Name};
use berth_store::{MetricFilterIndex, MetricFilterKey};

use super::failure::{damaged, invalid_token};
use super::scope::Scope;
use super::{LogsService, group};
use crate::document;
use crate::page::Pages;

/// Filters of one page, at most and if nothing is said.
const MOST: usize = 50;

pub(super) fn access(logs: &LogsService, call: &Call, input: &api::DescribeMetricFiltersRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    match &input.log_group_name {
        Some(name) => group::target(&logs.store.view(), scope, Ok(Name::new(name)), ""),
        None => vec![Target::new(scope.stream_arn("", ""))],
    }
}

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::DescribeMetricFiltersRequest,
) -> Result<api::DescribeMetricFiltersResponse, Refusal> {
    let scope = Scope::of(call)?;
    let (group, prefix) = (input.log_group_name.as_deref(), input.filter_name_prefix.as_deref());
    let (metric, namespace) = (input.metric_name.as_deref(), input.metric_namespace.as_deref());
    if metric.is_some() != namespace.is_some() {
        let message = "metricName and metricNamespace must be given together.";
        return Err(errors::invalid_parameter_exception(message));
    }
    let view = logs.store.view();
    if let Some(group) = group {
        group::find(&view, scope, &Name::new(group))?;
    }
    let pages = Pages::of(call, "DescribeMetricFilters", &[group, prefix, metric, namespace]);
    let after = pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())?;
    let after = after.map(|after| key(scope, &after).ok_or_else(invalid_token)).transpose()?;
    let size = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MOST);
    let index = match (group, metric, namespace) {
        (Some(group), _, _) => MetricFilterIndex::Group(scope.region, Name::new(group)),
        (None, Some(metric), Some(namespace)) => MetricFilterIndex::Metric(scope.region, Name::new(namespace), Name::new(metric)),
        (None, _, _) => MetricFilterIndex::Region(scope.region),
    };
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let listed = view.with::<MetricFilter>(&index, (from, Bound::Unbounded)).filter(|filter| {
        prefix.is_none_or(|prefix| filter.name.starts_with(prefix))
            && metric.is_none_or(|metric| filter.metric_name == metric)
            && namespace.is_none_or(|namespace| filter.metric_namespace == namespace)
    });
    // Neither name has a colon.
    let (filters, next_token) = pages.cut(listed, size, |last| format!("{}:{}", last.group, last.name));
    let read =
        |filter: &berth_store::Shared<MetricFilter>| document::read(api::MetricFilter::PLACE, &filter.document).map_err(damaged);
    let filters: Result<Vec<api::MetricFilter>, Refusal> = filters.into_iter().map(read).collect();
    Ok(api::DescribeMetricFiltersResponse { metric_filters: Some(filters?), next_token })
}

fn key(scope: Scope, text: &str) -> Option<MetricFilterKey> {
    let (group, name) = text.split_once(':')?;
    Some(MetricFilterKey { region: scope.region, group: Name::new(group), name: Name::new(name) })
}
