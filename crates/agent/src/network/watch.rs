//! Other programs change the machine's firewall too: what they undo is repaired.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use super::wiring::Wiring;
use crate::task::unblocked;

/// Between two questions whether anything changed.
const ASK: Duration = Duration::from_secs(1);
/// Between two looks at everything: while others change much, and while they do not.
const SOONEST: Duration = Duration::from_secs(5);
const LATEST: Duration = Duration::from_secs(15);

/// Looks after the machine's rules until the shutdown.
pub(crate) async fn keep_watch(wiring: Arc<Wiring>, mut shutdown: watch::Receiver<bool>) {
    let mut looked = Instant::now();
    loop {
        tokio::select! {
            () = sleep(ASK) => {}
            // An error is a sender that is gone: nobody can ask for more.
            _ = shutdown.wait_for(|ends| *ends) => return,
        }
        let since = looked.elapsed();
        if since < SOONEST {
            continue;
        }
        let wiring = Arc::clone(&wiring);
        let checked = unblocked(move || {
            let is_due = since >= LATEST || wiring.is_disturbed()?;
            is_due.then(|| wiring.check()).transpose()
        });
        match checked.await {
            Ok(None) => continue,
            Ok(Some(repaired)) if repaired == berth_net::Repaired::default() => debug!("the machine's rules are as they were"),
            Ok(Some(repaired)) => info!(?repaired, "others changed the machine's rules: repaired"),
            Err(error) => warn!(%error, "task networks may be cut off: the machine's rules cannot be looked at"),
        }
        looked = Instant::now();
    }
}
