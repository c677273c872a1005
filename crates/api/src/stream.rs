//! How a door and whoever serves streams behind it meet.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::Response;
use http::request::Parts;

use crate::Target;

/// A stream that is being served.
pub type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Serves the streams of one path: connections that begin as a signed request and go on as something else, an `Io`. The door
/// authenticates and authorises; what the streams are about is the host's affair.
pub trait StreamHost<Io>: Send + Sync + fmt::Debug + 'static {
    /// Whom or what a stream is for.
    type Guest: Send;

    /// The path.
    fn path(&self) -> &'static str;

    /// What opening a stream is called as an action of policies, such as `ecs:Poll`.
    fn action(&self) -> &'static str;

    /// The guest that a request names, and what policies know of it. `region` is the one that was signed for.
    ///
    /// # Errors
    /// There is none.
    fn find(&self, request: &Parts, region: &str) -> Result<(Self::Guest, Target), StreamRefusal>;

    /// The answer that opens the stream.
    ///
    /// # Errors
    /// The guest cannot be taken in, or the request is not one that opens a stream.
    fn accept(&self, guest: &Self::Guest, request: &Parts) -> Result<Response<()>, StreamRefusal>;

    /// Serves a stream that was opened.
    fn serve(&self, guest: Self::Guest, io: Io) -> Serving;

    /// The refusal of a request that is not signed well, or not allowed.
    fn denied(&self, message: String) -> StreamRefusal;
}

/// Why no stream was opened, as the host's clients read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRefusal {
    /// The HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
}
