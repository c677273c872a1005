//! `ListServiceDeployments`: the deployments of a service, the newest first, a page at a time.

use std::cmp::Reverse;

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{ServiceDeployment, ServiceDeploymentId, Timestamp};
use berth_store::{OfService, Shared};
use berth_wire::EnumShape as _;

use super::scope::Scope;
use super::service::describe::time;
use super::{EcsService, cluster, service};
use crate::page::{self, Pages};

/// Deployments of one page, where a caller does not say, and at most.
const USUAL: i32 = 20;
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::ListServiceDeploymentsRequest) -> Vec<Target> {
    service::targets(ecs, call, input.cluster.as_deref(), &input.service)
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ListServiceDeploymentsRequest,
) -> Result<api::ListServiceDeploymentsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(input.cluster.as_deref())?;
    let name = scope.service(&cluster, &input.service)?;
    let statuses: Vec<&str> = input.status.iter().flatten().map(|status| status.as_str()).collect();
    let created = input.created_at.unwrap_or_default();
    let bound = |at: &Option<berth_wire::Timestamp>| at.map(|at| at.0.to_string());
    let (before, after) = (bound(&created.before), bound(&created.after));
    let of_status = statuses.join(",");
    let filters = [Some(cluster.as_str()), Some(name.as_str()), Some(of_status.as_str()), before.as_deref(), after.as_deref()];
    let pages = Pages::of(call, "ListServiceDeployments", &filters);
    let last = pages.after(input.next_token.as_deref())?.map(|last| place(&last).ok_or_else(page::invalid_token)).transpose()?;
    let size = page::size(input.max_results.or(Some(USUAL)), MOST)?;
    let view = ecs.store.view();
    cluster::active(&view, scope, &cluster)?;
    service::find(&view, scope, &cluster, &name).ok_or_else(service::not_found)?;
    let index = OfService::Service(scope.region, cluster.clone(), name.clone());
    let is_selected = |record: &&Shared<ServiceDeployment>| {
        (statuses.is_empty() || statuses.contains(&record.status.as_str()))
            && created.before.is_none_or(|before| record.created_at.as_millis() < before.0)
            && created.after.is_none_or(|after| record.created_at.as_millis() > after.0)
            && last.is_none_or(|last| key(record) < last)
    };
    let mut listed: Vec<_> = view.with::<ServiceDeployment>(&index, ..).filter(is_selected).collect();
    listed.sort_by_key(|record| Reverse(key(record)));
    let (deployments, next_token) =
        pages.cut(listed.into_iter(), size, |last| format!("{} {}", last.created_at.as_millis(), last.id));
    Ok(api::ListServiceDeploymentsResponse {
        service_deployments: Some(deployments.into_iter().map(|record| brief(scope, record)).collect()),
        next_token,
    })
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

fn brief(scope: Scope, record: &ServiceDeployment) -> api::ServiceDeploymentBrief {
    api::ServiceDeploymentBrief {
        service_deployment_arn: Some(scope.deployment_arn(&record.cluster, &record.service, record.id)),
        service_arn: Some(scope.service_arn(&record.cluster, &record.service)),
        cluster_arn: Some(scope.cluster_arn(&record.cluster)),
        started_at: record.started_at.and_then(time),
        created_at: time(record.created_at),
        finished_at: record.finished_at.and_then(time),
        target_service_revision_arn: Some(scope.revision_arn(&record.cluster, &record.service, record.target)),
        status: Some(api::ServiceDeploymentStatus::from_text(record.status.as_str())),
        status_reason: record.reason.as_ref().map(ToString::to_string),
    }
}
