//! Images that are here before the tasks that use them.
//!
//! The control plane says which. They come one at a time, so that what tasks wait for goes first, and only as long as the disk is not
//! filling up. Whatever fails is tried again later: the tasks would pull it themselves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use berth_oci::{Digest, Reference};
use tokio::sync::watch;

use super::behavior::Local;
use super::library::Images;
use super::pulling::PullFailure;
use super::resolved::ResolveError;
use crate::backoff::Backoff;

/// From one attempt at what failed to the next.
const RETRY: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(30 * 60));
/// Images that are taken note of, at most: as many as the control plane names.
const MOST_IMAGES: usize = 256;

/// What is to be here before tasks come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Expected {
    images: Vec<String>,
    /// For whom: the instance's ARN.
    instance: String,
}

/// Why an image is not here yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotHere {
    #[error("the disk is {used} % full; from {limit} % on, nothing is pulled before it is needed")]
    NoRoom { used: u8, limit: u8 },
    #[error(transparent)]
    Name(ResolveError),
    #[error(transparent)]
    Pull(Arc<PullFailure>),
}

impl Images {
    /// Says which images are to be here before tasks come, in place of what was said before. They are pulled by [`pull_ahead`].
    pub(crate) fn expect(&self, mut images: Vec<String>, instance: &str) {
        images.truncate(MOST_IMAGES);
        let new = Expected { images, instance: instance.to_owned() };
        // Told again is asked again: a tag may mean another image by now.
        self.shared.expected.send_replace(new);
    }

    /// The manifests of those that are here. Blocks.
    pub(super) fn expected_manifests(&self) -> BTreeSet<Digest> {
        let expected = self.shared.expected.borrow().clone();
        let names = expected.images.iter().filter_map(|image| image.parse::<Reference>().ok());
        // One that cannot be read is as good as not there.
        names.filter_map(|name| Some(self.store().resolve(&name).ok()??.manifest)).collect()
    }

    /// Sees to it that an image is here; whether it had to be fetched.
    pub(super) async fn fetch_ahead(&self, image: &str, instance: &str) -> Result<bool, NotHere> {
        let held = match self.resolve(image).await {
            Ok(resolved) => resolved.local,
            Err(error @ ResolveError::Name { .. }) => return Err(NotHere::Name(error)),
            Err(_) => Local::Absent,
        };
        if !self.shared.behavior.asks(held) {
            return Ok(false);
        }
        let (library, limit) = (self.clone(), self.cleanup_settings().disk_low);
        let used = tokio::task::spawn_blocking(move || library.store().used_percent()).await;
        // Where it cannot be found out, a pull says what is wrong.
        if let Ok(Ok(used)) = used
            && used >= limit
        {
            return Err(NotHere::NoRoom { used, limit });
        }
        let landed = self.pull_for(image, instance).await.map_err(NotHere::Pull)?;
        Ok(landed.new.is_some())
    }
}

/// Pulls what is expected, for as long as it is polled.
pub async fn pull_ahead(images: Images) {
    let mut expected = images.shared.expected.subscribe();
    let mut backoff = Backoff::new(RETRY.0, RETRY.1, 2.0);
    loop {
        let now = expected.borrow_and_update().clone();
        let is_all_here = pass(&images, &now, &expected).await;
        // Never closed: the library is held here.
        if is_all_here {
            let _ = expected.changed().await;
            backoff.reset();
        } else {
            let _ = tokio::time::timeout(backoff.delay(), expected.changed()).await;
        }
    }
}

/// One attempt at each; whether all are here. It ends early if something else is expected by then.
async fn pass(images: &Images, expected: &Expected, newer: &watch::Receiver<Expected>) -> bool {
    let mut is_all_here = true;
    for image in &expected.images {
        if newer.has_changed().unwrap_or(false) {
            return true;
        }
        match images.fetch_ahead(image, &expected.instance).await {
            Ok(true) => tracing::info!(image, "pulled an image before tasks come"),
            Ok(false) => {}
            Err(problem) => {
                is_all_here = false;
                tracing::warn!(image, %problem, "an image is not here before tasks come; it is tried again later");
            }
        }
    }
    is_all_here
}
