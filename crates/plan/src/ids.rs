//! Where ids and chance come from.

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
