//! Giving disk back, a little at a time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use berth_oci::{InUse, StoreError};
use tokio::sync::watch;

use super::cleanup::is_pressed;
use super::library::Images;

/// Files that are deleted at once.
const AT_ONCE: usize = 200;
/// What passes between. ext4 makes new files slowly while many are being deleted.
const PAUSE: Duration = Duration::from_millis(250);
/// Without anything that calls for it, it is looked so often.
const PERIOD: Duration = Duration::from_secs(60);
/// After a change, other changes are waited for: imports come in rows.
const QUIET: Duration = Duration::from_secs(2);
/// What is needed goes to disk this often at least.
const SETTLE: Duration = Duration::from_secs(600);

/// After the start, tasks that ran before have so much time to adopt their images.
const ADOPTION: Duration = Duration::from_secs(60);

/// Removes what no name and no task needs any more, and images that were pulled and are not used, until the shutdown.
pub async fn keep_tidy(images: Images, shutdown: watch::Receiver<bool>) {
    keep_tidy_after(ADOPTION, images, shutdown).await;
}

pub(super) async fn keep_tidy_after(adoption: Duration, images: Images, mut shutdown: watch::Receiver<bool>) {
    let work = async {
        tokio::time::sleep(adoption).await;
        let (mut pressed, mut cleaned, mut tidied) = (false, Instant::now(), None::<Instant>);
        loop {
            let mut has_changed = tidied.is_none_or(|at| at.elapsed() >= SETTLE);
            match cleanup(&images, &mut pressed, &mut cleaned).await {
                Ok(removed) => has_changed |= removed,
                Err(error) => tracing::warn!(%error, "removing images that are not used"),
            }
            if has_changed {
                tidied = Some(Instant::now());
                if let Err(error) = tidy(&images).await {
                    tracing::warn!(%error, "tidying up the image library");
                }
            }
            if tokio::time::timeout(PERIOD, images.changed()).await.is_ok() {
                tidied = None;
                tokio::time::sleep(QUIET).await;
            }
        }
    };
    tokio::select! {
        () = work => {}
        _ = shutdown.wait_for(|ends| *ends) => {}
    }
}

/// Removes the names of images that go by themselves; whether there were any.
async fn cleanup(images: &Images, was_pressed: &mut bool, last: &mut Instant) -> Result<bool, StoreError> {
    let settings = images.cleanup_settings().clone();
    let before = *was_pressed;
    let used = blocking(images, |images| images.store().used_percent()).await?.unwrap_or(0);
    *was_pressed = is_pressed(before, used, &settings);
    if !*was_pressed && last.elapsed() < settings.interval {
        return Ok(false);
    }
    *last = Instant::now();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let pressed = *was_pressed;
    let removed = blocking(images, move |images| images.clean_up(now, pressed)).await?.unwrap_or_default();
    for name in &removed {
        tracing::info!(image = %name, disk_used_percent = used, "removed an image that no task uses");
    }
    if pressed && !before && removed.is_empty() {
        tracing::warn!(disk_used_percent = used, "the disk is nearly full, and no image can be removed");
    }
    Ok(!removed.is_empty())
}

/// One pass: all that is needless goes, all that is needed gets to disk.
async fn tidy(images: &Images) -> Result<(), StoreError> {
    let collected = blocking(images, |images| {
        // Tasks pin what they use, pulls what they make.
        let collected = images.store().collect(&InUse::default())?;
        images.store().settle()?;
        Ok(collected)
    });
    if let Some(collected) = collected.await?
        && (collected.blobs, collected.layers) != (0, 0)
    {
        let (blobs, layers, bytes) = (collected.blobs, collected.layers, collected.blob_bytes);
        tracing::info!(blobs, layers, bytes, "removing what no image needs any more");
    }
    while blocking(images, |images| images.store().sweep(AT_ONCE)).await?.is_some_and(|deleted| deleted == AT_ONCE) {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Nothing if the runtime is ending.
async fn blocking<T: Send + 'static>(
    images: &Images,
    run: impl FnOnce(&Images) -> Result<T, StoreError> + Send + 'static,
) -> Result<Option<T>, StoreError> {
    let images = images.clone();
    tokio::task::spawn_blocking(move || run(&images)).await.ok().transpose()
}
