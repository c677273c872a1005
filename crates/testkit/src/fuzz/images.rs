//! Images from strangers: archives, layers, manifests.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use berth_oci::{
    Archive, ContentStore, Digest, Image, ImageConfig, InUse, Kind, Layer, Limits, Platform, Reference, Watch, import_archive,
};
use tempfile::TempDir;

const BLOCK: usize = 512;

/// Reads a tar archive. An odd first byte has the headers' checksums put right, so that what lies behind them is reached.
pub fn archive(input: &[u8]) {
    let bytes = with_checksums(input);
    let limits = small();
    let mut archive = Archive::new(bytes.as_slice(), &limits);
    let mut total = 0;
    while let Ok(Some(entry)) = archive.next_entry() {
        assert!(entry.path.len() <= limits.path_bytes && entry.link.len() <= limits.path_bytes, "names keep their limit");
        assert!(!entry.path.contains(&0), "names hold no NUL");
        assert!(entry.kind == Kind::File || entry.size == 0, "only files have data");
        if let Some((extents, length)) = &entry.sparse {
            let sum: u64 = extents.iter().map(|extent| extent.length).sum();
            assert!(sum == entry.size && *length <= limits.file_bytes, "pieces are as long as the data");
            assert!(extents.iter().all(|extent| extent.at + extent.length <= *length), "pieces lie within the file");
        }
        while let Ok(data) = archive.data() {
            if data.is_empty() {
                break;
            }
            total += data.len();
        }
    }
    assert!(total <= bytes.len(), "no data comes from nowhere");
}

/// Reads the bytes before the first empty line as a manifest, those after it as a configuration.
pub fn manifest(input: &[u8]) {
    let at = input.windows(2).position(|pair| pair == b"\n\n").unwrap_or(input.len());
    let (manifest, configuration) = input.split_at(at);
    match Image::of(Digest::of(manifest), manifest, configuration) {
        Ok(image) => assert!(image.layers.len() <= input.len() / 64, "every layer was named"),
        Err(problem) => assert!(problem.len() < 1024, "a message is short"),
    }
}

/// Reads an image's name. What was read is written, in full and as users do, and reads back the same.
pub fn reference(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match text.parse::<Reference>() {
        Ok(name) => {
            for written in [name.to_string(), name.familiar()] {
                assert_eq!(written.parse().as_ref(), Ok(&name), "`{written}` reads back");
            }
            let path = name.repository();
            assert!(
                !path.contains("..") && !path.starts_with('/') && !path.contains(['?', '#', '%', '\\']),
                "`{path}` is a path of its registry"
            );
        }
        Err(problem) => assert!(problem.to_string().len() < 2048, "a message is short"),
    }
}

/// Imports an archive of images, and unpacks what it holds. Nothing beside the store may change.
pub fn image(input: &[u8]) {
    let bytes = with_checksums(input);
    in_store(|store| {
        for imported in import_archive(store, bytes.as_slice(), None, &Watch::nobody()).unwrap_or_default() {
            let _ = store.unpack(&imported.image, &Watch::nobody());
            assert_eq!(store.image(imported.image.manifest).ok(), Some(imported.image), "an image that was imported is there");
        }
    });
}

/// Unpacks a layer. Nothing beside the store may change.
pub fn layer(input: &[u8]) {
    let bytes = with_checksums(input);
    in_store(|store| {
        let stored = store.put_blob(&store.pins(), None, u64::MAX, &mut bytes.as_slice(), &Watch::nobody());
        let Ok((blob, size)) = stored else { return };
        let image = Image {
            manifest: blob,
            configuration: blob,
            platform: Platform::here(),
            config: ImageConfig::default(),
            // Right for layers that are not compressed.
            layers: vec![Layer { blob, diff_id: blob, size }],
            size,
        };
        if let Ok(unpacked) = store.unpack(&image, &Watch::nobody()) {
            assert!(unpacked.layers.iter().all(|folder| folder.is_dir()), "what is unpacked is there");
        }
    });
}

fn small() -> Limits {
    Limits { layer_bytes: 1 << 24, blob_bytes: 1 << 24, file_bytes: 1 << 40, free_bytes: 1 << 26, ..Limits::default() }
}

fn with_checksums(input: &[u8]) -> Vec<u8> {
    let Some((first, rest)) = input.split_first() else { return Vec::new() };
    let mut bytes = rest.to_vec();
    if first % 2 == 1 {
        for block in bytes.chunks_exact_mut(BLOCK).filter(|block| block.starts_with(b"\0") || block[257..].starts_with(b"ustar"))
        {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            if sum != 8 * u32::from(b' ') {
                block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            } else {
                block[148..156].fill(0);
            }
        }
    }
    bytes
}

/// A store in memory where there is such a place, with a file beside it. It goes with its thread.
struct Place {
    store: ContentStore,
    folder: TempDir,
}

thread_local! {
    static PLACE: Option<Place> = place().ok();
}

/// Runs something with the store, which is empty before and after.
fn in_store(run: impl FnOnce(&ContentStore)) {
    PLACE.with(|place| {
        assert!(place.is_some(), "a store can be made");
        if let Some(place) = place {
            in_place(place, run);
        }
    });
}

fn in_place(place: &Place, run: impl FnOnce(&ContentStore)) {
    let folder = place.folder.path();
    run(&place.store);
    let secret = folder.join("outside/secret");
    assert_eq!(fs::read_to_string(&secret).ok().as_deref(), Some("untouched"), "a file beside the store");
    assert_eq!(names(folder), ["outside", "store"], "nothing new beside the store");
    assert_eq!(names(&folder.join("outside")), ["secret"], "nothing new beside the store");
    for stored in place.store.references().unwrap_or_default() {
        let _ = place.store.remove_reference(&stored.name);
    }
    assert!(place.store.collect(&InUse::default()).is_ok(), "what came can go");
    assert!(place.store.sweep(usize::MAX).is_ok(), "what came can be deleted");
    for name in ["blobs/sha256", "layers", "staging", "trash"] {
        assert!(names(&folder.join("store").join(name)).is_empty(), "{name} is empty");
    }
}

fn place() -> Result<Place> {
    let memory = Path::new("/dev/shm");
    let above = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(above).context("making a folder")?;
    fs::create_dir(folder.path().join("outside")).context("making a folder")?;
    fs::write(folder.path().join("outside/secret"), "untouched").context("writing a file")?;
    let store = ContentStore::open(&folder.path().join("store"), small())?;
    Ok(Place { store, folder })
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
