//! Which instances suit a kind of task, as far as it was asked.

use super::Want;
use super::check::suits;
use super::pool::{Pool, Stamp};

/// Remembers which instances suit tasks of one kind: of the same attributes, zones and rules. Looking at attributes and
/// expressions costs more than the rest of a decision; whoever places tasks of a kind again and again keeps a sieve for them. It
/// forgets everything once an instance changes in more than what its tasks take.
#[derive(Debug, Clone, Default)]
pub struct Sieve {
    stamp: Option<Stamp>,
    asked: Vec<u64>,
    suits: Vec<u64>,
}

impl Sieve {
    /// Begins anew if the pool is not the one that was asked.
    pub(super) fn follow(&mut self, pool: &Pool) {
        if self.stamp.as_ref() != Some(pool.stamp()) {
            *self = Self { stamp: Some(pool.stamp().clone()), ..Self::default() };
        }
    }

    /// Whether the instance in a slot suits the tasks.
    pub(super) fn passes(&mut self, want: &Want<'_>, pool: &Pool, slot: u32) -> bool {
        let (word, bit) = (slot as usize / 64, 1_u64 << (slot % 64));
        if self.asked.len() <= word {
            self.asked.resize(word + 1, 0);
            self.suits.resize(word + 1, 0);
        }
        if self.asked[word] & bit == 0 {
            self.asked[word] |= bit;
            let Some(spot) = pool.spot(slot) else { return false };
            let groups = pool.groups_on(spot);
            if spot.subject(&groups).is_some_and(|subject| suits(want, &subject).is_ok()) {
                self.suits[word] |= bit;
            }
        }
        self.suits[word] & bit != 0
    }
}
