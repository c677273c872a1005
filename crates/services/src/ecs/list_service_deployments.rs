//! `ListServiceDeployments`: the deployments of a service, the newest first, a page at a time.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::ServiceDeployment;
use berth_wire::EnumShape as _;

use super::scope::Scope;
use super::service::describe::time;
use super::service_deployment::listing::{Listing, Wanted};
use super::{EcsService, cluster, service};

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
    let listing = Listing::of(
        call,
        Wanted {
            operation: "ListServiceDeployments",
            service: (&cluster, &name),
            statuses: input.status.iter().flatten().map(|status| status.as_str()).collect(),
            created: input.created_at.unwrap_or_default(),
            next_token: input.next_token.as_deref(),
            max_results: input.max_results,
        },
    )?;
    let view = ecs.store.view();
    cluster::active(&view, scope, &cluster)?;
    service::find(&view, scope, &cluster, &name).ok_or_else(service::not_found)?;
    let (deployments, next_token) = listing.page(&view, scope);
    Ok(api::ListServiceDeploymentsResponse {
        service_deployments: Some(deployments.into_iter().map(|record| brief(scope, record)).collect()),
        next_token,
    })
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
