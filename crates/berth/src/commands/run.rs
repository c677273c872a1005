//! `berth run`: one container as a task, in the foreground.

mod definition;
mod log;
mod port;
mod registered;
mod volume;

use std::fmt;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{self as api, Task, TaskDefinition};

use super::logs::Form;
use crate::cli::Place;
use crate::connection::Connection;
use crate::interrupts::{INTERRUPTED, Interrupts};
use crate::tail::{Start, Tail};
use crate::terminal::{self, WAITING};
use crate::{network, tasks};
use port::Port;
use registered::{Chosen, Registered};
use volume::Volume;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The task definition that it makes can be used again: `berth ps --all` and the AWS CLI show it. `berth inspect` shows the ports of the \
machine that were taken. With --task-definition nothing is registered: options and command hold for this task alone.

Exits as the container does; with 1 if it did not run, and with 130 if a second Ctrl-C leaves it stopping.")]
pub(crate) struct Run {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    container: Container,

    #[command(flatten)]
    registered: Registered,

    /// Print the task's id and leave it running
    #[arg(long, short)]
    detach: bool,

    /// Remove the task definition and the log when it has ended
    #[arg(long, conflicts_with_all = ["detach", "task_definition"])]
    rm: bool,

    /// With --detach: print a JSON object
    #[arg(long, requires = "detach")]
    json: bool,
}

/// What to run.
#[derive(Debug, clap::Args)]
struct Container {
    /// The image, as `berth image ls` shows it; with --task-definition the command begins here
    #[arg(required_unless_present = "task_definition")]
    image: Option<String>,

    /// The command and its arguments; the image's own if nothing is said
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,

    /// A name for task definition and container; taken from the image if nothing is said
    #[arg(long, value_parser = definition::name)]
    name: Option<String>,

    /// A variable of the container's environment; NAME alone takes the value that this shell has
    #[arg(long, short, value_name = "NAME[=VALUE]", value_parser = definition::variable)]
    env: Vec<(String, String)>,

    /// A port to be reached by: 8080:80 is port 80 of the container at port 8080 of the machine; 80 alone takes a free one
    #[arg(long, short, value_name = "[HOST:]PORT[/udp]")]
    publish: Vec<Port>,

    /// A folder of the machine, or a volume by its name, which stays, and where the container sees it
    #[arg(long, short, value_name = "PATH|NAME:TARGET[:ro]")]
    volume: Vec<Volume>,

    /// The role that the container acts in, by name or ARN
    #[arg(long, value_name = "ROLE")]
    task_role: Option<String>,

    /// The role that the node gets images and secrets in for it, by name or ARN
    #[arg(long, value_name = "ROLE")]
    execution_role: Option<String>,

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

    /// What it reaches; `bridge` if ports are published and `host` if not
    #[arg(long, value_enum)]
    network: Option<Network>,

    /// Who keeps what it prints: awslogs (the group /berth/run, if no option says another), json-file, none
    #[arg(long, value_name = "DRIVER")]
    log_driver: Option<String>,

    /// An option of the log driver
    #[arg(long, value_name = "NAME=VALUE", value_parser = log::option)]
    log_opt: Vec<(String, String)>,

    /// A variable whose value is a secret, by its ARN
    #[arg(long, value_name = "NAME=ARN", value_parser = log::option)]
    secret: Vec<(String, String)>,
}

impl Container {
    fn network(&self) -> Network {
        self.network.unwrap_or(if self.publish.is_empty() { Network::Host } else { Network::Bridge })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Network {
    /// All that this machine reaches, as this machine
    Host,
    /// Itself alone
    None,
    /// What this machine reaches; others reach the published ports
    Bridge,
    /// The task has an address of its own in the installation's network
    Awsvpc,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::None => "none",
            Self::Bridge => "bridge",
            Self::Awsvpc => "awsvpc",
        })
    }
}

