//! Statistics of any number of values in a bounded space: exact as long as there are few.

use std::collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher};
use std::hash::{Hash as _, Hasher as _};

/// Values that are kept as they are.
const EXACT: usize = 4096;
/// Two values in one bucket differ by at most this factor: a percentile is off by half of it.
const STEP: f64 = 1.01;
/// Hashes that are kept: as many different values are counted exactly.
const HASHES: usize = 8192;

/// The distribution of numbers.
#[derive(Debug, Default)]
pub(super) struct Distribution {
    exact: Vec<f64>,
    /// Once there were too many: how many numbers are in each bucket.
    buckets: BTreeMap<i32, u64>,
    count: u64,
}

impl Distribution {
    pub(super) fn add(&mut self, number: f64) {
        self.count += 1;
        if self.buckets.is_empty() && self.exact.len() < EXACT {
            self.exact.push(number);
            return;
        }
        for kept in self.exact.drain(..).chain([number]) {
            *self.buckets.entry(bucket(kept)).or_default() += 1;
        }
    }

    /// The smallest number that so many percent are not above.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "ranks are far below 2^53"
    )]
    pub(super) fn percentile(&mut self, percent: f64) -> Option<f64> {
        let rank = ((percent / 100.0 * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        if self.buckets.is_empty() {
            self.exact.sort_unstable_by(f64::total_cmp);
            return self.exact.get(usize::try_from(rank - 1).ok()?).copied();
        }
        let mut seen = 0;
        let reached = self.buckets.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        reached.map(|(bucket, _)| middle(*bucket))
    }

    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        self.exact.len() * 8 + self.buckets.len() * 24
    }
}

/// Buckets grow by [`STEP`]; those of negative numbers are negative, and 0 has its own.
#[expect(clippy::cast_possible_truncation, reason = "the logarithm of any float in this base is below 100,000")]
fn bucket(number: f64) -> i32 {
    // The smallest normal number's is above -72,000.
    let size = || (number.abs().max(f64::MIN_POSITIVE).ln() / STEP.ln()).ceil() as i32 + 100_000;
    if number == 0.0 {
        0
    } else if number > 0.0 {
        size()
    } else {
        -size()
    }
}

fn middle(bucket: i32) -> f64 {
    let size = |bucket: i32| (STEP.powi(bucket - 100_000) * 2.0 / (1.0 + STEP)).min(f64::MAX);
    match bucket.signum() {
        0 => 0.0,
        1 => size(bucket),
        _ => -size(-bucket),
    }
}

/// How many different values there are.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    /// The smallest hashes: how close they are together says how many there are in all.
    hashes: BTreeSet<u64>,
    is_full: bool,
}

impl Distinct {
    pub(super) fn add(&mut self, value: &str) {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        self.hashes.insert(hasher.finish());
        if self.hashes.len() > HASHES {
            self.hashes.pop_last();
            self.is_full = true;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn count(&self) -> f64 {
        match self.hashes.last() {
            Some(largest) if self.is_full => ((HASHES - 1) as f64 / (*largest as f64 / u64::MAX as f64)).round(),
            _ => self.hashes.len() as f64,
        }
    }

    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        self.hashes.len() * 16
    }
}
