//! Numbers as bytes, and files read in pieces.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::LogError;
use super::frame::{self, HEAD};

/// Appends a number, seven bits a byte, lowest first.
pub(crate) fn write_varint(to: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = (number & 0x7f).to_le_bytes();
        number >>= 7;
        if number == 0 {
            to.push(low);
            return;
        }
        to.push(low | 0x80);
    }
}

/// Takes a number off the front; nothing if there is none of 64 bits.
pub(crate) fn read_varint(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Reads exactly so many bytes from a place in a file.
pub(crate) fn read_at(file: &File, path: &Path, at: u64, length: usize) -> Result<Vec<u8>, LogError> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at).map_err(LogError::file("reading", path))?;
    Ok(bytes)
}

/// Reads the frame at a place in a file and answers it whole; its checksum is right.
pub(crate) fn read_frame(file: &File, path: &Path, at: u64) -> Result<Vec<u8>, LogError> {
    let head = read_at(file, path, at, HEAD)?;
    let length = frame::length(&head).map_err(LogError::damaged(path, at))?;
    let bytes = read_at(file, path, at, length)?;
    frame::unwrap(&bytes).map_err(LogError::damaged(path, at))?;
    Ok(bytes)
}

/// The first bytes of a file of ours: what it is and in which version.
pub(crate) const fn file_head(kind: [u8; 4], version: u32) -> [u8; 8] {
    let [a, b, c, d] = kind;
    let [e, f, g, h] = version.to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

/// Checks a file's first bytes.
pub(crate) fn check_head(file: &File, path: &Path, head: [u8; 8]) -> Result<(), LogError> {
    if read_at(file, path, 0, head.len())? == head { Ok(()) } else { Err(LogError::Format { path: path.to_owned() }) }
}

/// Makes what was created, renamed or deleted in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), LogError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(LogError::file("syncing", folder))
}

/// Replaces a file in one step: another name first, then a rename, and both durable.
pub(crate) fn replace_file(
    path: &Path,
    write: impl FnOnce(&mut std::io::BufWriter<File>) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let fresh = path.with_extension("new");
    let file = File::create(&fresh).map_err(LogError::file("creating", &fresh))?;
    let mut to = std::io::BufWriter::with_capacity(1 << 16, file);
    write(&mut to)?;
    let file = to.into_inner().map_err(|error| LogError::file("writing", &fresh)(error.into_error()))?;
    file.sync_all().map_err(LogError::file("syncing", &fresh))?;
    std::fs::rename(&fresh, path).map_err(LogError::file("renaming", &fresh))?;
    path.parent().map_or(Ok(()), sync_folder)
}

#[cfg(test)]
mod tests;
