//! `berth diagnose`: a file for whoever helps. What goes in is chosen one by one; no key, no environment, no log line is.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use berth_api::ecs::{self as api, Cluster, ContainerInstance, Task};
use berth_client::Client;
use berth_wire::json::JsonWriter;
use berth_wire::{Member, Shape};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::node;
use crate::cli::{Data, Shim};
use crate::connection::Connection;
use crate::terminal::{self, BAD, GOOD};
use crate::{doctor, listing, tasks};

/// Files and folders that are listed, at most.
const MOST_LISTED: usize = 20_000;
/// Files of the kernel's that tell about the machine.
const OF_THE_MACHINE: [&str; 8] = [
    "/etc/os-release",
    "/proc/version",
    "/proc/meminfo",
    "/proc/loadavg",
    "/proc/filesystems",
    "/proc/cgroups",
    "/proc/net/route",
    "/proc/pressure/memory",
];
/// What may hold a secret in a task: values that whoever ran it gave.
const SECRET: [&str; 2] = ["environment", "command"];

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It has names, versions and states of clusters, nodes and tasks. Look at it before you send it: tar -tzf FILE."
)]
pub(crate) struct Diagnose {
    #[command(flatten)]
    data: Data,

    #[command(flatten)]
    shim: Shim,

    /// The file, which must not be there; berth-diagnose-TIME.tar.gz in this folder if nothing is said
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print a JSON object that names the file
    #[arg(long)]
    json: bool,
}

/// A file of the bundle.
struct Part {
    name: String,
    text: String,
}

pub(super) async fn run(arguments: &Diagnose) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let path = arguments.output.clone().unwrap_or_else(|| PathBuf::from(format!("berth-diagnose-{now}.tar.gz")));
    if path.exists() {
        bail!("{} is there: name another file with --output", path.display());
    }
    let folder = &arguments.data.data_dir;
    let findings = doctor::examine(folder, arguments.shim.shim.as_deref()).await;
    let mut parts = vec![
        Part { name: "version.txt".to_owned(), text: format!("{}\n", env!("CARGO_PKG_VERSION")) },
        Part { name: "doctor.json".to_owned(), text: serde_json::to_string_pretty(&findings)? },
        Part { name: "machine.txt".to_owned(), text: machine() },
        Part { name: "files.txt".to_owned(), text: files(folder) },
    ];
    // A system that does not answer is what a bundle is made for.
    match plane(folder).await {
        Ok(more) => parts.extend(more),
        Err(error) => {
            terminal::note(format_args!("{BAD}the control plane says nothing: {error:#}{BAD:#}"));
            parts.push(Part { name: "control-plane-error.txt".to_owned(), text: format!("{error:#}\n") });
        }
    }
    write(&path, now, &parts)?;
    if arguments.json {
        return terminal::print(&format!("{}\n", serde_json::json!({ "file": path, "parts": parts.len() })));
    }
    terminal::print(&format!("{GOOD}{}{GOOD:#}: {} files\n", path.display(), parts.len()))
}

fn machine() -> String {
    let mut text = String::new();
    for path in OF_THE_MACHINE {
        let found = fs::read_to_string(path).unwrap_or_else(|error| format!("{error}\n"));
        // Writing to memory does not fail.
        let _ = writeln!(text, "== {path}\n{found}");
    }
    text
}

/// What lies in the data folder: names, sizes and modes alone.
fn files(folder: &Path) -> String {
    let mut text = String::new();
    let mut folders = vec![folder.to_path_buf()];
    let mut listed = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            listed += 1;
            if listed > MOST_LISTED {
                text.push_str("... and more\n");
                return text;
            }
            let Ok(metadata) = entry.metadata() else { continue };
            let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
            let _ = writeln!(text, "{mode:06o} {:>12} {}", metadata.len(), entry.path().display());
            // What is in images is not ours to tell.
            if metadata.is_dir() && !entry.path().ends_with("layers") && !entry.path().ends_with("rootfs") {
                folders.push(entry.path());
            }
        }
    }
    text
}

async fn plane(folder: &Path) -> Result<Vec<Part>> {
    let connection = Connection::open(folder)?;
    let client = &connection.client;
    let clusters = super::cluster::clusters(client).await?;
    let mut parts = vec![
        list("clusters.json".to_owned(), Cluster::PLACE, &clusters)?,
        Part { name: "metrics.txt".to_owned(), text: metrics(client).await },
    ];
    for cluster in clusters.iter().filter_map(|cluster| cluster.cluster_name.as_deref()) {
        let found = tasks::all(client, cluster).await?;
        let described = tasks::describe(client, cluster, &found).await?;
        parts.push(list(format!("tasks-{cluster}.json"), Task::PLACE, &described)?);
        parts.push(list(format!("nodes-{cluster}.json"), ContainerInstance::PLACE, &node::nodes(client, cluster).await?)?);
    }
    let families = listing::all(client, api::ListTaskDefinitionFamiliesRequest::default()).await.context("listing families")?;
    parts.push(Part { name: "families.json".to_owned(), text: serde_json::to_string_pretty(&families)? });
    Ok(parts)
}

async fn metrics(client: &Client) -> String {
    match client.get("/metrics").await {
        Ok(text) => text,
        Err(error) => format!("{error}\n"),
    }
}

/// AWS shapes as a JSON list, without what may be secret.
fn list<T: Shape>(name: String, place: &'static Member, shapes: &[T]) -> Result<Part> {
    let mut all = Vec::with_capacity(shapes.len());
    for shape in shapes {
        let mut writer = JsonWriter::new();
        shape.write(place, &mut writer);
        let mut value = serde_json::from_slice(&writer.into_bytes()).context("reading a description")?;
        redact(&mut value);
        all.push(value);
    }
    Ok(Part { name, text: serde_json::to_string_pretty(&Value::Array(all))? })
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                if SECRET.contains(&name.as_str()) { *value = Value::from("[redacted]") } else { redact(value) }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(redact),
        _ => {}
    }
}

/// Whoever sends it decides who reads it: it is its maker's alone.
fn write(path: &Path, now: u64, parts: &[Part]) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let writing = || format!("writing {}", path.display());
    let file = File::options().write(true).create_new(true).mode(0o600).open(path).with_context(writing)?;
    let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::default()));
    for part in parts {
        let mut header = tar::Header::new_gnu();
        header.set_size(part.text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(now);
        archive.append_data(&mut header, format!("berth-diagnose/{}", part.name), part.text.as_bytes()).with_context(writing)?;
    }
    let mut file = archive.into_inner().and_then(GzEncoder::finish).with_context(writing)?;
    std::io::Write::flush(&mut file).with_context(writing)
}
