//! `berth deploy`: another image or task definition for a service, and how it goes.

mod images;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{Deployment, Service, ServiceDeployment, ServiceDeploymentStatus, UpdateServiceRequest};
use berth_client::Client;
use berth_wire::EnumShape as _;

use crate::cli::Place;
use crate::connection::Connection;
use crate::interrupts::{INTERRUPTED, Interrupts};
use crate::services::{self, Bulletin};
use crate::tasks::{self, LOOK};
use crate::terminal::{self, GOOD, WAITING};
use images::Image;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Tells on standard error how the deployment goes, and exits by its result: 0 if it completed, 1 if it failed, was stopped or rolled back. \
It pauses at the lifecycle hooks of the service, and says how it goes on from each. Without a circuit breaker (deploymentCircuitBreaker) tasks that fail to start are tried for ever: --timeout ends the waiting. \
Ctrl-C ends the waiting alone: the deployment goes on.")]
pub(crate) struct Deploy {
    #[command(flatten)]
    place: Place,

    /// The service
    service: String,

    #[command(flatten)]
    change: Change,

    /// From now on, the nodes that suit its tasks pull the images of each new revision at once, before tasks come
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pull_ahead: Option<bool>,

    /// Do not wait for its end
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,

    /// Give up waiting after so many seconds, as a failure
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,

    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// What to deploy.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Change {
    /// The image of its only container, or of a named one: registers a revision of its task definition with it
    #[arg(long, value_name = "[CONTAINER=]IMAGE", value_parser = Image::parse)]
    image: Vec<Image>,

    /// A task definition that is registered; without a number its newest revision
    #[arg(long, value_name = "FAMILY[:NUMBER]", conflicts_with = "image")]
    task_definition: Option<String>,

    /// Replace its tasks even if nothing is different
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(arguments: &Deploy) -> Result<ExitCode> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    let before = services::find(client, cluster, &arguments.service).await?;
    let mut interrupts = Interrupts::new()?;
    let service = begin(client, cluster, &before, arguments).await?;
    let (Some(deployment), Some(arn)) = (services::primary(&service), &service.current_service_deployment) else {
        bail!("service {} has task sets: whoever makes them deploys it", arguments.service);
    };
    let is_new = services::primary(&before).map(|before| &before.id) != Some(&deployment.id);
    if !is_new && services::is_completed(deployment) {
        let runs = tasks::id(service.task_definition.as_deref().unwrap_or_default());
        terminal::note(format_args!("{} runs {runs} already; --force replaces its tasks all the same", arguments.service));
    }
    if arguments.no_wait {
        return tell(&service, &services::record(client, arn).await?, arguments.json).map(|()| ExitCode::SUCCESS);
    }
    let timeout = arguments.timeout.map_or(Duration::MAX, Duration::from_secs);
    let name = services::name(&service);
    tokio::select! {
        ended = attend(client, cluster, &service, &before, arn) => {
            let (service, record) = ended?;
            tell(&service, &record, arguments.json)?;
            let failure = match &deployment.id {
                Some(id) if !succeeded(&record) => services::last_failure(client, cluster, id).await?,
                _ => None,
            };
            outcome(&service, &record, failure)
        }
        () = interrupts.next() => {
            terminal::note(format_args!("{WAITING}the deployment of {name} goes on; `berth services {name}` shows it{WAITING:#}"));
            Ok(ExitCode::from(INTERRUPTED))
        }
        () = tokio::time::sleep(timeout) => {
            bail!("the deployment of {name} has not ended after {} s, and goes on; `berth why {name}` says what is missing", timeout.as_secs())
        }
    }
}

