//! `berth why`: why a task or a service is as it is, in sentences.

mod service;
mod task;

use anyhow::{Result, bail};

use crate::cli::Place;
use crate::connection::Connection;
use crate::terminal;
use crate::{services, tasks};

#[derive(Debug, clap::Args)]
#[command(after_help = "Of tasks that stopped it knows those of the last hour, as ECS does.")]
pub(crate) struct Why {
    #[command(flatten)]
    place: Place,

    /// A service's name, or a task's id, or what that begins with
    #[arg(value_name = "TASK|SERVICE")]
    subject: String,

    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Why) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    let subject = arguments.subject.as_str();
    let service = if subject.contains(":task/") { None } else { services::known(client, cluster, subject).await? };
    let (kind, id, lines) = match service {
        Some(service) => ("service", services::name(&service).to_owned(), service::why(client, cluster, &service).await?),
        None => match tasks::find(client, cluster, subject).await {
            Ok(task) => ("task", tasks::id(tasks::arn(&task)).to_owned(), task::why(client, cluster, &task).await?),
            Err(error) => bail!("{}; {error:#}", services::unknown(client, cluster, subject).await?),
        },
    };
    if arguments.json {
        return terminal::print(&format!("{}\n", serde_json::json!({ "kind": kind, "id": id, "why": lines })));
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    terminal::print(&text)
}
