//! Files: read, looked at, written now or later.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::wait;

/// Prints files.
pub(crate) fn read(files: &[PathBuf]) -> Result<()> {
    for file in files {
        let text = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        std::io::stdout().write_all(&text).context("printing it")?;
    }
    Ok(())
}

/// Opens as a program that uses a device does: nothing is made or cut.
pub(crate) fn open(file: &Path, write: bool) -> Result<()> {
    let opened = OpenOptions::new().read(!write).write(write).open(file);
    opened.map(drop).with_context(|| format!("opening {}", file.display()))
}

/// Prints whose files are and what is in folders, as one JSON object.
pub(crate) fn list(paths: &[PathBuf]) -> Result<()> {
    let mut seen = serde_json::Map::new();
    for path in paths {
        let metadata = fs::symlink_metadata(path).with_context(|| format!("looking at {}", path.display()))?;
        let mut names = Vec::new();
        if metadata.is_dir() {
            for entry in fs::read_dir(path).with_context(|| format!("listing {}", path.display()))? {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort();
        }
        let mode = format!("{:o}", metadata.permissions().mode() & 0o7777);
        let about = json!({ "uid": metadata.uid(), "gid": metadata.gid(), "mode": mode, "names": names });
        seen.insert(path.display().to_string(), about);
    }
    writeln!(std::io::stdout(), "{}", serde_json::Value::Object(seen)).context("printing it")
}

pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, format!("{text}\n")).with_context(|| format!("writing {}", file.display()))
}

/// Takes all the room that a file can have, without writing it: what a disk has is counted when it is promised.
pub(crate) fn fill(file: &Path, waits: bool) -> Result<ExitCode> {
    const FIRST_PIECE: u64 = 1 << 30;
    let filling = OpenOptions::new().write(true).create(true).truncate(true).open(file);
    let filling = filling.with_context(|| format!("opening {}", file.display()))?;
    let (mut taken, mut piece) = (0, FIRST_PIECE);
    while piece >= 4096 {
        match rustix::fs::fallocate(&filling, rustix::fs::FallocateFlags::empty(), taken, piece) {
            Ok(()) => taken += piece,
            Err(rustix::io::Errno::NOSPC) => piece /= 2,
            Err(errno) => return Err(errno).with_context(|| format!("filling {}", file.display())),
        }
    }
    let one_more = fs::write(file.with_extension("more"), vec![1; 1 << 20]).err().map(|error| error.to_string());
    writeln!(std::io::stdout(), "{}", json!({ "taken": taken, "then": one_more })).context("printing it")?;
    if waits { wait::run(None, false) } else { Ok(ExitCode::SUCCESS) }
}

/// Writes a file after a while, and waits.
pub(crate) fn write_late(file: &Path, seconds: u64) -> Result<ExitCode> {
    std::thread::sleep(Duration::from_secs(seconds));
    write(file, "written")?;
    wait::run(None, false)
}

/// Adds a byte to a file, prints how many it has, and ends after so many seconds.
pub(crate) fn notch(file: &Path, seconds: u64) -> Result<()> {
    let writing = || format!("writing {}", file.display());
    let mut open = OpenOptions::new().create(true).append(true).open(file).with_context(writing)?;
    open.write_all(b"|").with_context(writing)?;
    writeln!(std::io::stdout(), "{}", open.metadata().with_context(writing)?.len()).context("printing it")?;
    std::thread::sleep(Duration::from_secs(seconds));
    Ok(())
}
