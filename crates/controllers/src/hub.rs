//! The agent session hub: the control plane's side of the streams that agents open.
//!
//! An agent opens a control stream, on which it hears what to run and what to stop, and a telemetry stream, on which it says
//! how its tasks are. The hub speaks the public agent protocol with whoever speaks it; `docs/decisions/0006-hub.md` says what
//! of it is decided here and why.
//!
//! - Decisions are made without I/O: [`session`] says what to say on a control stream and when, [`payload`] how a task is
//!   said, [`health`] what a report makes of a record.
//! - What containers use is kept in memory for some minutes ([`usage`]).
//! - A stream is one actor that owns its state ([`control`], [`telemetry`]). It is woken by the store's changes, of which the
//!   hub has one subscription; then it reads the state again.
//! - AWS shapes stop here: the rest of this crate does not know them.

mod admission;
mod connect_error;
mod control;
mod definition;
mod health;
mod instance_checks;
mod interface;
mod message_id;
mod metrics;
mod names;
mod payload;
mod presence;
mod pull_ahead;
mod session;
mod sessions;
mod socket;
mod streams;
mod telemetry;
mod timing;
mod usage;
mod why;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use berth_model::{AccountId, Timestamp};
use berth_store::Store;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tracing::{info, warn};

pub use admission::Guest;
pub use connect_error::ConnectError;
pub use metrics::HubMetrics;
pub use sessions::StreamKind;
pub use streams::AgentStreams;
pub use timing::Timing;
pub use usage::UsageView;
pub use why::WhyView;

use names::Names;
use sessions::Sessions;

/// How long streams get to say goodbye when the hub closes.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves the streams of agents. Clones are handles of the same hub.
#[derive(Debug, Clone)]
pub struct Hub(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    store: Store,
    names: Names,
    timing: Timing,
    metrics: HubMetrics,
    sessions: Arc<Sessions>,
    usage: usage::Book,
    ahead: pull_ahead::Board,
    closing: watch::Sender<bool>,
}

impl Hub {
    /// A hub over a store, for an account; its metrics go to `registry`.
    #[must_use]
    pub fn new(store: Store, account: AccountId, timing: Timing, registry: &mut Registry) -> Self {
        Self(Arc::new(Parts {
            store,
            names: Names { account },
            timing,
            metrics: HubMetrics::register(registry),
            sessions: Arc::new(Sessions::default()),
            usage: usage::Book::default(),
            ahead: pull_ahead::empty_board(),
            closing: watch::Sender::new(false),
        }))
    }

    /// Wakes streams by the store's changes and keeps who is connected, until `closing` turns true; then says goodbye.
    pub async fn run(&self, mut closing: watch::Receiver<bool>) {
        tokio::select! {
            () = async { drop(closing.wait_for(|closing| *closing).await) } => {}
            () = presence::keep(self) => info!("the store is closed; so is the hub"),
        }
        self.0.closing.send_replace(true);
        if tokio::time::timeout(FAREWELL, self.0.sessions.all_closed()).await.is_err() {
            warn!("streams of agents were still open when the time to close them was over");
        }
    }

    /// Serves an accepted stream until it ends.
    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(&self, guest: Guest, io: S) {
        match guest.stream {
            StreamKind::Control => control::serve(self, &guest, io).await,
            StreamKind::Telemetry => telemetry::serve(self, &guest, io).await,
        }
    }

    /// Waits until the hub closes.
    async fn closed(&self) {
        let mut closing = self.0.closing.subscribe();
        drop(closing.wait_for(|closing| *closing).await);
    }
}

/// Wall time, for what is stored or said; never to wait.
fn now() -> Timestamp {
    Timestamp::EPOCH + SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
