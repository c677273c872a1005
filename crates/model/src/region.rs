//! Region names, interned for the life of the process.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{OnceLock, PoisonError, RwLock};

use minicbor::{Decode, Decoder, Encode, Encoder};

/// How many different region names one process accepts. Names come from signed requests, and interned names are never
/// freed, so their number has to have an end.
const LIMIT: usize = 4096;
const LONGEST: usize = 32;

static REGIONS: Table<LIMIT> = Table::new();

/// Names by number and numbers by name, append-only: turning a number into its name takes no lock.
struct Table<const N: usize> {
    names: [OnceLock<&'static str>; N],
    numbers: RwLock<BTreeMap<&'static str, u16>>,
}

impl<const N: usize> Table<N> {
    const fn new() -> Self {
        Self { names: [const { OnceLock::new() }; N], numbers: RwLock::new(BTreeMap::new()) }
    }

    fn number(&self, name: &str) -> Result<u16, RegionError> {
        if let Some(&number) = self.numbers.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(number);
        }
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&number) = numbers.get(name) {
            return Ok(number);
        }
        let full = || RegionError::TooMany { name: name.into(), limit: N };
        let number = u16::try_from(numbers.len()).map_err(|_| full())?;
        let slot = self.names.get(usize::from(number)).ok_or_else(full)?;
        let name: &'static str = Box::leak(name.into());
        slot.get_or_init(|| name);
        numbers.insert(name, number);
        Ok(number)
    }

    fn name(&self, number: u16) -> &'static str {
        // Only `number` gives out numbers, after it filled their slot.
        self.names.get(usize::from(number)).and_then(OnceLock::get).copied().unwrap_or_default()
    }
}

/// A region, such as `us-east-1`: two bytes, ordered by name.
///
/// The number is private to this process; only the name is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region(u16);

/// Why a string is not a region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// The name breaks the rules for region names.
    #[error("{0:?} is not a region name: it needs 1 to {LONGEST} characters of a-z, 0-9 and -")]
    Malformed(Box<str>),
    /// The process already knows as many regions as it can.
    #[error("cannot take up region {name:?}: {limit} regions are in use, which is the limit")]
    TooMany {
        /// The region that was one too many.
        name: Box<str>,
        /// The limit.
        limit: usize,
    },
}

impl Region {
    /// The region of that name, taken up on first sight.
    ///
    /// # Errors
    /// The name is malformed, or the limit of distinct regions is reached.
    pub fn new(name: &str) -> Result<Self, RegionError> {
        let well_formed = (1..=LONGEST).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !well_formed {
            return Err(RegionError::Malformed(name.into()));
        }
        REGIONS.number(name).map(Self)
    }

    /// The region's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        REGIONS.name(self.0)
    }
}

impl Ord for Region {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self.0 == other.0 { std::cmp::Ordering::Equal } else { self.as_str().cmp(other.as_str()) }
    }
}

impl PartialOrd for Region {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(name: &str) -> Result<Self, RegionError> {
        Self::new(name)
    }
}

impl<C> Encode<C> for Region {
    fn encode<W: minicbor::encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(self.as_str())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Region {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::new(d.str()?).map_err(minicbor::decode::Error::custom)
    }
}

#[cfg(test)]
mod tests;
