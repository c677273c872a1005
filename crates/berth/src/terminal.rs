//! What people see: standard output with colours on a terminal alone, tables, ages.

mod columns;
mod screen;

pub(crate) use columns::{Column, Line, fit};
pub(crate) use screen::Screen;

use std::fmt::{self, Write as _};
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};
use time::OffsetDateTime;

/// What is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is on its way.
pub(crate) const WAITING: Style = AnsiColor::Yellow.on_default();
/// What went wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// What is less important.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What to look at.
pub(crate) const BOLD: Style = Style::new().bold();
/// As it comes.
pub(crate) const PLAIN: Style = Style::new();

/// Whoever read standard output has gone away: the command ends, and that is no failure.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads standard output any more")]
pub(crate) struct ReaderGone;

/// Prints for whoever reads standard output; styles are for terminals alone.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut to = anstream::AutoStream::auto(std::io::stdout().lock());
    written(to.write_all(text.as_bytes()).and_then(|()| to.flush()))
}

/// Tells that something of a name was removed: the name, or an object with it.
pub(crate) fn removed(name: &str, json: bool) -> Result<()> {
    let text = if json { serde_json::json!({ "removed": name }).to_string() } else { name.to_owned() };
    print(&format!("{text}\n"))
}

/// Prints bytes as they are.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut to = std::io::stdout().lock();
    written(to.write_all(bytes).and_then(|()| to.flush()))
}

fn written(outcome: std::io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        outcome => outcome.context("writing to standard output"),
    }
}

/// A text in a style, for [`print_bytes`]: as it is unless standard output is a terminal.
pub(crate) fn styled(style: Style, text: &str) -> String {
    if has_colours() { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// Whether standard output shall have colours.
pub(crate) fn has_colours() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// Tells people on standard error; whoever reads standard output alone does not see it.
pub(crate) fn note(text: fmt::Arguments<'_>) {
    // Nobody is there to be told that nobody is there.
    let _ = writeln!(anstream::AutoStream::auto(std::io::stderr().lock()), "{text}");
}

/// Whether a person looks at standard error, so that a line may change.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether to look again and again.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Watch {
    /// Look again every second, until Ctrl-C
    #[arg(long, short)]
    watch: bool,
}

impl Watch {
    /// Prints a page, or one after the other: on a terminal in the place of the one before.
    pub(crate) async fn print(&self, mut page: impl AsyncFnMut() -> Result<String>) -> Result<()> {
        // Up to the first line and first column, and nothing below.
        const ANEW: &str = "\u{1b}[H\u{1b}[J";
        let mut first = true;
        loop {
            let text = page().await?;
            let anew = match (self.watch && std::io::stdout().is_terminal(), first) {
                (true, _) => ANEW,
                (false, true) => "",
                (false, false) => "\n",
            };
            // Where styles fall away, this must not.
            print_bytes(anew.as_bytes())?;
            print(&text)?;
            if !self.watch {
                return Ok(());
            }
            first = false;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// A word of a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell(pub(crate) String, pub(crate) Style);

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self(text.to_owned(), PLAIN)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(text, PLAIN)
    }
}

/// Lines up rows below a heading.
pub(crate) fn table<const COLUMNS: usize>(heading: [&str; COLUMNS], rows: &[[Cell; COLUMNS]]) -> String {
    let width = |column: usize| {
        let longest = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.0.chars().count()).max();
        longest.unwrap_or(0).max(heading.get(column).map_or(0, |name| name.len()))
    };
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &[Cell]| {
        for (at, (Cell(word, style), width)) in cells.iter().zip(&widths).enumerate() {
            let padding = if at + 1 == cells.len() { 0 } else { width + 3 - word.chars().count() };
            // Writing to memory does not fail.
            let _ = write!(text, "{style}{word}{style:#}{:padding$}", "");
        }
        text.push('\n');
    };
    line(&heading.map(|name| Cell(name.to_owned(), FAINT)));
    rows.iter().for_each(|row| line(row));
    text
}

/// A moment, in milliseconds since 1970, as RFC 3339 writes it, always as long.
pub(crate) fn rfc_3339(millis: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, milli) = at.to_hms_milli();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z", u8::from(month))
}

/// How long ago a moment was, in milliseconds since 1970, in the largest unit that fits.
pub(crate) fn age(millis: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
    span(now.saturating_sub(at))
}

fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds}s"),
        seconds @ 120..7_200 => format!("{}m", seconds / 60),
        seconds @ 7_200..172_800 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
