//! Services as the operator's commands see them.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{self as api, Deployment, DeploymentLifecycleHookStatus, DeploymentRolloutState, Service};
use berth_client::Client;
use berth_wire::EnumShape as _;

use crate::terminal::{self, BAD, Cell, FAINT, GOOD, PLAIN, WAITING};
use crate::{listing, tasks};

/// Services that one call describes.
const DESCRIBED_AT_ONCE: usize = 10;
/// Services that are all named instead of one that is not there.
const NAMED: usize = 5;
/// How much alike names have to be for one to be meant by the other.
const ALIKE: f64 = 0.8;

/// All services of a cluster, by their names.
pub(crate) async fn all(client: &Client, cluster: &str) -> Result<Vec<Service>> {
    let arns = arns(client, cluster).await?;
    let mut services = Vec::with_capacity(arns.len());
    for some in arns.chunks(DESCRIBED_AT_ONCE) {
        services.extend(describe(client, cluster, some).await?);
    }
    services.sort_by(|one, other| one.service_name.cmp(&other.service_name));
    Ok(services)
}

/// The service of a name or ARN; none if the cluster has had none of it within the hour.
pub(crate) async fn known(client: &Client, cluster: &str, text: &str) -> Result<Option<Service>> {
    Ok(describe(client, cluster, &[text.to_owned()]).await?.pop())
}

/// The service of a name or ARN, which has to be there.
pub(crate) async fn find(client: &Client, cluster: &str, text: &str) -> Result<Service> {
    if let Some(service) = known(client, cluster, text).await? {
        return Ok(service);
    }
    bail!(unknown(client, cluster, text).await?)
}

/// What to say of a service that is not there: which one may be meant.
pub(crate) async fn unknown(client: &Client, cluster: &str, text: &str) -> Result<String> {
    let arns = arns(client, cluster).await?;
    let names: Vec<&str> = arns.iter().map(|arn| tasks::id(arn)).collect();
    Ok(format!("cluster {cluster} has no service {text}{}", instead(&names, tasks::id(text))))
}

/// How much alike two names are, from 0 to 1: one slip of the finger is little, also in a short one.
fn alike(one: &str, other: &str) -> f64 {
    let slip = if strsim::damerau_levenshtein(one, other) <= 1 { ALIKE } else { 0.0 };
    strsim::jaro_winkler(one, other).max(slip)
}

/// The services that there are instead of one.
fn instead(names: &[&str], text: &str) -> String {
    let nearest = names.iter().max_by(|one, other| alike(one, text).total_cmp(&alike(other, text)));
    match (nearest, names.len()) {
        (None, _) => ", nor any other; `aws ecs create-service` makes one".to_owned(),
        (Some(nearest), _) if alike(nearest, text) >= ALIKE => format!("; is {nearest} meant?"),
        (Some(only), 1) => format!("; there is {only}"),
        (_, 2..=NAMED) => format!("; there are {}", names.join(", ")),
        (_, many) => format!("; `berth services` lists the {many} that there are"),
    }
}

async fn arns(client: &Client, cluster: &str) -> Result<Vec<String>> {
    let input = api::ListServicesRequest { cluster: Some(cluster.to_owned()), ..Default::default() };
    listing::all(client, input).await.with_context(|| format!("listing the services of cluster {cluster}"))
}

/// Describes services; those that are gone are left out.
async fn describe(client: &Client, cluster: &str, services: &[String]) -> Result<Vec<Service>> {
    let input =
        api::DescribeServicesRequest { cluster: Some(cluster.to_owned()), services: services.to_vec(), ..Default::default() };
    let answer = client.call(&input).await.with_context(|| format!("describing services of cluster {cluster}"))?;
    Ok(answer.services.unwrap_or_default())
}

/// Changes a service; answers what it is then.
pub(crate) async fn update(client: &Client, input: &api::UpdateServiceRequest) -> Result<Service> {
    let answer = client.call(input).await.with_context(|| format!("updating service {}", input.service))?;
    answer.service.context("the answer describes no service")
}

/// The record of a deployment.
pub(crate) async fn record(client: &Client, arn: &str) -> Result<api::ServiceDeployment> {
    let input = api::DescribeServiceDeploymentsRequest { service_deployment_arns: vec![arn.to_owned()] };
    let answer = client.call(&input).await.context("describing the deployment")?;
    let record = answer.service_deployments.unwrap_or_default().pop();
    record.with_context(|| format!("the deployment {} is gone", tasks::id(arn)))
}

/// How the last task of a deployment ended that ended by itself.
pub(crate) async fn last_failure(client: &Client, cluster: &str, deployment: &str) -> Result<Option<String>> {
    let input = api::ListTasksRequest {
        cluster: Some(cluster.to_owned()),
        started_by: Some(deployment.to_owned()),
        desired_status: Some(api::DesiredStatus::Stopped),
        ..Default::default()
    };
    let arns = listing::all(client, input).await.context("listing the tasks of the deployment")?;
    let mut found = tasks::describe(client, cluster, &arns).await?;
    found.retain(|task| task.stop_code != Some(api::TaskStopCode::ServiceSchedulerInitiated));
    let last = found.into_iter().max_by_key(|task| task.stopped_at.or(task.stopping_at).map(|at| at.0));
    Ok(last.map(|task| {
        let reason = task.stopped_reason.clone().unwrap_or_default();
        [vec![reason], tasks::outcomes(&task)].concat().join("; ")
    }))
}

