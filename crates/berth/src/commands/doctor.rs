//! `berth doctor`: what this machine lacks to run tasks, and how to mend it.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::{Data, Shim};
use crate::doctor::{Finding, Verdict, examine};
use crate::terminal::{self, BAD, FAINT, GOOD, WAITING};

#[derive(Debug, clap::Args)]
#[command(after_help = "Exits with 1 if something is lacking without which tasks do not run. Changes nothing.")]
pub(crate) struct Doctor {
    #[command(flatten)]
    data: Data,

    #[command(flatten)]
    shim: Shim,

    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Doctor) -> Result<ExitCode> {
    let findings = examine(&arguments.data.data_dir, arguments.shim.shim.as_deref()).await;
    let text =
        if arguments.json { format!("{}\n", serde_json::to_string(&findings)?) } else { findings.iter().map(lines).collect() };
    terminal::print(&text)?;
    let lacking = findings.iter().any(|finding| finding.verdict == Verdict::Lacking);
    Ok(if lacking { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn lines(finding: &Finding) -> String {
    let (style, mark) = match finding.verdict {
        Verdict::Good => (GOOD, "ok     "),
        Verdict::Limited => (WAITING, "limited"),
        Verdict::Lacking => (BAD, "lacking"),
    };
    let Finding { what, found, .. } = finding;
    let advice = finding.advice.as_deref().map(|advice| format!("         {advice}\n")).unwrap_or_default();
    format!("{style}{mark}{style:#}  {what}{FAINT}: {found}{FAINT:#}\n{advice}")
}
