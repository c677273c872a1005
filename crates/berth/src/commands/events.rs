//! `berth events`: what happened to the tasks, services and nodes of a cluster, from the moments that they carry.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use berth_api::ecs::{ContainerInstance, Service, Task};
use berth_client::Client;
use berth_wire::{EnumShape as _, Timestamp};

use super::node;
use crate::cli::Place;
use crate::connection::Connection;
use crate::terminal::{self, BAD, FAINT, GOOD, PLAIN, WAITING, rfc_3339};
use crate::{services, tasks};

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
#[command(after_help = "Of tasks that stopped it knows those of the last hour, of services their last 100 events, as ECS does.")]
pub(crate) struct Events {
    #[command(flatten)]
    place: Place,

    /// Go on with what happens from now on, until Ctrl-C
    #[arg(long, short)]
    follow: bool,

    /// Print one JSON object for each event
    #[arg(long)]
    json: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    /// Milliseconds since 1970.
    at: i64,
    /// What comes first of what happened in the same millisecond.
    step: usize,
    /// `task`, `service` or `node`.
    kind: &'static str,
    /// The whole id, or the name of a service.
    id: String,
    text: String,
    grade: Grade,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Plain,
    Good,
    Waiting,
    Bad,
}

pub(super) async fn run(arguments: &Events) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    let mut told = BTreeSet::new();
    loop {
        let mut events = seen(client, cluster).await?;
        // A task that is forgotten needs no memory here.
        let keys: BTreeSet<_> = events.iter().map(key).collect();
        events.retain(|event| !told.contains(&key(event)));
        events.sort();
        terminal::print(&page(&events, arguments.json))?;
        if !arguments.follow {
            return Ok(());
        }
        told = keys;
        tokio::time::sleep(LOOK).await;
    }
}

/// What makes it one that was told already.
fn key(event: &Event) -> (i64, String, String) {
    // What a node does has no moment of its own: it is the moment when it was seen.
    let at = if event.kind == "node" { 0 } else { event.at };
    (at, event.id.clone(), event.text.clone())
}

async fn seen(client: &Client, cluster: &str) -> Result<Vec<Event>> {
    let arns = tasks::all(client, cluster).await?;
    let mut events: Vec<Event> = tasks::describe(client, cluster, &arns).await?.iter().flat_map(of_task).collect();
    events.extend(services::all(client, cluster).await?.iter().flat_map(of_service));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    events.extend(node::nodes(client, cluster).await?.iter().flat_map(|node| of_node(node, now)));
    Ok(events)
}

fn of_task(task: &Task) -> Vec<Event> {
    let id = tasks::id(tasks::arn(task));
    let definition = tasks::id(task.task_definition_arn.as_deref().unwrap_or_default());
    let stopped = || {
        let reason = task.stopped_reason.as_deref().unwrap_or("nobody knows why");
        match tasks::outcomes(task).join(", ") {
            none if none.is_empty() => format!("stopped: {reason}"),
            outcomes => format!("stopped: {reason} ({outcomes})"),
        }
    };
    let failed = task.containers.iter().flatten().any(|container| container.exit_code.is_none_or(|code| code != 0));
    let stop = task.stop_code.as_ref().map_or("asked to stop", |code| code.as_str());
    let moments: [(Option<Timestamp>, String, Grade); 6] = [
        (task.created_at, format!("created from {definition}"), Grade::Plain),
        (task.pull_started_at, "getting its images".to_owned(), Grade::Waiting),
        (task.pull_stopped_at, "has its images".to_owned(), Grade::Plain),
        (task.started_at, "running".to_owned(), Grade::Good),
        (task.stopping_at, format!("stopping: {stop}"), Grade::Waiting),
        (task.stopped_at, stopped(), if failed { Grade::Bad } else { Grade::Plain }),
    ];
    let happened = moments.into_iter().enumerate().filter_map(|(step, (at, text, grade))| at.map(|at| (at.0, step, text, grade)));
    happened.map(|(at, step, text, grade)| Event { at, step, kind: "task", id: id.to_owned(), text, grade }).collect()
}

fn of_service(service: &Service) -> Vec<Event> {
    let name = services::name(service);
    let count = service.events.iter().flatten().count();
    let told = service.events.iter().flatten().enumerate().filter_map(|(place, event)| {
        let text = event.message.as_deref()?;
        // Each begins with whose it is: `(service web) `.
        let text = text.strip_prefix(&format!("(service {name}) ")).unwrap_or(text).to_owned();
        let grade = grade(&text);
        // The newest comes first.
        Some(Event { at: event.created_at?.0, step: count - place, kind: "service", id: name.to_owned(), text, grade })
    });
    told.collect()
}

/// How good an event of a service is.
fn grade(text: &str) -> Grade {
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if has(&["steady state", "deployment completed"]) {
        Grade::Good
    } else if has(&["unable to", "failed", "rolling back"]) {
        Grade::Bad
    } else {
        Grade::Plain
    }
}

fn of_node(node: &ContainerInstance, now: i64) -> [Event; 2] {
    let status = node.status.clone().unwrap_or_default();
    let (text, grade) = match node.agent_connected {
        Some(true) => (format!("{status}, connected"), Grade::Good),
        _ => (format!("{status}, not connected"), Grade::Bad),
    };
    let event = |at, text, grade| Event { at, step: 0, kind: "node", id: tasks::id(node::arn(node)).to_owned(), text, grade };
    [event(node.registered_at.map_or(now, |at| at.0), "registered".to_owned(), Grade::Plain), event(now, text, grade)]
}

fn page(events: &[Event], json: bool) -> String {
    let line = |event: &Event| {
        let Event { at, kind, id, text, grade, .. } = event;
        let at = rfc_3339(*at);
        if json {
            return format!("{}\n", serde_json::json!({ "time": at, "kind": kind, "id": id, "event": text }));
        }
        let style = match grade {
            Grade::Plain => PLAIN,
            Grade::Good => GOOD,
            Grade::Waiting => WAITING,
            Grade::Bad => BAD,
        };
        let id = if *kind == "service" { id } else { tasks::short_id(id) };
        format!("{FAINT}{at}{FAINT:#}  {kind} {id}  {style}{text}{style:#}\n")
    };
    events.iter().map(line).collect()
}
