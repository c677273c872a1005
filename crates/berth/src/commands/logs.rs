//! `berth logs`: what tasks' containers print.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{self as api, Task, TaskDefinition};
use berth_client::Client;
use regex::Regex;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cli::Place;
use crate::connection::Connection;
use crate::tail::{Line, Start, Tail};
use crate::tasks;
use crate::terminal::{self, FAINT, rfc_3339};

#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    #[command(flatten)]
    place: Place,

    /// Ids of tasks, or what they begin with
    #[arg(required_unless_present = "family", value_name = "TASK")]
    tasks: Vec<String>,

    /// All tasks of a family of task definitions, those that stopped within the last hour included
    #[arg(long, conflicts_with = "tasks")]
    family: Option<String>,

    /// Containers of one name; all of them if nothing is said
    #[arg(long, short, value_name = "NAME")]
    container: Option<String>,

    /// Only lines that a regular expression matches
    #[arg(long, short, value_name = "REGEX")]
    grep: Option<Regex>,

    /// Go on with what is printed from now on, until the task is over
    #[arg(long, short)]
    follow: bool,

    /// Begin so long ago (30s, 10m, 2h, 1d) or at a moment (2026-01-31T12:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<i64>,

    /// Begin with so many of the last lines of each container
    #[arg(long, short = 'n', value_name = "LINES")]
    tail: Option<usize>,

    /// Say when each line was printed
    #[arg(long, short)]
    timestamps: bool,

    /// Print one JSON object for each line
    #[arg(long, conflicts_with = "timestamps")]
    json: bool,
}

pub(super) async fn run(arguments: &Logs) -> Result<()> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let cluster = &arguments.place.cluster;
    let tasks = meant(&connection.client, cluster, arguments).await?;
    let mut subjects = Vec::with_capacity(tasks.len());
    for task in tasks {
        subjects.push((definition(&connection.client, &task).await?, task));
    }
    let start = Start { since: arguments.since, tail: arguments.tail };
    let only = arguments.container.as_deref();
    let mut tail = Tail::of(&connection, &subjects, only, start)?;
    let form = if arguments.json { Form::Json } else { Form::Text { timestamps: arguments.timestamps } };
    let print = |tail: &Tail, mut lines: Vec<Line>| {
        lines.retain(|line| arguments.grep.as_ref().is_none_or(|wanted| wanted.is_match(&line.text)));
        form.print(tail, lines)
    };
    if arguments.follow {
        let arns: Vec<String> = subjects.iter().map(|(_, task)| tasks::arn(task).to_owned()).collect();
        let ended = tail.follow(&connection, cluster, &arns, print).await?;
        ended.iter().for_each(|task| tasks::explain(task, only));
        return Ok(());
    }
    loop {
        let lines = tail.read().await?;
        if lines.is_empty() {
            subjects.iter().for_each(|(_, task)| tasks::explain(task, only));
            return Ok(());
        }
        print(&tail, lines)?;
    }
}

/// The tasks whose logs are wanted.
async fn meant(client: &Client, cluster: &str, arguments: &Logs) -> Result<Vec<Task>> {
    let Some(family) = &arguments.family else {
        let mut meant = Vec::with_capacity(arguments.tasks.len());
        for task in &arguments.tasks {
            meant.push(tasks::find(client, cluster, task).await?);
        }
        meant.dedup_by(|one, other| tasks::arn(one) == tasks::arn(other));
        return Ok(meant);
    };
    let all = tasks::all(client, cluster).await?;
    let mut found = tasks::describe(client, cluster, &all).await?;
    let of_family = |task: &Task| {
        let revision = tasks::id(task.task_definition_arn.as_deref().unwrap_or_default());
        revision.rsplit_once(':').is_some_and(|(name, _)| name == family)
    };
    found.retain(of_family);
    if found.is_empty() {
        bail!("cluster {cluster} has no task of the family {family}; `berth ps --all` lists what there is");
    }
    Ok(found)
}

async fn definition(client: &Client, task: &Task) -> Result<TaskDefinition> {
    let name = task.task_definition_arn.clone().unwrap_or_default();
    let input = api::DescribeTaskDefinitionRequest { task_definition: name.clone(), ..Default::default() };
    let answer = client.call(&input).await.context("describing the task's definition")?;
    answer.task_definition.with_context(|| format!("{name} is not described"))
}

/// How lines are printed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Text { timestamps: bool },
    Json,
}

impl Form {
    pub(super) fn print(self, tail: &Tail, lines: Vec<Line>) -> Result<()> {
        let names: Vec<&str> = tail.labels().collect();
        let name = |line: &Line| names.get(line.container).copied().unwrap_or_default();
        let width = names.iter().map(|name| name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for line in lines {
            let label = match self {
                Self::Json => {
                    let object = serde_json::json!({ "time": rfc_3339(line.at), "container": name(&line), "message": line.text });
                    text.push_str(&format!("{object}\n"));
                    continue;
                }
                Self::Text { timestamps } => {
                    let time = if timestamps { format!("{} ", rfc_3339(line.at)) } else { String::new() };
                    let whose = if names.len() > 1 { format!("{:width$} | ", name(&line)) } else { String::new() };
                    format!("{time}{whose}")
                }
            };
            if !label.is_empty() {
                text.push_str(&terminal::styled(FAINT, &label));
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        // What a program prints passes as it is.
        terminal::print_bytes(text.as_bytes())
    }
}

/// A moment in milliseconds since 1970, from how long ago it was or what it is called.
fn moment(text: &str) -> Result<i64, String> {
    if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
        return i64::try_from(at.unix_timestamp_nanos() / 1_000_000).map_err(|error| error.to_string());
    }
    let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "" | "s" => 1_i64,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err("neither a time such as 10m or 2h nor a moment such as 2026-01-31T12:00:00Z".to_owned()),
    };
    let count: i64 = digits.parse().map_err(|_| "no number of seconds, minutes, hours or days".to_owned())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    Ok(now.saturating_sub(count.saturating_mul(seconds).saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn moments_are_spans_before_now_or_names() {
        assert_eq!(super::moment("1970-01-01T00:00:01Z"), Ok(1000));
        let hour = super::moment("0s").unwrap() - super::moment("1h").unwrap();
        assert!((3_590_000..=3_600_000).contains(&hour), "{hour}");
        for wrong in ["", "h", "10x", "yesterday"] {
            assert!(super::moment(wrong).is_err(), "{wrong}");
        }
    }
}
