//! The same work on several things, on as many threads as may be.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::watch::Watch;

/// Works on all items, on `threads` of them at a time; the results are in the items' order. When one fails, the others are called
/// off, and what failed first is answered.
pub(crate) fn each<I: Sync, T: Send, E: Send>(
    items: &[I],
    threads: usize,
    watch: &Watch<'_>,
    work: impl Fn(usize, &I, &Watch<'_>) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let first_error: Mutex<Option<E>> = Mutex::new(None);
    let results: Vec<Mutex<Option<T>>> = items.iter().map(|_| Mutex::default()).collect();
    let watch = watch.or(&failed);
    let run = || {
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some(item), Some(result)) = (items.get(index), results.get(index)) else { return };
            match work(index, item, &watch) {
                Ok(done) => *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(done),
                Err(error) => {
                    first_error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    failed.store(true, Ordering::Relaxed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(items.len()) {
            scope.spawn(run);
        }
        run();
    });
    match first_error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => {
            Ok(results.into_iter().filter_map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
        }
    }
}
