//! Reading tar archives from strangers.
//!
//! Our own reader, because the usual ones read extended headers of any size into memory and differ from each other in which of two
//! sizes or names of an entry counts. Images are made for Docker, so where formats leave room this one decides as Go's
//! `archive/tar` does. Formats: V7, ustar, star, GNU (long names, sparse files), pax (also its three sparse formats).

mod extended;
mod header;
mod sparse;

#[cfg(test)]
mod tests;

use std::io::{self, BufRead};

use crate::limits::Limits;

use extended::Extended;
use header::{BLOCK, Header};
pub use sparse::Extent;

/// One entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Its name as the archive has it: any bytes but NUL.
    pub path: Vec<u8>,
    /// What a link leads to.
    pub link: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Permissions with set-user-id, set-group-id and sticky bit.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last change, in seconds since 1970.
    pub mtime: i64,
    /// The rest of it.
    pub mtime_nanos: u32,
    /// Bytes of the file; those with data, if it has holes.
    pub size: u64,
    /// Where the data of a file with holes goes, and how long the file is.
    pub sparse: Option<(Vec<Extent>, u64)>,
    /// Extended attributes.
    pub attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A regular file.
    #[default]
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Symlink,
    /// Another name of an earlier entry.
    HardLink,
    /// A named pipe.
    Fifo,
    /// A character or block device.
    Device,
}

/// Why an archive cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The stream failed, or ended within an entry.
    #[error("reading the archive: {0}")]
    Read(#[source] io::Error),
    /// A header's checksum is wrong: this is no tar archive, or a damaged one.
    #[error("header {0} of the archive is damaged, or this is no tar archive")]
    Checksum(u64),
    /// A field of a header is not what it should be.
    #[error("header {header} of the archive: {field} cannot be read")]
    Field {
        /// Which header, counted from 1.
        header: u64,
        /// Which field.
        field: &'static str,
    },
    /// A kind of entry that images do not have.
    #[error("header {header} of the archive: entries of kind `{}` are not known", kind.escape_ascii())]
    Kind {
        /// Which header, counted from 1.
        header: u64,
        /// The kind's letter.
        kind: u8,
    },
    /// More of something than the limits allow.
    #[error("header {header} of the archive: {what} is beyond the limit of {limit}")]
    Limit {
        /// Which header, counted from 1.
        header: u64,
        /// What there is too much of.
        what: &'static str,
        /// How much may be.
        limit: u64,
    },
}

/// A tar archive read as a stream: `next`, then `data` until it is empty, and so on. Data that is not asked for is skipped.
#[derive(Debug)]
pub struct Archive<R> {
    source: R,
    limits: Limits,
    /// Bytes of the current entry's data that are still to come, and of the padding after it.
    data_left: u64,
    padding: u64,
    /// Bytes that `data` handed out and that are to be consumed.
    lent: usize,
    headers: u64,
    ended: bool,
}

impl<R: BufRead> Archive<R> {
    /// Begins to read.
    pub fn new(source: R, limits: &Limits) -> Self {
        Self { source, limits: limits.clone(), data_left: 0, padding: 0, lent: 0, headers: 0, ended: false }
    }

    /// The stream, at wherever reading is: after the last entry its rest is padding that digests include.
    pub fn into_source(mut self) -> R {
        self.source.consume(self.lent);
        self.source
    }

    pub(crate) fn source_mut(&mut self) -> &mut R {
        &mut self.source
    }

