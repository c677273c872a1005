//! `berth stats`: what tasks use.

use anyhow::{Context as _, Result, bail};
use berth_client::Client;

use crate::cli::Place;
use crate::connection::Connection;
use crate::tasks;
use crate::terminal::{self, Cell, Watch};
use crate::usage;

#[derive(Debug, clap::Args)]
pub(crate) struct Stats {
    #[command(flatten)]
    place: Place,

    /// The tasks: their ids, or what these begin with; all of the cluster if none is named
    tasks: Vec<String>,

    #[command(flatten)]
    watch: Watch,

    /// Print a JSON object; bytes count from a container's beginning
    #[arg(long, conflicts_with = "watch")]
    json: bool,

    /// With --json: also processor and memory of the last minutes
    #[arg(long, requires = "json")]
    past: bool,
}

pub(super) async fn run(arguments: &Stats) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    let mut arns = Vec::with_capacity(arguments.tasks.len());
    for text in &arguments.tasks {
        let task = tasks::find(client, cluster, text).await?;
        if tasks::is_stopped(&task) {
            bail!("task {} has stopped: it uses nothing any more", tasks::short_id(tasks::arn(&task)));
        }
        arns.push(tasks::arn(&task).to_owned());
    }
    let ids: Vec<&str> = arns.iter().map(|arn| tasks::id(arn)).collect();
    if arguments.json {
        let text = usage::ask(client, cluster, &ids, arguments.past).await?;
        let value: serde_json::Value = serde_json::from_str(&text).context("reading what tasks use")?;
        return terminal::print(&format!("{}\n", serde_json::to_string_pretty(&value)?));
    }
    arguments.watch.print(async || page(client, cluster, &ids).await).await
}

async fn page(client: &Client, cluster: &str, ids: &[&str]) -> Result<String> {
    let used = usage::of(client, cluster, ids).await?;
    let arns: Vec<String> = used.iter().map(|used| used.task_arn.clone()).collect();
    let known = tasks::describe(client, cluster, &arns).await?;
    let mut rows = Vec::new();
    for used in &used {
        let task = usage::described(used, &known);
        for container in &used.containers {
            let [name, cpu, memory, network, disk, pids] = usage::cells(container, task);
            let id: Cell = tasks::short_id(&used.task_arn).into();
            rows.push([id, name, cpu, memory, network, disk, pids]);
        }
    }
    let [name, cpu, memory, network, disk, pids] = usage::COLUMNS;
    Ok(terminal::table(["TASK", name, cpu, memory, network, disk, pids], &rows))
}
