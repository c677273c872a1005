//! Giving disk back, a little at a time.

use std::time::Duration;

use berth_oci::{InUse, StoreError};
use tokio::sync::watch;

use super::library::Images;

/// Files that are deleted at once.
const AT_ONCE: usize = 200;
/// What passes between. ext4 makes new files slowly while many are being deleted.
const PAUSE: Duration = Duration::from_millis(250);
/// Without anything that calls for it, it is looked so often.
const PERIOD: Duration = Duration::from_secs(600);
/// After a change, other changes are waited for: imports come in rows.
const QUIET: Duration = Duration::from_secs(2);

/// After the start, tasks that ran before have so much time to adopt their images.
const ADOPTION: Duration = Duration::from_secs(60);

/// Removes what no name and no task needs any more, until the shutdown.
pub async fn keep_tidy(images: Images, shutdown: watch::Receiver<bool>) {
    keep_tidy_after(ADOPTION, images, shutdown).await;
}

pub(super) async fn keep_tidy_after(adoption: Duration, images: Images, mut shutdown: watch::Receiver<bool>) {
    let work = async {
        tokio::time::sleep(adoption).await;
        loop {
            if let Err(error) = tidy(&images).await {
                tracing::warn!(%error, "tidying up the image library");
            }
            let _ = tokio::time::timeout(PERIOD, images.changed()).await;
            tokio::time::sleep(QUIET).await;
        }
    };
    tokio::select! {
        () = work => {}
        _ = shutdown.wait_for(|ends| *ends) => {}
    }
}

/// One pass: all that is needless goes, all that is needed gets to disk.
async fn tidy(images: &Images) -> Result<(), StoreError> {
    let collected = blocking(images, |images| {
        // Tasks pin what they use.
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
