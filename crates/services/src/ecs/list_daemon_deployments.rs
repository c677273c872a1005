//! `ListDaemonDeployments`: the deployments of a daemon, the newest first, a page at a time.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_wire::EnumShape as _;

use super::daemon::deployment;
use super::scope::Scope;
use super::service_deployment::listing::{Listing, Wanted};
use super::{EcsService, cluster, daemon};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::ListDaemonDeploymentsRequest) -> Vec<Target> {
    daemon::targets(ecs, call, &input.daemon_arn)
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ListDaemonDeploymentsRequest,
) -> Result<api::ListDaemonDeploymentsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let named = daemon::reference(scope, &input.daemon_arn)?;
    let listing = Listing::of(
        call,
        Wanted {
            operation: "ListDaemonDeployments",
            service: (&named.0, &named.1),
            statuses: input.status.iter().flatten().map(|status| status.as_str()).collect(),
            created: input.created_at.unwrap_or_default(),
            next_token: input.next_token.as_deref(),
            max_results: input.max_results,
        },
    )?;
    let view = ecs.store.view();
    cluster::active(&view, scope, &named.0)?;
    // The model knows no daemons that are not found here.
    let missing = "The specified daemon was not found. Specify a valid daemon and try again.";
    daemon::present(&view, scope, &named).map_err(|_| errors::invalid_parameter_exception(missing))?;
    let (deployments, next_token) = listing.page(&view, scope);
    Ok(api::ListDaemonDeploymentsResponse {
        daemon_deployments: Some(deployments.into_iter().map(|record| deployment::summary(scope, record)).collect()),
        next_token,
    })
}
