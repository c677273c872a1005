//! `berth ps`: the tasks of a cluster.

use anyhow::Result;
use berth_api::ecs::Task;
use berth_client::Client;

use crate::cli::Place;
use crate::connection::Connection;
use crate::tasks;
use crate::terminal::{self, Cell, FAINT, Watch};

#[derive(Debug, clap::Args)]
pub(crate) struct Ps {
    #[command(flatten)]
    place: Place,

    /// Also those that stopped within the last hour
    #[arg(long, short)]
    all: bool,

    #[command(flatten)]
    watch: Watch,

    /// Print the ids alone, in full
    #[arg(long, short, conflicts_with = "watch")]
    quiet: bool,

    /// Print a JSON array
    #[arg(long, conflicts_with_all = ["quiet", "watch"])]
    json: bool,
}

pub(super) async fn run(arguments: &Ps) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    if arguments.json {
        let all: Vec<_> = listed(client, cluster, arguments.all).await?.iter().map(tasks::as_json).collect();
        return terminal::print(&format!("{}\n", serde_json::Value::Array(all)));
    }
    if arguments.quiet {
        let all = listed(client, cluster, arguments.all).await?;
        let ids: String = all.iter().map(|task| format!("{}\n", tasks::id(tasks::arn(task)))).collect();
        return terminal::print(&ids);
    }
    arguments.watch.print(async || Ok(page(&listed(client, cluster, arguments.all).await?))).await
}

/// The tasks of a cluster, the newest first.
async fn listed(client: &Client, cluster: &str, stopped: bool) -> Result<Vec<Task>> {
    let arns = tasks::all(client, cluster).await?;
    let mut listed = tasks::describe(client, cluster, &arns).await?;
    listed.retain(|task| stopped || !tasks::is_stopped(task));
    listed.sort_by_key(|task| std::cmp::Reverse(task.created_at.map(|at| at.0)));
    Ok(listed)
}

fn page(listed: &[Task]) -> String {
    let row = |task: &Task| {
        [
            tasks::short_id(tasks::arn(task)).into(),
            tasks::id(task.task_definition_arn.as_deref().unwrap_or_default()).into(),
            tasks::status(task),
            Cell(task.created_at.map(|at| terminal::age(at.0)).unwrap_or_default(), FAINT),
            tasks::containers(task),
        ]
    };
    let rows: Vec<_> = listed.iter().map(row).collect();
    terminal::table(["TASK", "DEFINITION", "STATUS", "AGE", "CONTAINERS"], &rows)
}
