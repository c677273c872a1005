//! The deployments of a service or a daemon, the newest first, a page at a time.

use std::cmp::Reverse;

use berth_api::ecs as api;
use berth_api::{Call, Refusal};
use berth_model::{Name, ServiceDeployment, ServiceDeploymentId, Timestamp};
use berth_store::{OfService, Shared, State};

use crate::ecs::scope::Scope;
use crate::page::{self, Pages};

/// Deployments of one page, where a caller does not say, and at most.
const USUAL: i32 = 20;
const MOST: usize = 100;

/// What a caller wants listed.
#[derive(Debug)]
pub(in crate::ecs) struct Wanted<'a> {
    pub(in crate::ecs) operation: &'a str,
    /// Cluster and name of the service.
    pub(in crate::ecs) service: (&'a Name, &'a Name),
    pub(in crate::ecs) statuses: Vec<&'a str>,
    pub(in crate::ecs) created: api::CreatedAt,
    pub(in crate::ecs) next_token: Option<&'a str>,
    pub(in crate::ecs) max_results: Option<i32>,
}

/// What is listed, and where its page begins and how long it may be.
#[derive(Debug)]
pub(in crate::ecs) struct Listing<'a> {
    wanted: Wanted<'a>,
    pages: Pages,
    last: Option<Order>,
    size: usize,
}

impl<'a> Listing<'a> {
    /// Checks what a caller says about pages.
    pub(in crate::ecs) fn of(call: &Call, wanted: Wanted<'a>) -> Result<Self, Refusal> {
        let Wanted { operation, service: (cluster, name), statuses, created, .. } = &wanted;
        let bound = |at: &Option<berth_wire::Timestamp>| at.map(|at| at.0.to_string());
        let (before, after) = (bound(&created.before), bound(&created.after));
        let of_status = statuses.join(",");
        let filters =
            [Some(cluster.as_str()), Some(name.as_str()), Some(of_status.as_str()), before.as_deref(), after.as_deref()];
        let pages = Pages::of(call, operation, &filters);
        let last = pages.after(wanted.next_token)?.map(|last| place(&last).ok_or_else(page::invalid_token)).transpose()?;
        let size = page::size(wanted.max_results.or(Some(USUAL)), MOST)?;
        Ok(Self { wanted, pages, last, size })
    }

    /// A page, and the token for the next one.
    pub(in crate::ecs) fn page<'s>(
        &self,
        state: &'s State,
        scope: Scope,
    ) -> (Vec<&'s Shared<ServiceDeployment>>, Option<String>) {
        let Wanted { service: (cluster, name), statuses, created, .. } = &self.wanted;
        let index = OfService::Service(scope.region, Name::clone(cluster), Name::clone(name));
        let is_selected = |record: &&Shared<ServiceDeployment>| {
            (statuses.is_empty() || statuses.contains(&record.status.as_str()))
                && created.before.is_none_or(|before| record.created_at.as_millis() < before.0)
                && created.after.is_none_or(|after| record.created_at.as_millis() > after.0)
                && self.last.is_none_or(|last| key(record) < last)
        };
        let mut listed: Vec<_> = state.with::<ServiceDeployment>(&index, ..).filter(is_selected).collect();
        listed.sort_by_key(|record| Reverse(key(record)));
        self.pages.cut(listed.into_iter(), self.size, |last| format!("{} {}", last.created_at.as_millis(), last.id))
    }
}

/// What deployments are ordered by.
type Order = (Timestamp, ServiceDeploymentId);

fn key(record: &ServiceDeployment) -> Order {
    (record.created_at, record.id)
}

/// Where a page ended.
fn place(last: &str) -> Option<Order> {
    let (at, id) = last.split_once(' ')?;
    Some((Timestamp::from_millis(at.parse().ok()?), id.parse().ok()?))
}
