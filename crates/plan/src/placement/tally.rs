//! Small counts by number.

/// How many there are of each of some numbers, in the order of the numbers; what there is none of takes no room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally(Vec<(u32, u32)>);

impl Tally {
    pub(super) fn get(&self, number: u32) -> u32 {
        match self.0.binary_search_by_key(&number, |&(number, _)| number) {
            Ok(at) => self.0[at].1,
            Err(_) => 0,
        }
    }

    /// Counts up or down, never below nothing.
    pub(super) fn add(&mut self, number: u32, by: i32) {
        match self.0.binary_search_by_key(&number, |&(number, _)| number) {
            Ok(at) => {
                let count = self.0[at].1.saturating_add_signed(by);
                if count == 0 {
                    self.0.remove(at);
                } else {
                    self.0[at].1 = count;
                }
            }
            Err(at) => {
                if let Ok(count @ 1..) = u32::try_from(by) {
                    self.0.insert(at, (number, count));
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        self.0.iter().copied()
    }
}
