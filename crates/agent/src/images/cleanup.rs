//! Which images are removed without being asked.

use std::time::Duration;

use berth_oci::Digest;

use super::settings::CleanupSettings;

/// What was pulled so recently stays even then: somebody is about to use it.
const PRESSED_AGE: Duration = Duration::from_secs(120);

/// An image that may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) manifest: Digest,
    /// When it was pulled, in seconds since 1970; none for what somebody put here.
    pub(super) pulled_at: Option<u64>,
    /// When a task last used it.
    pub(super) last_used_at: Option<u64>,
    pub(super) is_in_use: bool,
    /// Whether it is here before the tasks that use it.
    pub(super) is_expected: bool,
}

/// Whether the disk is too full: from the high mark on, until it is below the low one.
pub(super) fn is_pressed(was: bool, used_percent: u8, settings: &CleanupSettings) -> bool {
    used_percent >= if was { settings.disk_low.min(settings.disk_high) } else { settings.disk_high }
}

/// What goes now, least recently used first.
pub(super) fn chosen(candidates: &[Candidate], now: u64, is_pressed: bool, settings: &CleanupSettings) -> Vec<Digest> {
    if !settings.is_on {
        return Vec::new();
    }
    let age = if is_pressed { PRESSED_AGE.min(settings.minimum_age) } else { settings.minimum_age };
    let mut old: Vec<(u64, Digest)> = candidates
        .iter()
        .filter(|candidate| !candidate.is_in_use && (is_pressed || !candidate.is_expected))
        .filter_map(|candidate| {
            let pulled_at = candidate.pulled_at?;
            let is_old = now.saturating_sub(pulled_at) >= age.as_secs();
            is_old.then_some((candidate.last_used_at.unwrap_or(0).max(pulled_at), candidate.manifest))
        })
        .collect();
    old.sort_unstable();
    old.into_iter().map(|(_, manifest)| manifest).take(settings.per_cycle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, pulled_at: u64) -> Candidate {
        let manifest = Digest::of(name.as_bytes());
        Candidate { manifest, pulled_at: Some(pulled_at), last_used_at: None, is_in_use: false, is_expected: false }
    }

    fn digests(names: &[&str]) -> Vec<Digest> {
        names.iter().map(|name| Digest::of(name.as_bytes())).collect()
    }

    #[test]
    fn the_least_recently_used_go_and_what_is_used_new_or_imported_stays() {
        let settings = CleanupSettings { per_cycle: 2, ..CleanupSettings::default() };
        let now = 100_000;
        let all = [
            Candidate { last_used_at: Some(now - 10), ..candidate("used lately", 1) },
            Candidate { is_in_use: true, ..candidate("in use", 1) },
            Candidate { pulled_at: None, ..candidate("imported", 1) },
            candidate("young", now - 3599),
            candidate("just pulled", now - 119),
            candidate("old", now - 3600),
            candidate("older", 5),
        ];
        assert_eq!(chosen(&all, now, false, &settings), digests(&["older", "old"]));
        assert_eq!(chosen(&all, now + 1, false, &CleanupSettings { is_on: false, ..settings.clone() }), []);
        let all_of_them = CleanupSettings { per_cycle: 9, ..settings };
        assert_eq!(chosen(&all, now, true, &all_of_them), digests(&["older", "old", "young", "used lately"]));
        // A clock that went back makes nothing old.
        assert_eq!(chosen(&[candidate("ahead", now + 9)], now, false, &all_of_them), []);
    }

    #[test]
    fn what_is_here_before_its_tasks_goes_only_when_the_disk_is_too_full() {
        let settings = CleanupSettings::default();
        let all = [Candidate { is_expected: true, ..candidate("ahead", 1) }];
        assert_eq!(chosen(&all, 100_000, false, &settings), []);
        assert_eq!(chosen(&all, 100_000, true, &settings), digests(&["ahead"]));
    }

    #[test]
    fn pressure_lasts_from_the_high_mark_to_the_low_one() {
        let settings = CleanupSettings::default();
        let mut pressed = false;
        let course = [79, 89, 90, 85, 80, 79, 85].map(|percent| {
            pressed = is_pressed(pressed, percent, &settings);
            pressed
        });
        assert_eq!(course, [false, false, true, true, true, false, false]);
    }
}
