//! Bodies of answers: whole, or event by event.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use berth_api::Events;
use berth_wire::event_stream;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::{mpsc, watch};

/// Messages that wait for a caller who reads slowly; whoever makes them waits too.
const WAITING: usize = 8;

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    Whole(Full<Bytes>),
    Events(mpsc::Receiver<Bytes>),
}

impl AnswerBody {
    /// A body that goes on until its events end, the caller hangs up, or the door closes.
    pub(crate) fn of_events(mut events: Events, mut closing: watch::Receiver<bool>) -> Self {
        let (messages, body) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            if messages.send(event_stream::initial_response().into()).await.is_err() {
                return;
            }
            loop {
                let event = tokio::select! {
                    event = events.next() => event,
                    () = messages.closed() => None,
                    // Also if nobody is left to close it.
                    _ = closing.wait_for(|closing| *closing) => None,
                };
                let Some(event) = event else { return };
                if messages.send(event.to_message().into()).await.is_err() {
                    return;
                }
            }
        });
        Self::Events(body)
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context),
            Self::Events(messages) => messages.poll_recv(context).map(|message| message.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Events(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Events(_) => SizeHint::default(),
        }
    }
}
