//! `berth inspect`: all that is known of a task.

use anyhow::{Context as _, Result};
use berth_api::ecs::{Container, ContainerOverride, NetworkBinding, Task};
use berth_wire::json::JsonWriter;
use berth_wire::{EnumShape as _, Redacted, Shape as _, Timestamp};

use crate::cli::Place;
use crate::connection::Connection;
use crate::tasks;
use crate::terminal::{self, BAD, Cell, FAINT, PLAIN, Watch, rfc_3339};
use crate::usage::{self, TaskUsage};

#[derive(Debug, clap::Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    place: Place,

    /// The task's id, or what it begins with
    task: String,

    #[command(flatten)]
    watch: Watch,

    /// Print it as DescribeTasks answers it
    #[arg(long, conflicts_with = "watch")]
    json: bool,
}

pub(super) async fn run(arguments: &Inspect) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    let task = tasks::find(client, cluster, &arguments.task).await?;
    if arguments.json {
        let mut writer = JsonWriter::new();
        task.write(Task::PLACE, &mut writer);
        let value: serde_json::Value = serde_json::from_slice(&writer.into_bytes()).context("reading the task")?;
        return terminal::print(&format!("{}\n", serde_json::to_string_pretty(&value)?));
    }
    let arn = tasks::arn(&task).to_owned();
    let look = async || {
        let task = tasks::one(client, cluster, &arn).await?;
        let used = if tasks::is_stopped(&task) { Vec::new() } else { usage::of(client, cluster, &[tasks::id(&arn)]).await? };
        Ok(page(&task, &used))
    };
    arguments.watch.print(look).await
}

fn page(task: &Task, used: &[TaskUsage]) -> String {
    let mut text = String::new();
    let lines = about(task);
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, Cell(value, style)) in lines {
        text.push_str(&format!("{FAINT}{name:width$}{FAINT:#}   {style}{value}{style:#}\n"));
    }
    let rows: Vec<_> = task.containers.iter().flatten().map(row).collect();
    text.push('\n');
    text.push_str(&terminal::table(["CONTAINER", "STATUS", "EXIT", "HEALTH", "PORTS", "IMAGE"], &rows));
    let rows: Vec<_> = used.iter().flat_map(|used| &used.containers).map(|used| usage::cells(used, Some(task))).collect();
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&terminal::table(usage::COLUMNS, &rows));
    }
    for container in task.containers.iter().flatten() {
        if let (Some(name), Some(reason)) = (&container.name, &container.reason) {
            text.push_str(&format!("\n{BAD}{name}: {reason}{BAD:#}\n"));
        }
    }
    text
}

fn about(task: &Task) -> Vec<(&'static str, Cell)> {
    let plain = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(|text| Cell(text.to_owned(), PLAIN));
    let time = |at: Option<Timestamp>| at.map(|at| Cell(format!("{} ({} ago)", rfc_3339(at.0), terminal::age(at.0)), PLAIN));
    let size = match (task.cpu.as_deref(), task.memory.as_deref()) {
        (None, None) => None,
        (cpu, memory) => Some(format!("{} CPU units, {} MiB", cpu.unwrap_or("0"), memory.unwrap_or("0")).into()),
    };
    let launch = task.launch_type.as_ref().map(|kind| match task.platform_version.as_deref() {
        Some(version) => format!("{} {version}", kind.as_str()).into(),
        None => kind.as_str().into(),
    });
    let stopped = task.stop_code.as_ref().map(|code| {
        let reason = task.stopped_reason.as_deref().unwrap_or_default();
        Cell(format!("{}: {reason}", code.as_str()), BAD)
    });
    let lines = [
        ("Task", plain(task.task_arn.as_deref())),
        ("Definition", plain(task.task_definition_arn.as_deref().map(tasks::id))),
        ("Status", Some(tasks::status(task))),
        ("Stopped because", stopped),
        ("Launch", launch),
        ("Size", size),
        ("Node", plain(task.container_instance_arn.as_deref().map(tasks::id))),
        ("Zone", plain(task.availability_zone.as_deref())),
        ("Network", network(task)),
        ("Group", plain(task.group.as_deref())),
        ("Started by", plain(task.started_by.as_deref())),
        ("Overrides", overrides(task)),
        ("Health", plain(task.health_status.as_ref().map(|health| health.as_str()).filter(|health| *health != "UNKNOWN"))),
        ("Created", time(task.created_at)),
        ("Started", time(task.started_at)),
        ("Stopping", time(task.stopping_at)),
        ("Stopped", time(task.stopped_at)),
    ];
    lines.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
}