/// What a deployment that is paused waits for, a line for each hook, with the command that lets it go on.
pub(crate) fn pauses(record: &api::ServiceDeployment) -> Vec<String> {
    let stage = record.lifecycle_stage.as_ref().map(|stage| stage.as_str()).unwrap_or_default();
    let arn = record.service_deployment_arn.as_deref().unwrap_or_default();
    let awaiting =
        |hook: &&api::DeploymentLifecycleHookDetail| hook.status == Some(DeploymentLifecycleHookStatus::AwaitingAction);
    let line = |hook: &api::DeploymentLifecycleHookDetail| {
        let id = hook.hook_id.as_deref().unwrap_or_default();
        let until = hook.expires_at.map(|at| terminal::rfc_3339(at.0)).unwrap_or_default();
        let then = hook.timeout_action.as_ref().map(|action| action.as_str()).unwrap_or_default();
        format!(
            "paused at {stage} until {until}, then {then}: `aws ecs continue-service-deployment --service-deployment-arn {arn} \
             --hook-id {id} --action CONTINUE` lets it go on, ROLLBACK takes it back"
        )
    };
    record.lifecycle_hook_details.iter().flatten().filter(awaiting).map(line).collect()
}

/// A service's name.
pub(crate) fn name(service: &Service) -> &str {
    service.service_name.as_deref().unwrap_or_default()
}

/// The deployment that a service is to have; a service whose deployments are somebody else's has none.
pub(crate) fn primary(service: &Service) -> Option<&Deployment> {
    service.deployments.iter().flatten().next()
}

/// Whether a service is not being deleted, nor is gone.
pub(crate) fn is_active(service: &Service) -> bool {
    service.status.as_deref() == Some("ACTIVE")
}

/// Whether a service has all that it is to have, and nothing else.
pub(crate) fn is_settled(service: &Service) -> bool {
    service.running_count == service.desired_count
        && service.pending_count == Some(0)
        && service.deployments.iter().flatten().count() <= 1
        && primary(service).is_none_or(is_completed)
}

/// Whether nothing of a deployment is left to do.
pub(crate) fn is_completed(deployment: &Deployment) -> bool {
    deployment.rollout_state == Some(DeploymentRolloutState::Completed)
}

/// How far a deployment is.
pub(crate) fn rollout(deployment: &Deployment) -> Cell {
    let Some(state) = &deployment.rollout_state else { return Cell("-".to_owned(), FAINT) };
    let style = match state {
        DeploymentRolloutState::Completed => GOOD,
        DeploymentRolloutState::Failed => BAD,
        DeploymentRolloutState::InProgress => WAITING,
        DeploymentRolloutState::Unlisted(_) => PLAIN,
    };
    Cell(state.as_str().to_owned(), style)
}

/// A service's counts in a few words.
pub(crate) fn counts(service: &Service) -> String {
    let count = |count: Option<i32>| count.unwrap_or_default();
    let (desired, running, pending) = (count(service.desired_count), count(service.running_count), count(service.pending_count));
    format!("{running} of {desired} running, {pending} pending")
}

/// Tells people the events of a service that are new since it was first seen.
#[derive(Debug)]
pub(crate) struct Bulletin {
    told: BTreeSet<String>,
}

impl Bulletin {
    /// Of a service as it is now: none of its events is new.
    pub(crate) fn after(service: &Service) -> Self {
        Self { told: service.events.iter().flatten().filter_map(|event| event.id.clone()).collect() }
    }

    /// Tells what is new, on standard error.
    pub(crate) fn tell(&mut self, service: &Service) {
        for event in service.events.iter().flatten().rev() {
            if event.id.as_ref().is_some_and(|id| self.told.insert(id.clone())) {
                terminal::note(format_args!("{FAINT}{}{FAINT:#}", event.message.as_deref().unwrap_or_default()));
            }
        }
    }
}

/// A service for machines to read.
pub(crate) fn as_json(service: &Service) -> serde_json::Value {
    let primary = primary(service);
    serde_json::json!({
        "name": service.service_name,
        "serviceArn": service.service_arn,
        "status": service.status,
        "desiredCount": service.desired_count,
        "runningCount": service.running_count,
        "pendingCount": service.pending_count,
        "deployment": primary.and_then(|primary| primary.id.as_deref()),
        "rolloutState": primary.and_then(|primary| primary.rollout_state.as_ref()).map(|state| state.as_str()),
        "rolloutStateReason": primary.and_then(|primary| primary.rollout_state_reason.as_deref()),
        "taskDefinition": service.task_definition.as_deref().map(tasks::id),
        "createdAt": service.created_at.map(|at| at.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_service_is_answered_with_the_nearest_or_with_those_that_there_are() {
        assert_eq!(instead(&["api", "storefront"], "storfront"), "; is storefront meant?");
        assert_eq!(instead(&["api", "web"], "wbe"), "; is web meant?");
        assert_eq!(instead(&["api", "web"], "reports"), "; there are api, web");
        assert_eq!(instead(&["web"], "reports"), "; there is web");
        assert!(instead(&[], "web").starts_with(", nor any other"));
        let many: Vec<String> = (0..40).map(|number| format!("x{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(instead(&many, "reports"), "; `berth services` lists the 40 that there are");
    }
}
