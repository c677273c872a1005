//! Giving back the space of log events that have expired: every hour, and when a retention policy was set.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use berth_model::Timestamp;
use berth_services::LogsService;
use tokio::sync::watch;

/// How long expired events may lie there unread.
const PERIOD: Duration = Duration::from_hours(1);

/// Goes on until the server closes.
pub(crate) async fn run(logs: Arc<LogsService>, mut closing: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            // Also if nobody is left to close it.
            _ = closing.wait_for(|closing| *closing) => return,
            () = logs.expiry_due() => {}
            () = tokio::time::sleep(PERIOD) => {}
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        if let Err(error) = logs.expire_events(now).await {
            tracing::warn!(%error, "the space of expired log events could not be given back; this is tried again");
        }
    }
}
