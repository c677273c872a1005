//! Paths that are not AWS operations: health, metrics, agents' streams, later the registry and the console.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;

/// An answer on its way.
pub type MountAnswer = Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>;

/// Serves all paths below a prefix, with an authentication of its own.
pub trait Mount: Send + Sync + fmt::Debug {
    /// The prefix: a path, which it serves along with everything below it.
    fn prefix(&self) -> &'static str;

    /// Answers a request.
    fn serve(&self, request: Request<Incoming>) -> MountAnswer;
}

/// The mount for a path, if any.
pub(crate) fn find<'a>(mounts: &'a [Box<dyn Mount>], path: &str) -> Option<&'a dyn Mount> {
    let below = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
    };
    mounts.iter().map(AsRef::as_ref).find(|mount| below(mount.prefix()))
}