/// Asks for the deployment; answers the service with it.
async fn begin(client: &Client, cluster: &str, before: &Service, arguments: &Deploy) -> Result<Service> {
    let Deploy { change, pull_ahead, .. } = arguments;
    let images = match change.image.as_slice() {
        [] => None,
        images => {
            let now = before.task_definition.as_deref();
            let now = now.with_context(|| format!("service {} has no task definition", services::name(before)))?;
            Some(images::by_container(client, now, images).await?)
        }
    };
    let input = UpdateServiceRequest {
        cluster: Some(cluster.to_owned()),
        service: services::name(before).to_owned(),
        task_definition: change.task_definition.clone(),
        berth_images: images,
        berth_pull_ahead: *pull_ahead,
        force_new_deployment: Some(change.force),
        ..Default::default()
    };
    services::update(client, &input).await
}

/// Tells how a deployment goes until it has ended.
async fn attend(
    client: &Client,
    cluster: &str,
    service: &Service,
    before: &Service,
    arn: &str,
) -> Result<(Service, ServiceDeployment)> {
    let mut bulletin = Bulletin::after(before);
    let (mut told, mut paused) = (String::new(), Vec::new());
    loop {
        // The record first: what it says has ended is seen in the service.
        let record = services::record(client, arn).await?;
        let seen = services::find(client, cluster, services::name(service)).await?;
        bulletin.tell(&seen);
        let progress = progress(&seen);
        if progress != told {
            terminal::note(format_args!("{progress}"));
            told = progress;
        }
        let pauses = services::pauses(&record);
        for line in pauses.iter().filter(|line| !paused.contains(*line)) {
            terminal::note(format_args!("{WAITING}{line}{WAITING:#}"));
        }
        paused = pauses;
        if is_over(&record) {
            return Ok((seen, record));
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn is_over(record: &ServiceDeployment) -> bool {
    use ServiceDeploymentStatus::{RollbackFailed, RollbackSuccessful, Stopped, Successful};
    matches!(record.status, Some(Successful | Stopped | RollbackSuccessful | RollbackFailed))
}

fn succeeded(record: &ServiceDeployment) -> bool {
    record.status == Some(ServiceDeploymentStatus::Successful)
}

/// The deployments of a service in a line, the newest first.
fn progress(service: &Service) -> String {
    let count = |count: Option<i32>| count.unwrap_or_default();
    let words = |deployment: &Deployment| {
        let definition = tasks::id(deployment.task_definition.as_deref().unwrap_or_default());
        let (running, desired) = (count(deployment.running_count), count(deployment.desired_count));
        let mut words = format!("{definition} {running} of {desired} running");
        for (count, what) in [(deployment.pending_count, "pending"), (deployment.failed_tasks, "failed")] {
            if let Some(count @ 1..) = count {
                words.push_str(&format!(", {count} {what}"));
            }
        }
        words
    };
    let all: Vec<String> = service.deployments.iter().flatten().map(words).collect();
    all.join("; before: ")
}

fn tell(service: &Service, record: &ServiceDeployment, json: bool) -> Result<()> {
    let status = record.status.as_ref().map(|status| status.as_str()).unwrap_or_default();
    let definition = tasks::id(service.task_definition.as_deref().unwrap_or_default());
    if json {
        let told = serde_json::json!({
            "service": service.service_name,
            "serviceDeploymentArn": record.service_deployment_arn,
            "status": status,
            "statusReason": record.status_reason,
            "taskDefinition": definition,
            "runningCount": service.running_count,
            "desiredCount": service.desired_count,
        });
        return terminal::print(&format!("{told}\n"));
    }
    let style = if succeeded(record) { GOOD } else { WAITING };
    terminal::print(&format!("{}  {definition}  {style}{status}{style:#}\n", services::name(service)))
}

/// What to exit with, as the deployment ended.
fn outcome(service: &Service, record: &ServiceDeployment, failure: Option<String>) -> Result<ExitCode> {
    if succeeded(record) {
        return Ok(ExitCode::SUCCESS);
    }
    let name = services::name(service);
    let why = record.status_reason.as_deref().unwrap_or("nobody said why.");
    let failure = failure.map(|failure| format!(" The last task: {failure}.")).unwrap_or_default();
    bail!("the deployment of {name} did not complete: {why}{failure} `berth why {name}` says more")
}
