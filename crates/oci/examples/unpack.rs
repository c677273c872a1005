//! How fast a layer of many small files unpacks, against `tar` on the same file system, in turns:
//! `cargo run --release -p berth-oci --example unpack [FOLDER] [ROUNDS]`; the folder should be on a tmpfs (`/dev/shm`), because
//! ext4 creates files slowly after many were deleted.
//!
//! For `bench/unpack.py`: `unpack layout FOLDER` writes that image as an OCI layout with a gzip layer, `unpack once LAYOUT STORE` takes
//! it into a new store and unpacks it.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use berth_oci::{ContentStore, Digest, Limits, Watch, import_archive, import_layout};

const FILES: usize = 35_392;
const BYTES: usize = 342_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if let Some(word @ ("layout" | "once")) = first.as_deref() {
        let (one, other) = (arguments.next().ok_or("which folder?")?, arguments.next().unwrap_or_default());
        return if word == "layout" { layout(Path::new(&one)) } else { once(Path::new(&one), Path::new(&other)) };
    }
    let folder = first.unwrap_or_else(|| "/dev/shm".to_owned());
    let rounds: usize = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let place = tempfile::tempdir_in(folder)?;
    let plain = place.path().join("layer.tar");
    write_layer(&plain)?;
    let bytes = fs::read(&plain)?;
    let (megabytes, diff_id) = (fs::metadata(&plain)?.len() as f64 / 1e6, Digest::of(&bytes));
    drop(bytes);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{FILES} files, {megabytes:.0} MB of tar; MB of tar per second, median of {rounds} rounds in turns")?;
    for (name, packer, option) in [("gzip", Some("gzip"), "-xzf"), ("zstd", Some("zstd"), "--zstd"), ("plain", None, "-xf")] {
        let layer = place.path().join(format!("layer.{name}"));
        match packer {
            Some(packer) => run(Command::new(packer).arg("-c").arg(&plain).stdout(File::create(&layer)?))?,
            None => fs::rename(&plain, &layer)?,
        }
        let archive = place.path().join("image.tar");
        write_image(&archive, &layer, diff_id)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours.push(unpack(place.path(), &archive)?);
            theirs.push(untar(place.path(), &layer, option)?);
        }
        fs::remove_file(archive)?;
        if packer.is_none() {
            fs::rename(&layer, &plain)?;
        }
        let (ours, theirs) = (megabytes / median(ours), megabytes / median(theirs));
        writeln!(out, "{name:>6}: berth {ours:>5.0}   tar {theirs:>5.0}   ratio {:.2}", ours / theirs)?;
    }
    Ok(())
}

fn layout(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let (plain, packed, archive) = (folder.join("layer.tar"), folder.join("layer.gz"), folder.join("image.tar"));
    write_layer(&plain)?;
    run(Command::new("gzip").arg("-c").arg(&plain).stdout(File::create(&packed)?))?;
    write_image(&archive, &packed, Digest::of(&fs::read(&plain)?))?;
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder))?;
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#)?;
    writeln!(std::io::stdout(), "{FILES} {}", fs::metadata(&plain)?.len())?;
    [plain, packed, archive].into_iter().try_for_each(fs::remove_file)?;
    Ok(())
}

fn once(layout: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let store = ContentStore::open(folder, Limits::default())?;
    let image = import_layout(&store, layout, None, &Watch::nobody())?.remove(0).image;
    store.unpack(&image, &Watch::nobody())?;
    Ok(())
}

fn unpack(place: &Path, archive: &Path) -> Result<f64, Box<dyn Error>> {
    let folder = place.join("store");
    let store = ContentStore::open(&folder, Limits::default())?;
    let image = import_archive(&store, File::open(archive)?, None, &Watch::nobody())?.remove(0).image;
    let begin = Instant::now();
    store.unpack(&image, &Watch::nobody())?;
    let seconds = begin.elapsed().as_secs_f64();
    drop(store);
    fs::remove_dir_all(folder)?;
    Ok(seconds)
}

fn untar(place: &Path, layer: &Path, option: &str) -> Result<f64, Box<dyn Error>> {
    let folder = place.join("tar");
    fs::create_dir(&folder)?;
    let begin = Instant::now();
    let mut tar = Command::new("tar");
    if option == "--zstd" {
        tar.args([option, "-xf"])
    } else {
        tar.arg(option)
    };
    run(tar.arg(layer).arg("-C").arg(&folder))?;
    let seconds = begin.elapsed().as_secs_f64();
    fs::remove_dir_all(folder)?;
    Ok(seconds)
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Files of all sizes below two fold folders; their text is made of words, and packs to about a third.
fn write_layer(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 32).unwrap_or_default() % below
    };
    let words: Vec<Vec<u8>> =
        (0..4096).map(|_| (0..3 + random(9)).map(|_| b"abcdefghijklmnopqrstuvwxyz_.(){}"[random(32)]).collect()).collect();
    let mut tar = tar::Builder::new(BufWriter::new(File::create(path)?));
    let mut data = Vec::new();
    for index in 0..FILES {
        data.clear();
        let size = BYTES / FILES * (1 + random(19)) / 10;
        while data.len() < size {
            data.extend_from_slice(&words[random(64) * random(64)]);
            data.push(b' ');
        }
        let mut header = tar::Header::new_gnu();
        header.set_mode(if index % 9 == 0 { 0o755 } else { 0o644 });
        header.set_mtime(1_700_000_000);
        header.set_size(data.len() as u64);
        tar.append_data(&mut header, format!("app/node_modules/package-{:04}/lib/file-{index}.js", index / 20), data.as_slice())?;
    }
    tar.into_inner()?.flush()?;
    Ok(())
}

/// An OCI layout of one layer.
fn write_image(path: &Path, layer: &Path, diff_id: Digest) -> Result<(), Box<dyn Error>> {
    let mut tar = tar::Builder::new(BufWriter::new(File::create(path)?));
    let mut add = |name: String, data: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(data.len() as u64);
        tar.append_data(&mut header, name, data)
    };
    let mut blob = |data: &[u8], media_type: &str| -> Result<String, Box<dyn Error>> {
        let digest = Digest::of(data);
        add(format!("blobs/sha256/{}", digest.hex()), data)?;
        Ok(format!(r#"{{"mediaType": "application/vnd.oci.image.{media_type}", "digest": "{digest}", "size": {}}}"#, data.len()))
    };
    let layer = blob(&fs::read(layer)?, "layer.v1.tar")?;
    let config = blob(format!(r#"{{"rootfs": {{"type": "layers", "diff_ids": ["{diff_id}"]}}}}"#).as_bytes(), "config.v1+json")?;
    let manifest = format!(r#"{{"schemaVersion": 2, "config": {config}, "layers": [{layer}]}}"#);
    let manifest = blob(manifest.as_bytes(), "manifest.v1+json")?;
    add("index.json".to_owned(), format!(r#"{{"schemaVersion": 2, "manifests": [{manifest}]}}"#).as_bytes())?;
    tar.into_inner()?.flush()?;
    Ok(())
}