    /// The next entry, or nothing at the end.
    ///
    /// # Errors
    /// What comes is no tar archive, is beyond the limits, or ends too soon.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, ArchiveError> {
        if self.ended {
            return Ok(None);
        }
        let mut extended = Extended::default();
        let mut extended_bytes = 0;
        loop {
            self.skip_entry()?;
            let Some(header) = self.header()? else {
                self.ended = true;
                return Ok(None);
            };
            match header.kind() {
                b'x' | b'L' | b'K' | b'g' => {
                    let size = header.size().ok_or(ArchiveError::Field { header: self.headers, field: "the size" })?;
                    extended_bytes += size.max(1);
                    if size > self.limits.header_bytes || extended_bytes > self.limits.header_bytes {
                        return Err(self.beyond("the extended header", self.limits.header_bytes));
                    }
                    self.expect(size);
                    self.extended(header.kind(), &mut extended)?;
                }
                _ => return self.entry(&header, extended).map(Some),
            }
        }
    }

    /// More of the current entry's data; empty at its end.
    ///
    /// # Errors
    /// The stream fails or ends too soon.
    pub fn data(&mut self) -> Result<&[u8], ArchiveError> {
        self.source.consume(self.lent);
        self.lent = 0;
        if self.data_left == 0 {
            return Ok(&[]);
        }
        let buffer = self.source.fill_buf().map_err(ArchiveError::Read)?;
        if buffer.is_empty() {
            return Err(ArchiveError::Read(io::ErrorKind::UnexpectedEof.into()));
        }
        let length = buffer.len().min(usize::try_from(self.data_left).unwrap_or(usize::MAX));
        self.lent = length;
        self.data_left -= length as u64;
        Ok(&buffer[..length])
    }

    /// Copies more of the current entry's data; 0 at its end.
    pub(crate) fn data_into(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let data = self.data()?;
        let length = data.len().min(buffer.len());
        buffer[..length].copy_from_slice(&data[..length]);
        let unread = data.len() - length;
        // What did not fit comes again.
        self.lent -= unread;
        self.data_left += unread as u64;
        Ok(length)
    }

    fn expect(&mut self, size: u64) {
        self.data_left = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
    }

    fn skip_entry(&mut self) -> Result<(), ArchiveError> {
        while !self.data()?.is_empty() {}
        self.data_left = std::mem::take(&mut self.padding);
        while !self.data()?.is_empty() {}
        Ok(())
    }

    /// The whole data of an extended header, which is known to be small.
    fn gather(&mut self) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        loop {
            let more = self.data()?;
            if more.is_empty() {
                return Ok(bytes);
            }
            bytes.extend_from_slice(more);
        }
    }

    /// The next header; nothing at the two empty blocks that end an archive, or where the stream ends between entries.
    fn header(&mut self) -> Result<Option<Header>, ArchiveError> {
        for _ in 0..2 {
            let mut block = [0; BLOCK];
            if !self.block(&mut block)? {
                return Ok(None);
            }
            if block.iter().any(|byte| *byte != 0) {
                self.headers += 1;
                let header = Header(block);
                return if header.is_whole() { Ok(Some(header)) } else { Err(ArchiveError::Checksum(self.headers)) };
            }
        }
        Ok(None)
    }

    /// Reads one block; false if the stream has ended before it.
    fn block(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, ArchiveError> {
        let mut filled = 0;
        while filled < BLOCK {
            let more = self.source.fill_buf().map_err(ArchiveError::Read)?;
            if more.is_empty() {
                let cut = ArchiveError::Read(io::ErrorKind::UnexpectedEof.into());
                return if filled == 0 { Ok(false) } else { Err(cut) };
            }
            let length = more.len().min(BLOCK - filled);
            block[filled..filled + length].copy_from_slice(&more[..length]);
            filled += length;
            self.source.consume(length);
        }
        Ok(true)
    }

    fn extended(&mut self, kind: u8, extended: &mut Extended) -> Result<(), ArchiveError> {
        let header = self.headers;
        let bytes = self.gather()?;
        match kind {
            b'x' => {
                extended.read(&bytes).ok_or(ArchiveError::Field { header, field: "the pax header" })?;
                if extended.attributes.len() > self.limits.attributes {
                    return Err(self.beyond("the number of extended attributes", self.limits.attributes as u64));
                }
            }
            b'L' => extended.long_path = Some(header::text(&bytes).to_vec()),
            b'K' => extended.long_link = Some(header::text(&bytes).to_vec()),
            // Global headers hold comments in practice, and Docker ignores them.
            _ => {}
        }
        Ok(())
    }

    fn beyond(&self, what: &'static str, limit: u64) -> ArchiveError {
        ArchiveError::Limit { header: self.headers, what, limit }
    }

    fn entry(&mut self, header: &Header, extended: Extended) -> Result<Entry, ArchiveError> {
        let number = self.headers;
        let field = |field: &'static str| ArchiveError::Field { header: number, field };
        let mut entry = Entry {
            path: header.path(),
            link: header.link(),
            mode: header.mode().ok_or(field("the mode"))?,
            uid: extended.uid.or_else(|| header.uid()).ok_or(field("the owner"))?,
            gid: extended.gid.or_else(|| header.gid()).ok_or(field("the group"))?,
            mtime: header.mtime().ok_or(field("the time"))?,
            size: extended.size.or_else(|| header.size()).ok_or(field("the size"))?,
            ..Entry::default()
        };
        if let Some((seconds, nanos)) = extended.mtime {
            (entry.mtime, entry.mtime_nanos) = (seconds, nanos);
        }
        if let Some(path) = extended.long_path.or(extended.path) {
            entry.path = path;
        }
        if let Some(link) = extended.long_link.or(extended.link) {
            entry.link = link;
        }
        entry.attributes = extended.attributes;
        entry.kind = match header.kind() {
            // V7 has no folders: their names end in a slash.
            b'\0' | b'0' | b'7' if entry.path.ends_with(b"/") && header.kind() != b'7' => Kind::Folder,
            b'\0' | b'0' | b'7' | b'S' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::Symlink,
            b'3' | b'4' => Kind::Device,
            b'5' => Kind::Folder,
            b'6' => Kind::Fifo,
            kind => return Err(ArchiveError::Kind { header: number, kind }),
        };
        // Whatever size the others claim, no data follows them.
        if entry.kind != Kind::File {
            entry.size = 0;
        }
        let longest = self.limits.path_bytes;
        if entry.path.len() > longest || entry.link.len() > longest {
            return Err(self.beyond("the length of the name", longest as u64));
        }
        if entry.path.contains(&0) || entry.link.contains(&0) {
            return Err(field("the name"));
        }
        self.expect(entry.size);
        if entry.kind == Kind::File {
            self.sparse(header, extended.sparse, &mut entry)?;
        }
        let apparent = entry.sparse.as_ref().map_or(entry.size, |(_, length)| *length);
        if apparent > self.limits.file_bytes {
            return Err(self.beyond("the size of the file", self.limits.file_bytes));
        }
        Ok(entry)
    }

    fn sparse(&mut self, header: &Header, found: sparse::Declared, entry: &mut Entry) -> Result<(), ArchiveError> {
        let number = self.headers;
        let field = || ArchiveError::Field { header: number, field: "the map of the sparse file" };
        let limit = self.limits.extents;
        let too_many = self.beyond("the number of pieces of the sparse file", limit as u64);
        let (extents, length) = if header.kind() == b'S' {
            let mut extents = header.extents().ok_or_else(field)?;
            let mut more = header.extents_go_on();
            while more {
                let mut block = [0; BLOCK];
                if !self.block(&mut block)? {
                    return Err(ArchiveError::Read(io::ErrorKind::UnexpectedEof.into()));
                }
                extents.extend(header::further_extents(&block).ok_or_else(field)?);
                more = block[504] != 0;
                if extents.len() > limit {
                    return Err(too_many);
                }
            }
            (extents, header.real_size().ok_or_else(field)?)
        } else if found.is_in_data() {
            (self.sparse_map(limit, &field, too_many)?, found.length.ok_or_else(field)?)
        } else if let Some(extents) = found.extents().ok_or_else(field)? {
            if extents.len() > limit {
                return Err(too_many);
            }
            (extents, found.length.ok_or_else(field)?)
        } else {
            return Ok(());
        };
        if let Some(name) = found.name {
            entry.path = name;
        }
        entry.size = self.data_left;
        let extents = sparse::checked(extents, length, entry.size).ok_or_else(field)?;
        entry.sparse = Some((extents, length));
        if entry.path.len() > self.limits.path_bytes {
            return Err(self.beyond("the length of the name", self.limits.path_bytes as u64));
        }
        Ok(())
    }

    /// The map that pax 1.0 puts before the data: decimal numbers on lines, padded to a block.
    fn sparse_map(
        &mut self,
        limit: usize,
        field: &dyn Fn() -> ArchiveError,
        too_many: ArchiveError,
    ) -> Result<Vec<Extent>, ArchiveError> {
        let mut numbers = sparse::Numbers::default();
        while !numbers.are_all() {
            let mut block = [0; BLOCK];
            if self.data_left < BLOCK as u64 || !self.block(&mut block)? {
                return Err(field());
            }
            self.data_left -= BLOCK as u64;
            numbers.read(&block).ok_or_else(field)?;
            if numbers.count() > limit as u64 {
                return Err(too_many);
            }
        }
        Ok(numbers.extents())
    }
}
