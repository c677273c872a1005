//! Files with holes, of which archives hold only the data.

use super::extended::decimal;

/// A piece of data within a file with holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Where it begins.
    pub at: u64,
    /// How long it is.
    pub length: u64,
}

/// What the pax header says about holes, in any of the three versions.
#[derive(Default)]
pub(super) struct Declared {
    major: Option<u64>,
    /// 0.1: `offset,length,offset,length`.
    map: Option<Vec<u8>>,
    /// 0.0: the same, a record for each number.
    numbers: Vec<u64>,
    /// The file's length.
    pub(super) length: Option<u64>,
    /// Its name; the entry's own is made up.
    pub(super) name: Option<Vec<u8>>,
}

impl Declared {
    pub(super) fn record(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"major" => self.major = Some(decimal(value)?),
            b"map" => self.map = Some(value.to_vec()),
            b"size" | b"realsize" => self.length = Some(decimal(value)?),
            b"name" => self.name = Some(value.to_vec()),
            b"offset" | b"numbytes" => {
                // They alternate; two of a kind in a row are no map.
                if (key == b"offset") != self.numbers.len().is_multiple_of(2) {
                    return None;
                }
                self.numbers.push(decimal(value)?);
            }
            _ => {}
        }
        Some(())
    }

    /// Version 1.0: the map stands before the data.
    pub(super) fn is_in_data(&self) -> bool {
        self.major == Some(1)
    }

    /// The map if the header holds it; no map if nothing speaks of one.
    pub(super) fn extents(&self) -> Option<Option<Vec<Extent>>> {
        let numbers = match &self.map {
            Some(map) => map.split(|byte| *byte == b',').map(decimal).collect::<Option<Vec<u64>>>()?,
            None => self.numbers.clone(),
        };
        let said = self.map.is_some() || !numbers.is_empty() || self.length.is_some();
        if !numbers.len().is_multiple_of(2) {
            return None;
        }
        Some(said.then(|| together(&numbers)))
    }
}

/// The numbers of a map within the data, as they are read.
#[derive(Default)]
pub(super) struct Numbers {
    /// The first is the count of pieces.
    read: Vec<u64>,
    /// Digits of a number that the next block goes on with.
    digits: Vec<u8>,
}

impl Numbers {
    /// How many pieces there will be, as far as that is known.
    pub(super) fn count(&self) -> u64 {
        self.read.first().copied().unwrap_or_default()
    }

    pub(super) fn are_all(&self) -> bool {
        self.read.first().is_some_and(|count| (self.read.len() as u64 - 1) / 2 >= *count)
    }

    pub(super) fn read(&mut self, block: &[u8]) -> Option<()> {
        for byte in block {
            if self.are_all() {
                break;
            }
            if *byte == b'\n' {
                self.read.push(decimal(&self.digits)?);
                self.digits.clear();
            } else if byte.is_ascii_digit() && self.digits.len() < 20 {
                self.digits.push(*byte);
            } else {
                return None;
            }
        }
        Some(())
    }

    pub(super) fn extents(&self) -> Vec<Extent> {
        together(self.read.get(1..).unwrap_or_default())
    }
}

fn together(numbers: &[u64]) -> Vec<Extent> {
    numbers.chunks_exact(2).map(|pair| Extent { at: pair[0], length: pair[1] }).collect()
}

/// The pieces, if they are in order, within the file, and as long as the data.
pub(super) fn checked(mut extents: Vec<Extent>, length: u64, data: u64) -> Option<Vec<Extent>> {
    let mut end = 0_u64;
    let mut sum = 0_u64;
    for extent in &extents {
        if extent.at < end {
            return None;
        }
        end = extent.at.checked_add(extent.length)?;
        sum = sum.checked_add(extent.length)?;
    }
    if end > length || sum != data {
        return None;
    }
    extents.retain(|extent| extent.length > 0);
    Some(extents)
}
