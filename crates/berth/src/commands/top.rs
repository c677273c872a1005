//! `berth top`: a cluster at work.

mod look;
mod page;
mod seen;

use std::io::IsTerminal as _;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, Stdin, stdin};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Place;
use crate::connection::Connection;
use crate::interrupts::{INTERRUPTED, Interrupts};
use crate::terminal::{self, Screen};
use look::look;
use page::{Room, page};
use seen::Seen;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
On a terminal it goes on: q or Ctrl-C ends it, c, m and n sort by cpu, memory and name. Elsewhere it prints one page.

What is used is said by the nodes' agents every few seconds; 100 % of CPU is one processor for services and tasks, and the whole machine for \
nodes. Services that do not have what they are to have come first. Tasks are those of this cluster of which something is known.")]
pub(crate) struct Top {
    #[command(flatten)]
    place: Place,

    /// What services and tasks are sorted by
    #[arg(long, value_name = "BY", default_value = "cpu")]
    sort: Order,

    /// Seconds between two looks
    #[arg(long, short = 'n', value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    interval: u64,

    /// Go on where standard output is no terminal, too: one page after the other
    #[arg(long, short)]
    watch: bool,

    /// Print a JSON object
    #[arg(long, conflicts_with = "watch")]
    json: bool,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Order {
    /// What uses the processors most
    Cpu,
    /// What uses most memory
    Memory,
    /// By the alphabet
    Name,
}

pub(super) async fn run(arguments: &Top) -> Result<ExitCode> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    let look = async || look(client, cluster).await;
    let interval = Duration::from_secs(arguments.interval);
    // What fails at once is no news for a screen.
    let mut seen = look().await?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&seen).context("writing what was seen")?;
        return terminal::print(&format!("{text}\n")).map(|()| ExitCode::SUCCESS);
    }
    if has_screen() {
        return live(look, seen, arguments.sort, interval).await;
    }
    loop {
        let lines = page(&seen, arguments.sort, &Room::ENDLESS);
        terminal::print(&format!("{}\n", lines.join("\n")))?;
        if !arguments.watch {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(interval).await;
        seen = look().await?;
        terminal::print("\n")?;
    }
}

/// Whether standard output is a terminal that can show one picture in the place of another.
fn has_screen() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Shows one picture after the other until somebody has seen enough.
async fn live(look: impl AsyncFn() -> Result<Seen>, mut seen: Seen, mut order: Order, interval: Duration) -> Result<ExitCode> {
    let mut interrupts = Interrupts::new()?;
    let mut resized = signal(SignalKind::window_change()).context("listening for SIGWINCH")?;
    let later = async || {
        tokio::time::sleep(interval).await;
        look().await
    };
    let mut next = pin!(later());
    let screen = Screen::enter()?;
    let mut keys = screen.has_keys().then(stdin);
    let mut trouble = None;
    loop {
        let (width, height) = screen.size();
        // A cursor behind the last column is a matter of taste among terminals.
        let room = Room { width: width.saturating_sub(1), height, is_live: true, trouble: trouble.as_deref() };
        screen.show(&coloured(page(&seen, order, &room)))?;
        tokio::select! {
            looked = &mut next => {
                match looked {
                    Ok(newer) => (seen, trouble) = (newer, None),
                    Err(error) => trouble = Some(format!("{error:#}")),
                }
                next.set(later());
            }
            key = pressed(&mut keys) => match key {
                b'q' => return Ok(ExitCode::SUCCESS),
                CTRL_C => return Ok(ExitCode::from(INTERRUPTED)),
                b'c' => order = Order::Cpu,
                b'm' => order = Order::Memory,
                b'n' => order = Order::Name,
                _ => {}
            },
            _ = resized.recv() => {}
            () = interrupts.next() => return Ok(ExitCode::from(INTERRUPTED)),
        }
    }
}

/// What Ctrl-C is where it is a key.
const CTRL_C: u8 = 3;

/// The next key; none ever where nobody types.
async fn pressed(keys: &mut Option<Stdin>) -> u8 {
    if let Some(input) = keys {
        match input.read_u8().await {
            Ok(key) => return key,
            Err(_) => *keys = None,
        }
    }
    std::future::pending().await
}

/// Lines for standard output, in colours if it shall have some.
fn coloured(lines: Vec<String>) -> Vec<String> {
    if terminal::has_colours() {
        return lines;
    }
    lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
}
