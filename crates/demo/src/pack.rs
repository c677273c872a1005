//! This program as an image: the archive that `docker save` would write of it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// What the image is called.
const NAME: &str = "berth-demo:latest";
/// Where the program is in it.
const PROGRAM: &str = "berth-demo";

pub(crate) fn run(file: &Path, env: &[String]) -> Result<()> {
    let program = fs::read("/proc/self/exe").context("reading this program")?;
    let layer = layer(&program).context("packing the layer")?;
    let env: Vec<&str> = std::iter::once("PATH=/").chain(env.iter().map(String::as_str)).collect();
    let configuration = serde_json::to_vec(&json!({
        "architecture": architecture(),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "Entrypoint": [format!("/{PROGRAM}")],
            "Cmd": ["serve", "8080"],
            "Env": env,
            "WorkingDir": "/",
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", digest(&layer))] },
    }))?;
    let configuration_name = format!("{}.json", digest(&configuration));
    let layer_name = format!("{}/layer.tar", digest(&layer));
    let manifest = serde_json::to_vec(&json!([{ "Config": configuration_name, "RepoTags": [NAME], "Layers": [layer_name] }]))?;
    let to: Box<dyn Write> = match file.to_str() {
        Some("-") => Box::new(io::stdout().lock()),
        _ => Box::new(File::create(file).with_context(|| format!("making {}", file.display()))?),
    };
    let mut archive = tar::Builder::new(io::BufWriter::new(to));
    for (name, bytes) in [(&configuration_name, &configuration), (&layer_name, &layer), (&"manifest.json".to_owned(), &manifest)]
    {
        add(&mut archive, name, bytes, 0o644).with_context(|| format!("writing {name}"))?;
    }
    archive.into_inner().and_then(|mut to| to.flush()).context("writing the archive's end")
}

/// The files of the image.
fn layer(program: &[u8]) -> io::Result<Vec<u8>> {
    let mut layer = tar::Builder::new(Vec::new());
    let mut folder = tar::Header::new_gnu();
    folder.set_entry_type(tar::EntryType::Directory);
    folder.set_size(0);
    for (name, mode) in [("bin/", 0o755), ("etc/", 0o755), ("tmp/", 0o1777)] {
        folder.set_mode(mode);
        layer.append_data(&mut folder, name, io::empty())?;
    }
    add(&mut layer, "etc/passwd", b"root:x:0:0:root:/:/berth-demo\ndemo:x:1000:1000:demo:/tmp:/berth-demo\n", 0o644)?;
    add(&mut layer, "etc/group", b"root:x:0:\ncrew:x:50:demo\ndemo:x:1000:\n", 0o644)?;
    // A folder of somebody's, with which volumes begin.
    folder.set_mode(0o750);
    folder.set_uid(1000);
    folder.set_gid(1000);
    layer.append_data(&mut folder, "srv/", io::empty())?;
    layer.append_data(&mut folder, "srv/deep/", io::empty())?;
    add(&mut layer, "srv/deep/welcome", b"from the image\n", 0o640)?;
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    layer.append_link(&mut link, "srv/link", "deep/welcome")?;
    layer.append_link(&mut link, "bin/sh", format!("/{PROGRAM}"))?;
    add(&mut layer, PROGRAM, program, 0o755)?;
    layer.into_inner()
}

fn add(archive: &mut tar::Builder<impl Write>, name: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    archive.append_data(&mut header, name, bytes)
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Go's name of this machine's architecture.
const fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}
