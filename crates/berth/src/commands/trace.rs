//! `berth trace`: where the milliseconds of a task's launch went.

use anyhow::{Result, bail};
use serde_json::json;

use crate::cli::Data;
use crate::launches::{self, Launch, Problem};
use crate::terminal::{self, Cell, FAINT, PLAIN};
use crate::{installation, tasks};

#[derive(Debug, clap::Args)]
pub(crate) struct Trace {
    /// The task: its id, the beginning of it, or its ARN
    task: String,

    #[command(flatten)]
    data: Data,

    /// Print a JSON object; times are in microseconds
    #[arg(long)]
    json: bool,
}

/// Characters of the bar that is the whole launch.
const BAR: u64 = 48;

pub(super) fn run(arguments: &Trace) -> Result<()> {
    let data = &arguments.data.data_dir;
    installation::known(data)?;
    let folders = [data.join("server"), installation::agent_folder(data)];
    let launch = match launches::find(&folders, tasks::id(&arguments.task)) {
        Ok(launch) => launch,
        Err(Problem::Unreadable { path, cause }) if cause.kind() == std::io::ErrorKind::PermissionDenied => {
            bail!("{} is not yours to read: run this with sudo", path.display())
        }
        Err(problem) => return Err(problem.into()),
    };
    terminal::print(&if arguments.json { as_json(&launch) } else { as_table(&launch) })
}

fn as_json(launch: &Launch) -> String {
    let micros = |nanos: u64| nanos / 1000;
    let spans = launch.spans.iter().map(|span| {
        json!({
            "step": span.step,
            "part": span.part,
            "container": (!span.container.is_empty()).then_some(&span.container),
            "at": micros(span.began.saturating_sub(launch.began())),
            "took": micros(span.took),
        })
    });
    let began = launch.began();
    format!(
        "{}\n",
        json!({ "task": launch.task, "began": micros(began), "took": micros(launch.took()), "spans": spans.collect::<Vec<_>>() })
    )
}

fn as_table(launch: &Launch) -> String {
    let rows: Vec<[Cell; 5]> = launch
        .spans
        .iter()
        .map(|span| {
            let at = span.began.saturating_sub(launch.began());
            let step = if span.container.is_empty() { span.step.clone() } else { format!("{} ({})", span.step, span.container) };
            [
                step.into(),
                Cell(span.part.name().to_owned(), FAINT),
                millis(at),
                millis(span.took),
                bar(at, span.took, launch.took()),
            ]
        })
        .collect();
    let whole = millis(launch.took()).0;
    format!(
        "{}: {} ms from the request to RUNNING\n\n{}",
        tasks::short_id(&launch.task),
        whole.trim(),
        terminal::table(["STEP", "BY", "AT ms", "TOOK ms", ""], &rows)
    )
}

fn millis(nanos: u64) -> Cell {
    let micros = nanos / 1000;
    Cell(format!("{:>4}.{:02}", micros / 1000, micros % 1000 / 10), PLAIN)
}

/// A step's place in the whole: at least a mark, and never beyond the end.
fn bar(at: u64, took: u64, whole: u64) -> Cell {
    let share = |nanos: u64| nanos.saturating_mul(BAR).checked_div(whole).unwrap_or_default().min(BAR);
    let from = share(at).min(BAR - 1);
    let length = share(at.saturating_add(took)).saturating_sub(from).max(1);
    let repeat = |character: &str, times: u64| character.repeat(usize::try_from(times).unwrap_or_default());
    Cell(format!("{}{}", repeat(" ", from), repeat(if took == 0 { "│" } else { "█" }, length)), PLAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_stands_where_its_step_was() {
        assert_eq!(bar(0, 48, 48).0, "█".repeat(48));
        assert_eq!(bar(24, 12, 48).0, format!("{}{}", " ".repeat(24), "█".repeat(12)));
        assert_eq!(bar(48, 0, 48).0, format!("{}│", " ".repeat(47)));
        assert_eq!(bar(0, 0, 0).0, "│");
    }

    #[test]
    fn times_are_milliseconds_below_each_other() {
        assert_eq!((millis(9_876_543).0, millis(12_004_000_000).0), ("   9.87".to_owned(), "12004.00".to_owned()));
    }
}
