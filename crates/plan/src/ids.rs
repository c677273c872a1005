//! Where ids and chance come from.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A source of sixteen bytes nobody can guess: the ids of what a decision creates, and its randomness. With the same
/// source a decision is the same.
pub trait IdSource {
    /// The next sixteen bytes.
    fn next(&mut self) -> [u8; 16];
}

impl<F: FnMut() -> [u8; 16]> IdSource for F {
    fn next(&mut self) -> [u8; 16] {
        self()
    }
}

/// As many ids as a decision wants, out of one seed: whoever draws the seed may fail, a decision may not. Who does not know the
/// seed cannot guess an id from the others.
#[derive(Clone)]
pub struct SeededIds {
    seed: [u8; 32],
    count: u64,
}

impl SeededIds {
    /// The ids of a seed.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, count: 0 }
    }
}

impl IdSource for SeededIds {
    fn next(&mut self) -> [u8; 16] {
        self.count += 1;
        let digest: [u8; 32] = Sha256::new().chain_update(self.seed).chain_update(self.count.to_le_bytes()).finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
        id
    }
}

impl fmt::Debug for SeededIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The seed is a secret.
        f.debug_struct("SeededIds").field("count", &self.count).finish_non_exhaustive()
    }
}
