//! `berth validate`: a task definition looked at without a control plane.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::terminal::{self, BAD, BOLD, GOOD, WAITING};
use crate::validate::{Finding, Severity, findings};

/// Larger than any definition that ECS takes, which is 64 KiB.
const LARGEST: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
#[command(after_help = "Exits with 0 if RegisterTaskDefinition would take it, with 1 if not. Needs no running Berth.")]
pub(crate) struct Validate {
    /// The task definition as `aws ecs register-task-definition --cli-input-json` takes it; - reads it from standard input
    file: PathBuf,

    /// The account that it would belong to
    #[arg(long, default_value = "000000000000", value_name = "DIGITS")]
    account_id: String,

    /// Take warnings for errors
    #[arg(long)]
    strict: bool,

    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Validate) -> Result<ExitCode> {
    let account = &arguments.account_id;
    let account = account.parse().with_context(|| format!("--account-id {account}: an account id has 12 digits"))?;
    let (name, text) = read(&arguments.file)?;
    let found = findings(&text, account);
    let bad = |finding: &&Finding| arguments.strict || finding.severity == Severity::Error;
    let errors = found.iter().filter(bad).count();
    if arguments.json {
        let object = serde_json::json!({ "valid": errors == 0, "findings": found });
        terminal::print(&format!("{object}\n"))?;
    } else {
        terminal::print(&page(&name, &found))?;
    }
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(file: &std::path::Path) -> Result<(String, String)> {
    let (name, bytes) = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes).context("reading standard input")?;
        ("<stdin>".to_owned(), bytes)
    } else {
        let name = file.display().to_string();
        let mut bytes = Vec::new();
        let opened = std::fs::File::open(file).with_context(|| format!("opening {name}"))?;
        opened.take(LARGEST + 1).read_to_end(&mut bytes).with_context(|| format!("reading {name}"))?;
        (name, bytes)
    };
    if bytes.len() as u64 > LARGEST {
        bail!("{name} has more than {LARGEST} bytes; a task definition has 65,536 at most");
    }
    let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
    Ok((name, text))
}

fn page(name: &str, found: &[Finding]) -> String {
    if found.is_empty() {
        return format!("{GOOD}{name} is a task definition that Berth takes and runs.{GOOD:#}\n");
    }
    let line = |finding: &Finding| {
        let (style, word) = match finding.severity {
            Severity::Error => (BAD, "error"),
            Severity::Warning => (WAITING, "warning"),
        };
        let place = if finding.field.is_empty() { String::new() } else { format!(" [{}]", finding.field) };
        let Finding { line, column, message, .. } = finding;
        format!("{BOLD}{name}:{line}:{column}:{BOLD:#} {style}{word}:{style:#} {message}{place}\n")
    };
    found.iter().map(line).collect()
}
