//! `berth services`: the services of a cluster, or one with its deployments and events.

use anyhow::{Context as _, Result};
use berth_api::ecs::{Deployment, Service, ServiceEvent, TaskSet};
use berth_wire::json::JsonWriter;
use berth_wire::{EnumShape as _, Shape as _, Timestamp};

use crate::cli::Place;
use crate::connection::Connection;
use crate::terminal::{self, Cell, FAINT, GOOD, WAITING, Watch, rfc_3339};
use crate::{services, tasks};

/// Events of one service that are shown.
const SHOWN: usize = 10;

#[derive(Debug, clap::Args)]
pub(crate) struct Services {
    #[command(flatten)]
    place: Place,

    /// A service, to be shown with its deployments and last events; all of the cluster if none is named
    service: Option<String>,

    #[command(flatten)]
    watch: Watch,

    /// Print a JSON array; of a named service what DescribeServices answers
    #[arg(long, conflicts_with = "watch")]
    json: bool,
}

pub(super) async fn run(arguments: &Services) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    match (&arguments.service, arguments.json) {
        (None, true) => {
            let all: Vec<_> = services::all(client, cluster).await?.iter().map(services::as_json).collect();
            terminal::print(&format!("{}\n", serde_json::Value::Array(all)))
        }
        (None, false) => arguments.watch.print(async || Ok(listed(&services::all(client, cluster).await?))).await,
        (Some(name), true) => terminal::print(&format!("{}\n", described(&services::find(client, cluster, name).await?)?)),
        (Some(name), false) => arguments.watch.print(async || Ok(one(&services::find(client, cluster, name).await?))).await,
    }
}

fn described(service: &Service) -> Result<String> {
    let mut writer = JsonWriter::new();
    service.write(Service::PLACE, &mut writer);
    let value: serde_json::Value = serde_json::from_slice(&writer.into_bytes()).context("reading the service")?;
    serde_json::to_string_pretty(&value).context("writing the service")
}

fn listed(all: &[Service]) -> String {
    let none = if all.is_empty() { format!("{FAINT}none: `aws ecs create-service` makes one{FAINT:#}\n") } else { String::new() };
    page(all) + &none
}

fn page(all: &[Service]) -> String {
    let row = |service: &Service| {
        let primary = services::primary(service);
        [
            services::name(service).into(),
            count(service.desired_count),
            running(service.running_count, service.desired_count),
            count(service.pending_count),
            primary.and_then(|primary| primary.id.as_deref()).map_or_else(nothing, |id| tasks::short_id(id).into()),
            state(service),
            definition(service.task_definition.as_deref()),
            age(service.created_at),
        ]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    terminal::table(["SERVICE", "DESIRED", "RUNNING", "PENDING", "DEPLOYMENT", "ROLLOUT", "REVISION", "AGE"], &rows)
}

fn one(service: &Service) -> String {
    let mut text = page(std::slice::from_ref(service));
    let deployments: Vec<_> = service.deployments.iter().flatten().map(deployment).collect();
    if !deployments.is_empty() {
        text.push('\n');
        let heading = ["DEPLOYMENT", "STATUS", "DESIRED", "RUNNING", "PENDING", "FAILED", "ROLLOUT", "REVISION", "AGE"];
        text.push_str(&terminal::table(heading, &deployments));
        let reason = services::primary(service).and_then(|primary| primary.rollout_state_reason.as_deref());
        text.push_str(&format!("{FAINT}{}{FAINT:#}\n", reason.unwrap_or_default()));
    }
    let sets: Vec<_> = service.task_sets.iter().flatten().map(task_set).collect();
    if !sets.is_empty() {
        text.push('\n');
        let heading = ["TASK SET", "STATUS", "DESIRED", "RUNNING", "PENDING", "STABILITY", "REVISION", "AGE"];
        text.push_str(&terminal::table(heading, &sets));
    }
    let mut events: Vec<&ServiceEvent> = service.events.iter().flatten().take(SHOWN).collect();
    events.reverse();
    if !events.is_empty() {
        text.push('\n');
    }
    for event in events {
        let at = event.created_at.map(|at| rfc_3339(at.0)).unwrap_or_default();
        text.push_str(&format!("{FAINT}{at}{FAINT:#}  {}\n", event.message.as_deref().unwrap_or_default()));
    }
    text
}

fn deployment(deployment: &Deployment) -> [Cell; 9] {
    [
        tasks::id(deployment.id.as_deref().unwrap_or_default()).into(),
        deployment.status.as_deref().unwrap_or_default().into(),
        count(deployment.desired_count),
        running(deployment.running_count, deployment.desired_count),
        count(deployment.pending_count),
        match deployment.failed_tasks {
            None | Some(0) => Cell("0".to_owned(), FAINT),
            Some(failed) => Cell(failed.to_string(), WAITING),
        },
        services::rollout(deployment),
        definition(deployment.task_definition.as_deref()),
        age(deployment.created_at),
    ]
}

fn task_set(set: &TaskSet) -> [Cell; 8] {
    [
        tasks::id(set.id.as_deref().unwrap_or_default()).into(),
        set.status.as_deref().unwrap_or_default().into(),
        count(set.computed_desired_count),
        running(set.running_count, set.computed_desired_count),
        count(set.pending_count),
        set.stability_status.as_ref().map_or_else(nothing, |status| status.as_str().into()),
        definition(set.task_definition.as_deref()),
        age(set.created_at),
    ]
}

/// What matters most: a service that is being deleted has no rollout.
fn state(service: &Service) -> Cell {
    if !services::is_active(service) {
        return Cell(service.status.clone().unwrap_or_default(), WAITING);
    }
    services::primary(service).map_or_else(nothing, services::rollout)
}

fn nothing() -> Cell {
    Cell("-".to_owned(), FAINT)
}

fn count(count: Option<i32>) -> Cell {
    count.unwrap_or_default().to_string().into()
}

/// As many as are wanted, or not.
fn running(running: Option<i32>, desired: Option<i32>) -> Cell {
    Cell(running.unwrap_or_default().to_string(), if running == desired { GOOD } else { WAITING })
}

fn definition(arn: Option<&str>) -> Cell {
    arn.map_or_else(nothing, |arn| tasks::id(arn).into())
}

fn age(at: Option<Timestamp>) -> Cell {
    Cell(at.map(|at| terminal::age(at.0)).unwrap_or_default(), FAINT)
}
