//! How many tasks there may be.

/// Between what a service's tasks have to stay while they are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many there are to be.
    pub desired: u32,
    /// How many of them are healthy at least.
    pub least: u32,
    /// How many there are at most.
    pub most: u32,
}

impl Bounds {
    /// The bounds of percentages of a number of tasks: the minimum is rounded up, the maximum down. A maximum below the tasks
    /// wanted would keep the service from ever having them.
    #[must_use]
    pub fn of(desired: u32, minimum_healthy_percent: u32, maximum_percent: u32) -> Self {
        let part = |percent: u32| u64::from(desired) * u64::from(percent);
        let whole = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let most = whole(part(maximum_percent) / 100).max(desired);
        Self { desired, least: whole(part(minimum_healthy_percent).div_ceil(100)).min(most), most }
    }

    /// The bounds of a daemon that may be missing on so many of its instances, in hundredths of a percent, rounded down: on one at least,
    /// or its task would never be replaced.
    #[must_use]
    pub fn draining(desired: u32, drain: u32) -> Self {
        let missing = u64::from(desired) * u64::from(drain) / 10_000;
        let missing = u32::try_from(missing).unwrap_or(u32::MAX).max(1);
        Self { desired, least: desired.saturating_sub(missing), most: desired }
    }
}
