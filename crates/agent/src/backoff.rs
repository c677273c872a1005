//! Waiting longer after each failure.

use std::time::Duration;

/// The time to wait after a failure: each is longer than the one before, up to the longest, and a fifth of it is chance, so that
/// many that failed together do not come back together.
#[derive(Debug)]
pub(crate) struct Backoff {
    shortest: Duration,
    longest: Duration,
    factor: f64,
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new(shortest: Duration, longest: Duration, factor: f64) -> Self {
        Self { shortest, longest, factor, next: shortest }
    }

    /// How long to wait now.
    pub(crate) fn delay(&mut self) -> Duration {
        let delay = self.next;
        self.next = delay.mul_f64(self.factor).min(self.longest);
        delay.mul_f64(0.8 + 0.4 * chance())
    }

    /// It went well.
    pub(crate) const fn reset(&mut self) {
        self.next = self.shortest;
    }
}

/// A number from 0 to 1 by chance.
pub(crate) fn chance() -> f64 {
    // Without chance everybody waits the same time: no harm is done.
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

/// A name nobody else has, in the form of a version 4 UUID.
pub(crate) fn unique_name() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    let parts = [hex.get(..8), hex.get(8..12), hex.get(12..16), hex.get(16..20), hex.get(20..)];
    Ok(parts.map(Option::unwrap_or_default).join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_delay_is_longer_up_to_the_longest_and_a_success_starts_anew() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1), 2.0);
        let close_to = |delay: Duration, millis: u64| {
            let expected = Duration::from_millis(millis);
            assert!(delay >= expected.mul_f64(0.79) && delay <= expected.mul_f64(1.21), "{delay:?} is not about {expected:?}");
        };
        for expected in [100, 200, 400, 800, 1000, 1000] {
            close_to(backoff.delay(), expected);
        }
        backoff.reset();
        close_to(backoff.delay(), 100);
    }

    #[test]
    fn a_unique_name_is_a_uuid() {
        let name = unique_name().unwrap();
        assert_eq!(name.len(), 36);
        assert_eq!((name.as_bytes()[14], name.matches('-').count()), (b'4', 4));
    }
}
