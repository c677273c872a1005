//! `berth logs`: what a task's containers print.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use berth_api::ecs::{self as api, Task, TaskDefinition};
use berth_client::Client;
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

    /// The task's id, or what it begins with
    task: String,

    /// One container; all of them if nothing is said
    container: Option<String>,

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
    let task = tasks::find(&connection.client, cluster, &arguments.task).await?;
    let definition = definition(&connection.client, &task).await?;
    let start = Start { since: arguments.since, tail: arguments.tail };
    let mut tail = Tail::of(&connection, &definition, &task, arguments.container.as_deref(), start)?;
    let form = if arguments.json { Form::Json } else { Form::Text { timestamps: arguments.timestamps } };
    if arguments.follow {
        let ended = tail.follow(&connection, cluster, tasks::arn(&task), |tail, lines| form.print(tail, lines)).await?;
        tasks::explain(&ended, arguments.container.as_deref());
        return Ok(());
    }
    loop {
        let lines = tail.read().await?;
        if lines.is_empty() {
            tasks::explain(&task, arguments.container.as_deref());
            return Ok(());
        }
        form.print(&tail, lines)?;
    }
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
        let names: Vec<&str> = tail.names().collect();
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
