//! The time that counts, and what happened in it.

use std::time::{Duration, Instant};

/// Slices of a window whose rates are reported one by one.
pub(crate) const SLICE: Duration = Duration::from_millis(250);

/// When samples count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: Instant,
    /// Nothing: until all is sent.
    pub(crate) until: Option<Instant>,
}

impl Window {
    /// Whether another request begins at `now`.
    pub(crate) fn is_open(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    fn counts(&self, now: Instant) -> bool {
        now >= self.from && self.is_open(now)
    }
}

/// What one connection saw in the window.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// Microseconds of each request.
    pub(crate) latencies: Vec<u32>,
    /// Requests ended in each slice.
    pub(crate) slices: Vec<u64>,
    pub(crate) body_bytes: u64,
    pub(crate) connections_opened: u64,
}

impl Samples {
    /// Notes an answer that came at `ended`, unless the window does not count it.
    pub(crate) fn note(&mut self, window: &Window, began: Instant, ended: Instant, body: usize) {
        if !window.counts(ended) {
            return;
        }
        self.latencies.push(u32::try_from(ended.duration_since(began).as_micros()).unwrap_or(u32::MAX));
        let slice = ended.duration_since(window.from).as_micros() / SLICE.as_micros();
        let slice = usize::try_from(slice).unwrap_or(usize::MAX);
        if self.slices.len() <= slice {
            self.slices.resize(slice + 1, 0);
        }
        if let Some(count) = self.slices.get_mut(slice) {
            *count += 1;
        }
        self.body_bytes += body as u64;
    }

    /// Adds what another connection saw.
    pub(crate) fn merge(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.slices.resize(self.slices.len().max(other.slices.len()), 0);
        for (all, more) in self.slices.iter_mut().zip(other.slices) {
            *all += more;
        }
        self.body_bytes += other.body_bytes;
        self.connections_opened += other.connections_opened;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_inside_the_window_count() {
        let from = Instant::now();
        let window = Window { from, until: Some(from + 2 * SLICE) };
        let mut samples = Samples::default();
        let began = from.checked_sub(SLICE).unwrap();
        for ended in [began, from, from + SLICE, from + 2 * SLICE] {
            samples.note(&window, began, ended, 10);
        }
        assert_eq!(samples.latencies, [250_000, 500_000]);
        assert_eq!((samples.slices, samples.body_bytes), (vec![1, 1], 20));
    }
}