pub(super) async fn run(arguments: &Run) -> Result<ExitCode> {
    let network = arguments.container.network();
    for port in &arguments.container.publish {
        port.check(network).map_err(anyhow::Error::msg)?;
    }
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let cluster = arguments.place.cluster.as_str();
    // Before the task is there: an early Ctrl-C must not leave it behind.
    let interrupts = Interrupts::new()?;
    let chosen = match arguments.registered.find(&connection.client, &arguments.container).await? {
        Some(chosen) => chosen,
        None => Chosen::new(definition::of(&connection.client, &arguments.container, arguments.rm).await?),
    };
    let definition = &chosen.definition;
    let started = start(&connection, cluster, &chosen).await;
    if let (Ok(task), true) = (&started, arguments.detach) {
        let text = if arguments.json { tasks::as_json(task).to_string() } else { tasks::id(tasks::arn(task)).to_owned() };
        terminal::print(&format!("{text}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let ran = match started {
        Ok(task) => attend(&connection, cluster, definition, task, interrupts).await,
        Err(error) => Err(error),
    };
    if arguments.rm {
        let ended = ran.as_ref().ok().and_then(Option::as_ref).map(tasks::arn);
        match (definition::remove(&connection.client, definition, ended).await, &ran) {
            (Err(error), Err(_)) => terminal::note(format_args!("{WAITING}{error:#}{WAITING:#}")),
            (removed, _) => removed?,
        }
    }
    ran?.map_or(Ok(ExitCode::from(INTERRUPTED)), |task| outcome(&task, chosen.container.as_deref()))
}

/// Shows what the task prints until it is over, and stops it on the first interrupt; answers nothing if a second one leaves it stopping.
async fn attend(
    connection: &Connection,
    cluster: &str,
    definition: &TaskDefinition,
    task: Task,
    mut interrupts: Interrupts,
) -> Result<Option<Task>> {
    let arns = [tasks::arn(&task).to_owned()];
    let [arn] = &arns;
    let mut tail = Tail::of(connection, &[(definition.clone(), task)], None, Start::default())?;
    let form = Form::Text { timestamps: false };
    let following = tail.follow(connection, cluster, &arns, |tail, lines| form.print(tail, lines));
    tokio::pin!(following);
    let mut asked = false;
    loop {
        tokio::select! {
            ended = &mut following => return Ok(ended?.pop()),
            () = interrupts.next() => {}
        }
        if asked {
            terminal::note(format_args!("{WAITING}task {} is left stopping{WAITING:#}", tasks::short_id(arn)));
            return Ok(None);
        }
        asked = true;
        tasks::stop(&connection.client, cluster, arn, "Stopped with Ctrl-C of berth run").await?;
        terminal::note(format_args!("{WAITING}stopping task {}; again to leave it{WAITING:#}", tasks::short_id(arn)));
    }
}

async fn start(connection: &Connection, cluster: &str, chosen: &Chosen) -> Result<Task> {
    let definition = &chosen.definition;
    let name = definition.task_definition_arn.clone().unwrap_or_default();
    let is_awsvpc = definition.network_mode == Some(api::NetworkMode::Awsvpc);
    let input = api::RunTaskRequest {
        cluster: Some(cluster.to_owned()),
        task_definition: name,
        count: Some(1),
        started_by: Some("berth run".to_owned()),
        network_configuration: if is_awsvpc { Some(place(connection)?) } else { None },
        overrides: chosen.overrides.clone(),
        ..Default::default()
    };
    let answer = match connection.client.call(&input).await {
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

/// Any place in the installation's network.
fn place(connection: &Connection) -> Result<api::NetworkConfiguration> {
    let network = network::of(&connection.folder)?;
    let place = api::AwsVpcConfiguration {
        subnets: network.subnets.into_iter().map(|subnet| subnet.id).collect(),
        security_groups: Some(vec![network.security_group]),
        ..Default::default()
    };
    Ok(api::NetworkConfiguration { awsvpc_configuration: Some(place) })
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

/// What to exit with, as the task's container of that name did, or its only one.
fn outcome(task: &Task, named: Option<&str>) -> Result<ExitCode> {
    let mut containers = task.containers.iter().flatten();
    let container = containers.find(|container| named.is_none() || container.name.as_deref() == named);
    if let Some(code) = container.and_then(|container| container.exit_code) {
        tasks::explain(task, None);
        return Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)));
    }
    let why = container.and_then(|container| container.reason.as_deref()).or(task.stopped_reason.as_deref());
    bail!("task {} did not run: {}", tasks::short_id(tasks::arn(task)), why.unwrap_or("nobody knows how it ended"))
}