/// What the caller had in place of what the definition says, by container. Values of variables may be secret.
fn overrides(task: &Task) -> Option<Cell> {
    let given = task.overrides.iter().flat_map(|overrides| overrides.container_overrides.iter().flatten());
    let of_container = |given: &ContainerOverride| {
        let words = |words: &Option<Vec<String>>| words.as_ref().filter(|words| !words.is_empty()).map(|words| words.join(" "));
        let number = |number: Option<i32>| number.map(|number| number.to_string());
        let variables = given.environment.iter().flat_map(|Redacted(variables)| variables);
        let names: Vec<&str> = variables.filter_map(|variable| variable.name.as_deref()).collect();
        let said = [
            ("image", given.berth_image.clone()),
            ("entry point", words(&given.berth_entry_point)),
            ("command", words(&given.command)),
            ("log driver", given.berth_log_configuration.as_ref().map(|log| log.log_driver.as_str().to_owned())),
            ("variables", (!names.is_empty()).then(|| names.join(" "))),
            ("cpu", number(given.cpu)),
            ("memory", number(given.memory)),
            ("memory reservation", number(given.memory_reservation)),
        ];
        let said: Vec<String> = said.into_iter().filter_map(|(what, value)| Some(format!("{what} {}", value?))).collect();
        (!said.is_empty()).then(|| format!("{}: {}", given.name.as_deref().unwrap_or_default(), said.join(", ")))
    };
    let all: Vec<String> = given.filter_map(of_container).collect();
    (!all.is_empty()).then(|| all.join("; ").into())
}

/// The address of the task's own interface, and where it is.
fn network(task: &Task) -> Option<Cell> {
    let attachment = task.attachments.iter().flatten().find(|one| one.r#type.as_deref() == Some("ElasticNetworkInterface"))?;
    let detail = |name: &str| {
        let found = attachment.details.iter().flatten().find(|detail| detail.name.as_deref() == Some(name));
        found.and_then(|detail| detail.value.as_deref()).unwrap_or("?")
    };
    Some(format!("{} in {} ({})", detail("privateIPv4Address"), detail("subnetId"), detail("networkInterfaceId")).into())
}

fn row(container: &Container) -> [Cell; 6] {
    let text = |text: Option<&str>| Cell::from(text.unwrap_or_default());
    let exit = match container.exit_code {
        Some(0) => Cell("0".to_owned(), PLAIN),
        Some(code) => Cell(code.to_string(), BAD),
        None => Cell("-".to_owned(), FAINT),
    };
    let health = container.health_status.as_ref().map(|health| health.as_str()).filter(|health| *health != "UNKNOWN");
    let ports: Vec<String> = container.network_bindings.iter().flatten().map(port).collect();
    [
        text(container.name.as_deref()),
        text(container.last_status.as_deref()),
        exit,
        text(health.or(Some("-"))),
        if ports.is_empty() { "-".into() } else { ports.join(", ").into() },
        text(container.image.as_deref()),
    ]
}

/// `HOST->CONTAINER/PROTOCOL`.
fn port(binding: &NetworkBinding) -> String {
    let number = |port: Option<i32>, range: Option<&str>| match (port, range) {
        (_, Some(range)) => range.to_owned(),
        (Some(port), None) => port.to_string(),
        (None, None) => "?".to_owned(),
    };
    let host = number(binding.host_port, binding.host_port_range.as_deref());
    let container = number(binding.container_port, binding.container_port_range.as_deref());
    let protocol = binding.protocol.as_ref().map_or("tcp", |protocol| protocol.as_str());
    format!("{host}->{container}/{protocol}")
}
