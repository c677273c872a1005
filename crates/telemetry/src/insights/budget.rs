//! How much a query may hold.

use super::Exhausted;

/// Bytes of rows, groups and keys that one query holds, about.
const MOST_BYTES: usize = 64 << 20;

/// What is left of it.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST_BYTES)
    }
}

impl Budget {
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(bytes).ok_or(Exhausted)?;
        Ok(())
    }

    pub(super) const fn give_back(&mut self, bytes: usize) {
        self.0 += bytes;
    }
}
