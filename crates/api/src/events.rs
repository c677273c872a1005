//! Answers that come as events, one after the other, until they end or the caller hangs up.

use std::fmt;
use std::pin::Pin;

use wire::{Member, Shape, ShapeWriter};

use crate::Answer;

/// One event of an answer.
pub struct Event {
    name: &'static str,
    place: &'static Member,
    body: Box<dyn Answer>,
}

/// What makes the events of one answer. Dropped when the caller hangs up.
pub trait EventSource: Send {
    /// Waits for the next event; nothing after the last.
    fn next(&mut self) -> NextEvent<'_>;
}

/// A future of the next event.
pub type NextEvent<'a> = Pin<Box<dyn Future<Output = Option<Event>> + Send + 'a>>;

/// The events of one answer.
pub struct Events(Box<dyn EventSource>);

impl Event {
    /// An event as the model names it, and its document.
    pub fn new<T: Shape + Send + 'static>(name: &'static str, place: &'static Member, body: T) -> Self {
        Self { name, place, body: Box::new(body) }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The place of its document.
    #[must_use]
    pub const fn place(&self) -> &'static Member {
        self.place
    }

    /// Writes its document.
    pub fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        self.body.write(at, to);
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Event").field(&self.name).finish()
    }
}

impl Events {
    /// The events of a source.
    pub fn new(source: impl EventSource + 'static) -> Self {
        Self(Box::new(source))
    }

    /// Waits for the next event; nothing after the last.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.next().await
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
