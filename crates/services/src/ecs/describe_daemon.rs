//! `DescribeDaemon`: a daemon with the revisions that it has tasks of.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{Service, ServiceRevision};
use berth_store::State;

use super::daemon::deployment::{Share, revision, shares};
use super::scope::Scope;
use super::service::describe::{number, time};
use super::{EcsService, daemon};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeDaemonRequest) -> Vec<Target> {
    daemon::targets(ecs, call, &input.daemon_arn)
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeDaemonRequest,
) -> Result<api::DescribeDaemonResponse, Refusal> {
    let scope = Scope::of(call)?;
    let named = daemon::reference(scope, &input.daemon_arn)?;
    let view = ecs.store.view();
    let found = daemon::present(&view, scope, &named)?;
    Ok(api::DescribeDaemonResponse {
        daemon: Some(api::DaemonDetail {
            daemon_arn: Some(scope.daemon_arn(&found.cluster, &found.name)),
            cluster_arn: Some(scope.cluster_arn(&found.cluster)),
            status: Some(daemon::status(found)),
            current_revisions: Some(current(scope, found, &view)),
            deployment_arn: daemon::deployment_arn(scope, found),
            created_at: time(found.created_at),
            updated_at: time(found.updated_at),
        }),
    })
}

/// The revision that is to run first, then those that it replaces and that still do.
fn current(scope: Scope, found: &Service, state: &State) -> Vec<api::DaemonRevisionDetail> {
    let revisions = found.deployments.iter().filter_map(|one| revision(state, scope, one.revision));
    let all =
        revisions.enumerate().map(|(at, revision)| (at == 0, detail(scope, revision, shares(state, Some(found), revision))));
    all.filter(|(is_first, detail)| *is_first || detail.total_running_count != Some(0)).map(|(_, detail)| detail).collect()
}

fn detail(scope: Scope, revision: &ServiceRevision, shares: Vec<Share>) -> api::DaemonRevisionDetail {
    let of_provider = |share: &Share| api::DaemonCapacityProvider {
        arn: Some(scope.provider_arn(&share.provider)),
        running_count: number(share.running),
    };
    api::DaemonRevisionDetail {
        arn: Some(scope.daemon_revision_arn(&revision.cluster, &revision.service, revision.id)),
        capacity_providers: Some(shares.iter().map(of_provider).collect()),
        total_running_count: number(shares.iter().map(|share| share.running).sum()),
    }
}
