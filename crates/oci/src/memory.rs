//! How many layers are worked on at once: no more than there is memory for.

use std::fs;

/// What a layer may take while it is unpacked: a decoder's window, and what is around it.
const EACH: u64 = 160 << 20;
/// A part of the memory that is available: so much may be taken by this.
const SHARE: u64 = 2;

/// As many as `most`, and fewer where memory is short; one at least, whose window may be small.
pub(crate) fn at_once(most: usize) -> usize {
    // Where nobody says what there is, nothing holds anybody back.
    fs::read_to_string("/proc/meminfo").map_or(most, |text| fit(most, &text))
}

/// How many fit in the memory that a `meminfo` calls available.
fn fit(most: usize, meminfo: &str) -> usize {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let Some(kib) = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()) else { return most };
    let room = kib.saturating_mul(1024) / SHARE / EACH;
    usize::try_from(room).unwrap_or(usize::MAX).clamp(1, most.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_layers_are_worked_on_where_memory_is_short() {
        let available = |mib: u64| format!("MemTotal: 99999999 kB\nMemAvailable: {} kB\n", mib << 10);
        for (mib, layers) in [(64_000, 8), (1_000, 3), (500, 1), (10, 1)] {
            assert_eq!(fit(8, &available(mib)), layers, "{mib} MiB");
        }
        assert_eq!((fit(2, &available(64_000)), fit(8, "nothing of the kind"), fit(0, &available(1))), (2, 8, 1));
    }
}
