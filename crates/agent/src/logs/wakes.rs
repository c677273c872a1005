//! Waking drivers when there is output.
//!
//! One inotify instance for all containers: a user has few of them (128 on most machines), and many watches.

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;

/// Without a watch, which is when the machine has no more of them, it is looked so often.
const PERIOD: Duration = Duration::from_secs(1);

/// Wakes drivers when there is output.
#[derive(Debug)]
pub struct Wakes {
    inotify: Arc<AsyncFd<OwnedFd>>,
    sleepers: Mutex<HashMap<i32, Arc<Notify>>>,
}

/// Wakes one driver.
#[derive(Debug)]
pub(super) struct Wake {
    wakes: Arc<Wakes>,
    notify: Arc<Notify>,
    watches: Vec<i32>,
    /// The folder of output, until it is watched.
    output: Option<PathBuf>,
}

impl Wakes {
    /// Begins to listen to the kernel. To be called within the runtime.
    ///
    /// # Errors
    /// The kernel refuses.
    #[expect(deprecated, reason = "its successor is unsafe, for descriptors that are not owned; this one is")]
    pub fn start() -> io::Result<Arc<Self>> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let inotify = Arc::new(AsyncFd::new(inotify)?);
        let wakes = Arc::new(Self { inotify: Arc::clone(&inotify), sleepers: Mutex::default() });
        tokio::spawn(listen(inotify, Arc::downgrade(&wakes)));
        Ok(wakes)
    }

    /// Wakes whoever holds the answer when something happens in a container's folder or its output.
    pub(super) fn watch(self: &Arc<Self>, container: &Path) -> Wake {
        let output = Some(container.join("output"));
        let mut wake = Wake { wakes: Arc::clone(self), notify: Arc::default(), watches: Vec::new(), output };
        if !wake.watch_output() {
            // Its making may wake us, and what comes between the two looks must not be missed.
            wake.add(container, WatchFlags::CREATE);
            wake.watch_output();
        }
        wake
    }

    fn sleepers(&self) -> MutexGuard<'_, HashMap<i32, Arc<Notify>>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake {
    /// Waits until there may be something new since the last wait. Whoever calls it has looked once after making this.
    pub(super) async fn wait(&mut self) {
        if self.output.is_some() && self.watch_output() {
            return;
        }
        if self.output.is_none() {
            self.notify.notified().await;
        } else {
            let _ = tokio::time::timeout(PERIOD, self.notify.notified()).await;
        }
    }

    /// Watches the output if it is there by now; false if it is not.
    fn watch_output(&mut self) -> bool {
        let Some(output) = self.output.take() else { return false };
        let watched = self.add(&output, WatchFlags::CREATE | WatchFlags::MODIFY);
        if !watched {
            self.output = Some(output);
        }
        watched
    }

    fn add(&mut self, folder: &Path, events: WatchFlags) -> bool {
        // Held, so that an event that comes at once finds whom to wake.
        let mut sleepers = self.wakes.sleepers();
        match inotify::add_watch(self.wakes.inotify.get_ref(), folder, events | WatchFlags::ONLYDIR) {
            Ok(watch) => {
                sleepers.insert(watch, Arc::clone(&self.notify));
                self.watches.push(watch);
                true
            }
            Err(error) => {
                if error != Errno::NOENT {
                    tracing::warn!(folder = %folder.display(), %error, "a log cannot be watched, and is looked at every second");
                }
                false
            }
        }
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        let mut sleepers = self.wakes.sleepers();
        for watch in &self.watches {
            sleepers.remove(watch);
            // Already gone if its folder is.
            let _ = inotify::remove_watch(self.wakes.inotify.get_ref(), *watch);
        }
    }
}

/// Reads what the kernel says, as long as somebody may want to know.
async fn listen(inotify: Arc<AsyncFd<OwnedFd>>, wakes: Weak<Wakes>) {
    let mut buffer = Box::new([MaybeUninit::uninit(); 8192]);
    loop {
        let Ok(mut ready) = inotify.readable().await else { return };
        let Some(wakes) = wakes.upgrade() else { return };
        let mut events = inotify::Reader::new(inotify.get_ref(), &mut *buffer);
        loop {
            match events.next() {
                Ok(event) => {
                    let sleepers = wakes.sleepers();
                    match sleepers.get(&event.wd()) {
                        Some(sleeper) => sleeper.notify_one(),
                        // Events were lost: everybody looks.
                        None if event.events().contains(ReadFlags::QUEUE_OVERFLOW) => {
                            sleepers.values().for_each(|sleeper| sleeper.notify_one());
                        }
                        None => {}
                    }
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => {
                    tracing::warn!(%error, "listening for logs");
                    return;
                }
            }
        }
        ready.clear_ready();
    }
}
