//! What takes how long on the way of a launch.

use std::time::Instant;

use berth_runtime::Step;
use berth_runtime::folder::now_nanos;

/// Steps one after the other: each begins where the one before ended.
#[derive(Debug)]
pub(crate) struct Steps {
    /// When this began, in nanoseconds since 1970, and on the clock that never jumps.
    anchor: (u64, Instant),
    last: Instant,
    taken: Vec<Step>,
}

impl Steps {
    pub(crate) fn begin() -> Self {
        let now = Instant::now();
        Self { anchor: (now_nanos(), now), last: now, taken: Vec::with_capacity(8) }
    }

    /// What was done since the last call.
    pub(crate) fn done(&mut self, name: &str) {
        let now = Instant::now();
        let nanos = |from: Instant, to: Instant| u64::try_from(to.duration_since(from).as_nanos()).unwrap_or(u64::MAX);
        let began_nanos = self.anchor.0.saturating_add(nanos(self.anchor.1, self.last));
        self.taken.push(Step { name: name.to_owned(), began_nanos, took_nanos: nanos(self.last, now) });
        self.last = now;
    }

    /// What comes next begins now: nothing was done since the last call but waiting.
    pub(crate) fn resume(&mut self) {
        self.last = Instant::now();
    }

    pub(crate) fn take(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_each_other_and_waiting_is_none() {
        let mut steps = Steps::begin();
        steps.done("first");
        steps.done("second");
        steps.resume();
        steps.done("third");
        let taken = steps.take();
        let end = |step: &Step| step.began_nanos + step.took_nanos;
        assert_eq!(taken.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["first", "second", "third"]);
        assert_eq!(taken[1].began_nanos, end(&taken[0]));
        assert!(taken[2].began_nanos > end(&taken[1]));
        assert!(steps.take().is_empty());
    }
}
