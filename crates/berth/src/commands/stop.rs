//! `berth stop`: stops tasks and waits until they are over.

use anyhow::Result;
use berth_api::ecs::Task;

use crate::cli::Place;
use crate::connection::Connection;
use crate::{tasks, terminal};

#[derive(Debug, clap::Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    place: Place,

    /// Ids of tasks, or what they begin with
    #[arg(required = true, value_name = "TASK")]
    tasks: Vec<String>,

    /// Why; the task's description shows it
    #[arg(long, default_value = "Stopped with berth stop")]
    reason: String,

    /// Do not wait until they are over
    #[arg(long)]
    no_wait: bool,

    /// Print one JSON object for each
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Stop) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, &arguments.place.cluster);
    let mut meant = Vec::new();
    // A mistake in one of them stops none.
    for text in &arguments.tasks {
        meant.push(tasks::find(client, cluster, text).await?);
    }
    for task in &meant {
        tasks::stop(client, cluster, tasks::arn(task), &arguments.reason).await?;
    }
    let mut left: Vec<String> = meant.iter().map(|task| tasks::arn(task).to_owned()).collect();
    while !left.is_empty() {
        for task in tasks::describe(client, cluster, &left).await? {
            if arguments.no_wait || tasks::is_stopped(&task) {
                tell(&task, arguments.json)?;
                left.retain(|arn| arn != tasks::arn(&task));
            }
        }
        if !left.is_empty() {
            tokio::time::sleep(tasks::LOOK).await;
        }
    }
    Ok(())
}

fn tell(task: &Task, json: bool) -> Result<()> {
    if json {
        return terminal::print(&format!("{}\n", tasks::as_json(task)));
    }
    let outcomes: Vec<String> = task.containers.iter().flatten().map(tasks::outcome).collect();
    terminal::print(&format!("{}  {}\n", tasks::short_id(tasks::arn(task)), outcomes.join(", ")))
}
