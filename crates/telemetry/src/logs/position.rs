//! Where an event stands among all events.

use berth_model::Timestamp;

/// Bits for an event's place in its block.
const PLACE_BITS: u32 = 14;
/// Bits for its block's number.
const BLOCK_BITS: u32 = 60;
/// Bits for its time.
const TIME_BITS: u32 = 48;

/// Events of one block, at most.
pub(crate) const MOST_EVENTS: usize = 1 << PLACE_BITS;

/// An event's place in the one order of all events: by time, then as they came in. Also a place between two events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u128);

impl Position {
    /// Before all events.
    pub const START: Self = Self(0);
    /// After all events.
    pub const END: Self = Self(1 << (PLACE_BITS + BLOCK_BITS + TIME_BITS));

    /// Before all events of that time and later ones. Times before 1970 are 1970.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        Self::new(time, 0, 0)
    }

    pub(crate) fn new(time: Timestamp, block: u64, place: u32) -> Self {
        let time = u128::try_from(time.as_millis()).unwrap_or(0).min((1 << TIME_BITS) - 1);
        Self(time << (PLACE_BITS + BLOCK_BITS) | u128::from(block) << PLACE_BITS | u128::from(place))
    }

    /// After all events of that time.
    pub(crate) fn after(time: Timestamp) -> Self {
        Self(Self::at(time).0 + (1 << (PLACE_BITS + BLOCK_BITS)))
    }

    /// After the events of a block whose last one has that time.
    pub(crate) fn after_block(last: Timestamp, block: u64) -> Self {
        Self(Self::new(last, block, 0).0 + (1 << PLACE_BITS))
    }

    /// Whether events may have this time.
    pub(crate) fn has(time: Timestamp) -> bool {
        (0..1 << TIME_BITS).contains(&time.as_millis())
    }

    /// The position as a number.
    #[must_use]
    pub const fn number(self) -> u128 {
        self.0
    }

    /// The position with that number; none if it is too large.
    #[must_use]
    pub fn of_number(number: u128) -> Option<Self> {
        (number <= Self::END.0).then_some(Self(number))
    }

    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1).min(Self::END)
    }

    /// The position before this one; the first has none and stays.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests;
