//! `berth run`: one container as a task, in the foreground.

mod definition;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{self as api, Task};
use berth_client::Client;
use tokio::signal::unix::{SignalKind, signal};

use super::logs::Form;
use crate::cli::Place;
use crate::connection::Connection;
use crate::tail::{Start, Tail};
use crate::tasks;
use crate::terminal::{self, WAITING};

#[derive(Debug, clap::Args)]
#[command(after_help = "The task definition that it makes can be used again: `berth ps --all` and the AWS CLI show it.")]
pub(crate) struct Run {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    container: Container,

    /// Print the task's id and leave it running
    #[arg(long, short)]
    detach: bool,

    /// With --detach: print a JSON object
    #[arg(long, requires = "detach")]
    json: bool,
}

/// What to run.
#[derive(Debug, clap::Args)]
struct Container {
    /// The image, as `berth image ls` shows it
    image: String,

    /// The command and its arguments; the image's own if nothing is said
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,

    /// A name for task definition and container; taken from the image if nothing is said
    #[arg(long, value_parser = definition::name)]
    name: Option<String>,

    /// A variable of the container's environment
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = definition::variable)]
    env: Vec<(String, String)>,

    /// A program in place of the image's entry point
    #[arg(long, value_name = "PROGRAM")]
    entrypoint: Option<String>,

    /// The user to run as, as Docker has it: NAME, UID, UID:GID
    #[arg(long, short)]
    user: Option<String>,

    /// Processor units to reserve; 1024 are one processor. Nothing said reserves nothing
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(i32).range(0..=196_608))]
    cpu: Option<i32>,

    /// MiB to reserve, above which it is killed. Nothing said is no limit
    #[arg(long, short, value_name = "MIB", value_parser = clap::value_parser!(i32).range(6..))]
    memory: Option<i32>,

    /// What it reaches
    #[arg(long, value_enum, default_value = "host")]
    network: Network,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Network {
    /// All that this machine reaches
    Host,
    /// Itself alone
    None,
}

pub(super) async fn run(arguments: &Run) -> Result<ExitCode> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    // Before the task is there: an early Ctrl-C must not leave it behind.
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let definition = definition::of(client, &arguments.container).await?;
    let task = start(client, cluster, &definition).await?;
    let arn = tasks::arn(&task).to_owned();
    if arguments.detach {
        let text = if arguments.json { tasks::as_json(&task).to_string() } else { tasks::id(&arn).to_owned() };
        terminal::print(&format!("{text}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut tail = Tail::of(&connection, &[(definition, task)], None, Start::default())?;
    let form = Form::Text { timestamps: false };
    let arns = [arn.clone()];
    let following = tail.follow(&connection, cluster, &arns, |tail, lines| form.print(tail, lines));
    tokio::pin!(following);
    let mut asked = false;
    loop {
        tokio::select! {
            ended = &mut following => return outcome(ended?.first().context("it was followed")?),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if asked {
            terminal::note(format_args!("{WAITING}task {} is left stopping{WAITING:#}", tasks::short_id(&arn)));
            return Ok(ExitCode::from(130));
        }
        asked = true;
        tasks::stop(client, cluster, &arn, "Stopped with Ctrl-C of berth run").await?;
        terminal::note(format_args!("{WAITING}stopping task {}; again to leave it{WAITING:#}", tasks::short_id(&arn)));
    }
}

async fn start(client: &Client, cluster: &str, definition: &api::TaskDefinition) -> Result<Task> {
    let name = definition.task_definition_arn.clone().unwrap_or_default();
    let input = api::RunTaskRequest {
        cluster: Some(cluster.to_owned()),
        task_definition: name,
        count: Some(1),
        started_by: Some("berth run".to_owned()),
        ..Default::default()
    };
    let answer = match client.call(&input).await {
        Err(error) if error.message().is_some_and(|message| message.starts_with("No Container Instances")) => {
            bail!(
                "cluster {cluster} has no machine to run it on: `berth up` (as root, without --no-agent) or `berth agent` brings one"
            )
        }
        answer => answer.with_context(|| format!("starting a task in cluster {cluster}"))?,
    };
    if let Some(task) = answer.tasks.unwrap_or_default().pop() {
        return Ok(task);
    }
    let failures: Vec<String> = answer.failures.iter().flatten().map(reason).collect();
    bail!("no machine of cluster {cluster} can take the task: {}", failures.join("; "))
}

/// Why an instance did not take the task.
fn reason(failure: &api::Failure) -> String {
    let reason = failure.reason.as_deref().unwrap_or_default();
    match (reason, failure.detail.as_deref()) {
        ("AGENT", _) => "its agent is not connected (is `berth up` or `berth agent` running there?)".to_owned(),
        (reason, Some(detail)) => format!("{reason}, {detail}"),
        (reason, None) => reason.to_owned(),
    }
}

/// What to exit with, as the task's only container did.
fn outcome(task: &Task) -> Result<ExitCode> {
    let container = task.containers.iter().flatten().next();
    if let Some(code) = container.and_then(|container| container.exit_code) {
        tasks::explain(task, None);
        return Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)));
    }
    let why = container.and_then(|container| container.reason.as_deref()).or(task.stopped_reason.as_deref());
    bail!("task {} did not run: {}", tasks::short_id(tasks::arn(task)), why.unwrap_or("nobody knows how it ended"))
}
