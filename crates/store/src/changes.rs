//! The feed of durable changes.

use std::sync::Arc;

use tokio::sync::broadcast::{self, error::RecvError};

use crate::Touched;

/// How many change sets a subscriber may be behind.
const BEHIND: usize = 1_024;

/// What a subscriber hears. It says which keys to look at and never what is there: state is read from a view, which is
/// at that revision or later.
#[derive(Debug, Clone)]
pub enum Event {
    /// A change set is durable.
    Changed {
        /// Its revision.
        revision: u64,
        /// The keys it touched.
        touched: Arc<Touched>,
    },
    /// Change sets were missed: anything may have changed.
    Lagged,
}

/// A subscription to durable changes, from the moment it was made.
#[derive(Debug)]
pub struct ChangeFeed(broadcast::Receiver<(u64, Arc<Touched>)>);

impl ChangeFeed {
    /// The next event; nothing when the store is closed or has failed. Can be cancelled without losing an event.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok((revision, touched)) => Some(Event::Changed { revision, touched }),
            Err(RecvError::Lagged(_)) => Some(Event::Lagged),
            Err(RecvError::Closed) => None,
        }
    }
}

/// The sending side, with the commit thread. Subscribers hear the end when it is dropped.
#[derive(Debug)]
pub(crate) struct Publisher(broadcast::Sender<(u64, Arc<Touched>)>);

/// Makes subscriptions without keeping the feed alive.
#[derive(Debug)]
pub(crate) struct Subscriptions(broadcast::WeakSender<(u64, Arc<Touched>)>, broadcast::Receiver<(u64, Arc<Touched>)>);

pub(crate) fn feed() -> (Publisher, Subscriptions) {
    let (sender, _) = broadcast::channel(BEHIND);
    // A receiver that was never read and whose sender is gone only says so: it serves those who subscribe at the end.
    let (closed, ended) = broadcast::channel(1);
    drop(closed);
    let subscriptions = Subscriptions(sender.downgrade(), ended);
    (Publisher(sender), subscriptions)
}

impl Publisher {
    pub(crate) fn publish(&self, revision: u64, touched: Arc<Touched>) {
        // Nobody listening is fine.
        drop(self.0.send((revision, touched)));
    }
}

impl Subscriptions {
    pub(crate) fn subscribe(&self) -> ChangeFeed {
        ChangeFeed(match self.0.upgrade() {
            Some(sender) => sender.subscribe(),
            None => self.1.resubscribe(),
        })
    }
}
