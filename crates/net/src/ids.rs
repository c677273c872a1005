//! The host's ids that tasks with a user namespace of their own have: blocks of a range that is nobody else's.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// The ids of one task: so many from the first on are its own, which sees them from zero on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdBlock {
    /// The host's id of the task's root.
    pub first: u32,
}

impl IdBlock {
    /// As many as there are ids of two bytes, which is what images expect.
    pub const COUNT: u32 = 1 << 16;
}

impl fmt::Display for IdBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)
    }
}

impl FromStr for IdBlock {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(|first| Self { first })
    }
}

/// What slots with ids of their own are made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    /// Ids of the host that are nobody else's, never zero.
    pub range: Range<u32>,
    /// How many such slots are prepared.
    pub slots: usize,
}

/// The blocks of a range. One is not given again before all others were.
#[derive(Debug)]
pub(crate) struct Blocks {
    range: Range<u32>,
    used: BTreeSet<IdBlock>,
    next: u32,
}

impl Blocks {
    pub(crate) fn new(range: Range<u32>) -> Self {
        Self { next: range.start, range, used: BTreeSet::new() }
    }

    pub(crate) fn occupy(&mut self, block: IdBlock) {
        self.used.insert(block);
    }

    pub(crate) fn free(&mut self, block: IdBlock) {
        self.used.remove(&block);
    }

    pub(crate) fn take(&mut self) -> Option<IdBlock> {
        let blocks = self.range.len() / IdBlock::COUNT as usize;
        for _ in 0..blocks {
            let block = IdBlock { first: self.next };
            let after = self.next.saturating_add(IdBlock::COUNT);
            let fits = self.range.end.saturating_sub(after) >= IdBlock::COUNT;
            self.next = if fits { after } else { self.range.start };
            // Adopted ones may be of another range than this, and reach into it.
            let clear = |used: &IdBlock| used.first.abs_diff(block.first) >= IdBlock::COUNT;
            if self.used.iter().all(clear) {
                self.used.insert(block);
                return Some(block);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lie_within_their_range_and_rest_before_they_are_given_again() {
        let start = 1 << 20;
        let mut blocks = Blocks::new(start..start + 3 * IdBlock::COUNT + 5);
        let taken: Vec<u32> = std::iter::from_fn(|| blocks.take()).map(|block| block.first).collect();
        assert_eq!(taken, [start, start + IdBlock::COUNT, start + 2 * IdBlock::COUNT]);
        for first in [taken[2], taken[0]] {
            blocks.free(IdBlock { first });
        }
        assert_eq!(blocks.take().map(|block| block.first), Some(taken[0]), "the cursor comes around");
        assert_eq!(blocks.take().map(|block| block.first), Some(taken[2]));
        assert_eq!(blocks.take(), None);
    }

    #[test]
    fn a_block_of_an_earlier_range_is_not_touched() {
        let start = 1 << 20;
        let mut blocks = Blocks::new(start..start + 2 * IdBlock::COUNT);
        blocks.occupy(IdBlock { first: start + IdBlock::COUNT + 7 });
        assert_eq!(blocks.take(), Some(IdBlock { first: start }));
        assert_eq!(blocks.take(), None);
    }

    #[test]
    fn no_range_is_too_small_or_too_high() {
        assert_eq!(Blocks::new(5..100).take(), None);
        let mut last = Blocks::new(u32::MAX - IdBlock::COUNT..u32::MAX);
        assert_eq!(last.take(), Some(IdBlock { first: u32::MAX - IdBlock::COUNT }));
        assert_eq!(last.take(), None);
    }
}
