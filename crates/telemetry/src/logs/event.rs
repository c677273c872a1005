//! Events, before and after they are stored.

use std::sync::Arc;

use berth_model::Timestamp;

use super::Position;

/// An event to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened.
    pub timestamp: Timestamp,
    /// What it says.
    pub message: String,
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where it stands among all events; its id.
    pub position: Position,
    /// Its stream.
    pub stream: Arc<str>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When it came in.
    pub ingested_at: Timestamp,
    /// What it says.
    pub message: String,
}
