//! Keys of records as bytes: what the backend stores them under.

use std::fmt;

use berth_model::{Ec2Id, Id, Name, Region};

/// A primary key. Its bytes begin with its region.
pub trait Key: Ord + Clone + fmt::Debug + Send + Sync + 'static {
    /// Writes the key's parts.
    fn write(&self, to: &mut KeyWriter);
    /// Reads them back; nothing if the bytes are no such key.
    fn read(from: &mut KeyReader<'_>) -> Option<Self>;

    /// The key's bytes.
    fn to_bytes(&self) -> Box<[u8]> {
        let mut to = KeyWriter::default();
        self.write(&mut to);
        to.0.into()
    }

    /// The key of these bytes, and of no more than these.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut from = KeyReader(bytes);
        let key = Self::read(&mut from)?;
        from.0.is_empty().then_some(key)
    }
}

/// Ends a string within a key. Zero bytes inside it are escaped, so that keys sort as their parts do.
const END: [u8; 2] = [0x00, 0x01];
const ZERO: [u8; 2] = [0x00, 0xff];

/// Writes a key part by part.
#[derive(Debug, Default)]
pub struct KeyWriter(Vec<u8>);

impl KeyWriter {
    /// A region: by name, because its number is this process's own.
    pub fn region(&mut self, region: Region) {
        self.text(region.as_str());
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            match byte {
                0 => self.0.extend(ZERO),
                _ => self.0.push(byte),
            }
        }
        self.0.extend(END);
    }

    /// An id.
    pub fn id<K>(&mut self, id: &Id<K>) {
        self.0.extend(id.as_bytes());
    }

    /// An id in EC2's form.
    pub fn ec2_id<K>(&mut self, id: Ec2Id<K>) {
        self.0.extend(id.to_bytes());
    }

    /// A number.
    pub fn number(&mut self, number: u32) {
        self.0.extend(number.to_be_bytes());
    }

    /// A number of eight bytes.
    pub fn wide(&mut self, number: u64) {
        self.0.extend(number.to_be_bytes());
    }
}

/// Reads a key part by part.
#[derive(Debug)]
pub struct KeyReader<'a>(&'a [u8]);

impl KeyReader<'_> {
    /// A region.
    pub fn region(&mut self) -> Option<Region> {
        Region::new(&self.text()?).ok()
    }

    /// A name.
    pub fn name(&mut self) -> Option<Name> {
        self.text().map(Name::from)
    }

    /// A string.
    pub fn text(&mut self) -> Option<String> {
        let mut text = Vec::new();
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            if byte != 0 {
                text.push(byte);
                continue;
            }
            let (&escape, rest) = self.0.split_first()?;
            self.0 = rest;
            match [0, escape] {
                ZERO => text.push(0),
                END => return String::from_utf8(text).ok(),
                _ => return None,
            }
        }
    }

    /// An id.
    pub fn id<K>(&mut self) -> Option<Id<K>> {
        self.take().map(Id::from_bytes)
    }

    /// An id in EC2's form.
    pub fn ec2_id<K>(&mut self) -> Option<Ec2Id<K>> {
        self.take().map(Ec2Id::of_bytes)
    }

    /// A number.
    pub fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    /// A number of eight bytes.
    pub fn wide(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (&taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests;
