//! Answers that come as events, one after the other, until they end or the caller hangs up.

use std::fmt;
use std::pin::Pin;

use wire::{Member, Shape, event_stream};

use crate::Answer;

/// One event of an answer.
pub struct Event {
    name: &'static str,
    body: Body,
}

enum Body {
    Document {
        place: &'static Member,
        document: Box<dyn Answer>,
    },
    /// What ends the stream, and its text.
    Exception(String),
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
    pub fn new<T: Shape + Send + 'static>(name: &'static str, place: &'static Member, document: T) -> Self {
        Self { name, body: Body::Document { place, document: Box::new(document) } }
    }

    /// An exception as the model names it: the last event of a stream that cannot go on.
    pub fn exception(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, body: Body::Exception(message.into()) }
    }

    /// The event as a message of a stream.
    #[must_use]
    pub fn to_message(&self) -> Vec<u8> {
        match &self.body {
            Body::Document { place, document } => event_stream::event(self.name, place, &|at, to| document.write(at, to)),
            Body::Exception(text) => event_stream::exception(self.name, text),
        }
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
