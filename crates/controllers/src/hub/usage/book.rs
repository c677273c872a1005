//! The last minutes of what containers used.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use berth_model::Timestamp;
use berth_store::TaskKey;

/// What is older is forgotten, of a container and of a task.
const KEPT: Duration = Duration::from_secs(5 * 60);
/// Moments of one container, at most: five minutes of Berth's agents.
const MOST_MOMENTS: usize = 60;
/// Moments of all containers, at most: 32 MiB. Beyond, a container's newest moment takes the place of its oldest.
const MOST_MOMENTS_OF_ALL: usize = 2 << 20;
/// Tasks of which nothing is said any more are looked for so often.
const SWEEP: Duration = Duration::from_secs(60);

/// What a container has and took, as last said. What an agent does not say is nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    pub(super) at: Timestamp,
    pub(super) cpu_units: f32,
    pub(super) memory_mib: f32,
    pub(super) pids: Option<f32>,
    /// Bytes, since the container began, as are the other totals.
    pub(super) received: Option<u64>,
    pub(super) sent: Option<u64>,
    pub(super) received_per_second: Option<f32>,
    pub(super) sent_per_second: Option<f32>,
    pub(super) read: Option<u64>,
    pub(super) written: Option<u64>,
    pub(super) restarts: Option<i64>,
}

/// What remains of a sample when the next one comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    pub(super) cpu_units: f32,
    pub(super) memory_mib: f32,
}

/// What is known of a container.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    /// Its place in the task.
    pub(super) place: usize,
    pub(super) latest: Sample,
    /// The newest last; the latest sample among them.
    pub(super) moments: VecDeque<Moment>,
}

/// What is known of all tasks.
#[derive(Debug, Default)]
pub(in crate::hub) struct Book(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    tasks: HashMap<TaskKey, Vec<Known>>,
    /// Moments in all of them.
    moments: usize,
    swept_at: Option<Timestamp>,
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        // What a panic could leave half done is a number too few on a page.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what was said of a task's containers.
    pub(super) fn put(&self, task: TaskKey, samples: impl Iterator<Item = (usize, Sample)>, now: Timestamp) {
        let mut pages = self.pages();
        let Pages { tasks, moments, .. } = &mut *pages;
        let known = tasks.entry(task).or_default();
        for (place, sample) in samples {
            match known.iter_mut().find(|known| known.place == place) {
                Some(known) => known.add(sample, now, moments),
                None => {
                    let mut new = Known { place, latest: sample, moments: VecDeque::new() };
                    new.add(sample, now, moments);
                    known.push(new);
                }
            }
        }
    }

    /// What is known of a task's containers.
    pub(super) fn of(&self, task: &TaskKey) -> Vec<Known> {
        self.pages().tasks.get(task).cloned().unwrap_or_default()
    }

    /// The tasks of which something is known.
    pub(super) fn tasks(&self) -> Vec<TaskKey> {
        self.pages().tasks.keys().copied().collect()
    }

    /// Forgets tasks of which nothing was said for long.
    pub(super) fn forget_before(&self, now: Timestamp) {
        let mut pages = self.pages();
        if pages.swept_at.is_some_and(|at| now.since(at) < SWEEP) {
            return;
        }
        let Pages { tasks, moments, swept_at } = &mut *pages;
        tasks.retain(|_, known| known.iter().any(|known| now.since(known.latest.at) < KEPT));
        *moments = tasks.values().flatten().map(|known| known.moments.len()).sum();
        *swept_at = Some(now);
    }
}

impl Known {
    /// `all` counts the moments of all containers.
    fn add(&mut self, sample: Sample, now: Timestamp, all: &mut usize) {
        self.latest = sample;
        let Sample { at, cpu_units, memory_mib, .. } = sample;
        self.moments.push_back(Moment { at, cpu_units, memory_mib });
        *all += 1;
        let is_old = |moment: &Moment| now.since(moment.at) >= KEPT;
        while self.moments.len() > 1
            && (self.moments.len() > MOST_MOMENTS || *all > MOST_MOMENTS_OF_ALL || self.moments.front().is_some_and(is_old))
        {
            self.moments.pop_front();
            *all -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u8) -> TaskKey {
        TaskKey { region: "us-east-1".parse().unwrap(), id: berth_model::TaskId::from_bytes([id; 16]) }
    }

    fn sample(at: Timestamp) -> Sample {
        Sample {
            at,
            cpu_units: 1.0,
            memory_mib: 2.0,
            pids: None,
            received: None,
            sent: None,
            received_per_second: None,
            sent_per_second: None,
            read: None,
            written: None,
            restarts: None,
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_containers_past_is_five_minutes_and_sixty_samples_long() {
        let book = Book::default();
        for second in 0..200 {
            book.put(key(1), [(0, sample(at(second)))].into_iter(), at(second));
        }
        let known = book.of(&key(1)).remove(0);
        assert_eq!((known.moments.len(), known.moments[0].at, known.latest.at), (60, at(140), at(199)));
        book.put(key(1), [(0, sample(at(1000)))].into_iter(), at(1000));
        let known = book.of(&key(1)).remove(0);
        assert_eq!(known.moments.iter().map(|moment| moment.at).collect::<Vec<_>>(), [at(1000)]);
        assert_eq!(book.pages().moments, 1);
    }

    #[test]
    fn tasks_of_which_nothing_is_said_are_forgotten() {
        let book = Book::default();
        book.put(key(1), [(0, sample(at(0))), (1, sample(at(0)))].into_iter(), at(0));
        book.put(key(2), [(0, sample(at(290)))].into_iter(), at(290));
        book.forget_before(at(310));
        assert!(book.of(&key(1)).is_empty() && book.of(&key(2)).len() == 1);
        assert_eq!(book.pages().moments, 1);
    }
}
