//! `DescribeQueryDefinitions`: saved queries by name, a page at a time.

use std::ops::Bound;

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{Name, QueryDefinition};
use berth_store::{QueryDefinitionIndex, QueryDefinitionKey};
use berth_wire::EnumShape as _;

use super::LogsService;
use super::failure::{damaged, invalid_token};
use super::scope::Scope;
use crate::document;
use crate::page::Pages;

/// Definitions of one page, at most and if nothing is said.
const MOST: usize = 1000;

pub(super) fn access(_: &api::DescribeQueryDefinitionsRequest) -> Vec<Target> {
    Target::any()
}

pub(super) fn run(
    logs: &LogsService,
    call: &Call,
    input: &api::DescribeQueryDefinitionsRequest,
) -> Result<api::DescribeQueryDefinitionsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let prefix = input.query_definition_name_prefix.as_deref().unwrap_or_default();
    let language = input.query_language.as_ref();
    let pages = Pages::of(call, "DescribeQueryDefinitions", &[Some(prefix), language.map(|language| language.as_str())]);
    let after = pages.after(input.next_token.as_deref()).map_err(|_| invalid_token())?;
    let after =
        after.map(|after| after.split_once('\n').map(|(id, name)| (id.to_owned(), name.to_owned())).ok_or_else(invalid_token));
    let after = after.transpose()?;
    let size = input.max_results.and_then(|size| usize::try_from(size).ok()).unwrap_or(MOST);
    let view = logs.store.view();
    let region = scope.region;
    let start = after.as_ref().map_or(prefix, |(_, name)| name);
    let from = Bound::Included(QueryDefinitionIndex { region, name: Name::new(start) });
    let is_past = |(index, key): &(&QueryDefinitionIndex, &QueryDefinitionKey)| {
        after.as_ref().is_none_or(|(id, name)| (index.name.as_str(), key.id.as_str()) > (name.as_str(), id.as_str()))
    };
    let listed = view
        .index::<QueryDefinition>((from, Bound::Unbounded))
        .take_while(|(index, _)| index.region == region && index.name.starts_with(prefix))
        .filter(is_past)
        .filter_map(|(_, key)| view.get::<QueryDefinition>(key))
        .map(|found| document::read::<api::QueryDefinition>(api::QueryDefinition::PLACE, &found.document).map_err(damaged))
        .filter(|found| found.as_ref().is_ok_and(|found| language.is_none() || found.query_language.as_ref() == language));
    let (found, next_token) = pages.cut(listed, size, |last| match last {
        Ok(last) => {
            let (id, name) = (last.query_definition_id.as_deref(), last.name.as_deref());
            format!("{}\n{}", id.unwrap_or_default(), name.unwrap_or_default())
        }
        Err(_) => String::new(),
    });
    let definitions: Result<Vec<api::QueryDefinition>, Refusal> = found.into_iter().collect();
    Ok(api::DescribeQueryDefinitionsResponse { query_definitions: Some(definitions?), next_token })
}
