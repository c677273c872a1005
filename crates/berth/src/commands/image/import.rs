//! `berth image import`.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, bail};
use berth_agent::images::{ImportProgress, ImportedImage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::io::AsyncRead;

use super::{agent, bytes, explained};
use crate::cli::Data;
use crate::terminal::{self, BOLD};

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    #[command(flatten)]
    data: Data,

    /// An archive of `docker save`, an OCI layout (a folder or a tar of one), compressed or not; - for standard input
    #[arg(value_name = "FILE|FOLDER|-")]
    source: PathBuf,

    /// A name for the image, if there is just one in it (nginx:1.29)
    #[arg(long, value_name = "REF")]
    name: Option<String>,

    /// Print one JSON object for each image
    #[arg(long)]
    json: bool,
}

/// An archive to read.
struct Archive {
    from: Box<dyn AsyncRead + Send + Sync + Unpin>,
    /// Its bytes, if they are known before.
    length: Option<u64>,
    /// Writes the archive of a folder.
    packer: Option<JoinHandle<std::io::Result<()>>>,
}

pub(super) async fn run(arguments: &Import) -> Result<()> {
    let source = &arguments.source;
    let archive = open(source).await?;
    let bar = Bar::new(archive.length);
    let imported = agent(&arguments.data).import(archive.from, arguments.name.as_deref(), |progress| bar.show(&progress)).await;
    bar.0.finish_and_clear();
    // What went wrong at this end explains best why the other end has half an archive.
    let packed = archive.packer.filter(|_| imported.is_err()).map(JoinHandle::join);
    if let Some(Ok(Err(error))) = packed
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        return Err(error).with_context(|| format!("reading {}", source.display()));
    }
    for image in imported.map_err(explained).with_context(|| format!("importing {}", source.display()))? {
        tell(&image, arguments.json)?;
    }
    Ok(())
}

fn tell(image: &ImportedImage, json: bool) -> Result<()> {
    if json {
        return terminal::print(&format!("{}\n", serde_json::to_string(image)?));
    }
    let names = if image.names.is_empty() { "an image without a name".to_owned() } else { image.names.join(", ") };
    terminal::print(&format!("imported {BOLD}{names}{BOLD:#} ({}, {})\n", image.id, bytes(image.size)))
}

async fn open(source: &Path) -> Result<Archive> {
    if source == Path::new("-") {
        return Ok(Archive { from: Box::new(tokio::io::stdin()), length: None, packer: None });
    }
    let metadata = std::fs::metadata(source).with_context(|| format!("opening {}", source.display()))?;
    if metadata.is_dir() {
        if !source.join("oci-layout").is_file() {
            bail!("{} is no OCI layout: it has no file oci-layout; give the archive or the layout itself", source.display());
        }
        return pack(source);
    }
    let file = tokio::fs::File::open(source).await.with_context(|| format!("opening {}", source.display()))?;
    Ok(Archive { from: Box::new(file), length: metadata.is_file().then_some(metadata.len()), packer: None })
}

/// Reads a folder as the tar of it, which a thread writes.
fn pack(folder: &Path) -> Result<Archive> {
    let (ours, theirs) = UnixStream::pair().context("making a pair of sockets")?;
    ours.set_nonblocking(true).context("preparing a socket")?;
    let ours = tokio::net::UnixStream::from_std(ours).context("preparing a socket")?;
    let folder = folder.to_path_buf();
    let packer = std::thread::spawn(move || {
        let mut archive = tar::Builder::new(theirs);
        archive.append_dir_all(".", folder)?;
        archive.finish()
    });
    Ok(Archive { from: Box::new(ours), length: None, packer: Some(packer) })
}

/// How far an import is: one changing line on a terminal, nothing elsewhere.
struct Bar(ProgressBar);

impl Bar {
    fn new(length: Option<u64>) -> Self {
        let target = if terminal::is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(length, target);
        bar.set_style(style(length.is_some()));
        bar.set_message("receiving");
        Self(bar)
    }

    fn show(&self, progress: &ImportProgress) {
        match progress {
            ImportProgress::Received(bytes) => self.0.set_position(*bytes),
            ImportProgress::Unpacking { layer, layers, bytes, total } => {
                self.0.set_style(style(true));
                self.0.set_message(format!("unpacking layer {layer} of {layers}"));
                self.0.set_length(*total);
                self.0.set_position(*bytes);
            }
        }
    }
}

pub(super) fn style(with_end: bool) -> ProgressStyle {
    let template =
        if with_end { "{msg:24} [{bar:30}] {decimal_bytes}/{decimal_total_bytes}" } else { "{msg:24} {decimal_bytes}" };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}
