//! `berth ps`: the tasks of a cluster.

use anyhow::Result;

use crate::cli::Place;
use crate::connection::Connection;
use crate::tasks;
use crate::terminal::{self, Cell, FAINT};

#[derive(Debug, clap::Args)]
pub(crate) struct Ps {
    #[command(flatten)]
    place: Place,

    /// Also those that stopped within the last hour
    #[arg(long, short)]
    all: bool,

    /// Print the ids alone, in full
    #[arg(long, short)]
    quiet: bool,

    /// Print a JSON array
    #[arg(long, conflicts_with = "quiet")]
    json: bool,
}

pub(super) async fn run(arguments: &Ps) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let cluster = &arguments.place.cluster;
    let arns = tasks::all(&connection.client, cluster).await?;
    let mut listed = tasks::describe(&connection.client, cluster, &arns).await?;
    listed.retain(|task| arguments.all || !tasks::is_stopped(task));
    listed.sort_by_key(|task| std::cmp::Reverse(task.created_at.map(|at| at.0)));
    if arguments.json {
        let all: Vec<_> = listed.iter().map(tasks::as_json).collect();
        return terminal::print(&format!("{}\n", serde_json::Value::Array(all)));
    }
    if arguments.quiet {
        let ids: String = listed.iter().map(|task| format!("{}\n", tasks::id(tasks::arn(task)))).collect();
        return terminal::print(&ids);
    }
    let rows: Vec<[Cell; 5]> = listed
        .iter()
        .map(|task| {
            [
                tasks::short_id(tasks::arn(task)).into(),
                tasks::id(task.task_definition_arn.as_deref().unwrap_or_default()).into(),
                tasks::status(task),
                Cell(task.created_at.map(|at| terminal::age(at.0)).unwrap_or_default(), FAINT),
                tasks::containers(task),
            ]
        })
        .collect();
    terminal::print(&terminal::table(["TASK", "DEFINITION", "STATUS", "AGE", "CONTAINERS"], &rows))
}
