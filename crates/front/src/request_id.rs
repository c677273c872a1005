//! Request ids: unique, in the form of a UUID, without a system call each.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The first half is the process's own, the second counts.
pub(crate) fn next() -> Arc<str> {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let process = PROCESS.get_or_init(|| {
        let mut bytes = [0; 8];
        // Without randomness ids of two processes may collide; requests still work.
        let _ = getrandom::fill(&mut bytes);
        u64::from_le_bytes(bytes)
    });
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // Multiplication by an odd number is a bijection: ids stay unique and neighbours do not look alike.
    let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let all = (u128::from(*process) << 64) | u128::from(mixed);
    let (a, b, c, d, e) = (all >> 96, (all >> 80) & 0xffff, (all >> 64) & 0x0fff, (all >> 48) & 0x3fff, all & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{:04x}-{e:012x}", d | 0x8000).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_look_like_uuids() {
        let ids: BTreeSet<_> = (0..10_000).map(|_| super::next()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 36 && id.as_bytes()[14] == b'4'));
    }
}
