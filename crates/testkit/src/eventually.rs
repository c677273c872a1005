//! The one way to wait in a test.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long anything may take before a test gives up: far longer than it takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at.
const PERIOD: Duration = Duration::from_millis(5);

/// Asks until there is an answer.
///
/// # Panics
/// There is none in time; `what` says what was waited for.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < until, "gave up waiting: {what}");
        sleep(PERIOD).await;
    }
}
