//! `ListServicesByNamespace`: the services of a namespace of service discovery. There are no namespaces yet.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};

use super::EcsService;
use super::scope::shortened;
use crate::page;

/// Services of one page, where a caller does not say, and at most.
const USUAL: i32 = 10;
const MOST: usize = 100;

pub(super) fn access(_: &EcsService, _: &Call, input: &api::ListServicesByNamespaceRequest) -> Vec<Target> {
    vec![Target::new("*").with("ecs:namespace", &input.namespace)]
}

pub(super) fn run(
    _: &EcsService,
    _: &Call,
    input: api::ListServicesByNamespaceRequest,
) -> Result<api::ListServicesByNamespaceResponse, Refusal> {
    page::size(input.max_results.or(Some(USUAL)), MOST)?;
    Err(errors::namespace_not_found_exception(format!("The namespace {} was not found.", shortened(&input.namespace))))
}
