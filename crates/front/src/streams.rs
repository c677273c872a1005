//! Streams: connections that begin as a signed request and go on as something else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use berth_api::Target;
use berth_iam::{Decision, Resource};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tracing::{debug, info};

use crate::{Authenticator, Mount, MountAnswer, Signer};

/// A connection after the request that opened it.
pub type Stream = TokioIo<Upgraded>;

/// Serves a stream until it ends.
pub type Serve = Box<dyn FnOnce(Stream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Serves the streams of one path. Front authenticates and authorises; what the streams are about is the host's affair.
pub trait StreamHost: Send + Sync + fmt::Debug + 'static {
    /// Whom or what a stream is for.
    type Guest: Send;

    /// The path.
    fn path(&self) -> &'static str;

    /// What a stream is called as an operation, such as `ecs:Poll`.
    fn action(&self) -> &'static str;

    /// The guest that a request names, and what policies know of it. `region` is the one that was signed for.
    ///
    /// # Errors
    /// There is none.
    fn find(&self, parts: &Parts, region: &str) -> Result<(Self::Guest, Target), StreamRefusal>;

    /// Takes a guest in: the answer that ends the request, and what serves the stream after it.
    ///
    /// # Errors
    /// It cannot be taken in, or the request is not one that opens a stream.
    fn accept(&self, guest: Self::Guest, parts: &Parts) -> Result<(Response<()>, Serve), StreamRefusal>;

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

/// Puts a host's streams behind the door.
#[derive(Debug)]
pub struct Streams<H> {
    authenticator: Arc<Authenticator>,
    host: Arc<H>,
}

impl<H: StreamHost> Streams<H> {
    /// The streams of a host.
    pub fn new(authenticator: Arc<Authenticator>, host: H) -> Self {
        Self { authenticator, host: Arc::new(host) }
    }

    fn open(&self, parts: &Parts) -> Result<(Response<()>, Serve), StreamRefusal> {
        let denied = |message| self.host.denied(message);
        let signer = self.authenticator.signer(parts).map_err(|error| denied(error.to_string()))?;
        let action = self.host.action();
        let service = signer.presented.scope.service.as_str();
        if action.split(':').next() != Some(service) {
            return Err(denied(format!("Credential should be scoped to the service of {action}, not to '{service}'.")));
        }
        let (guest, target) = self.host.find(parts, &signer.presented.scope.region)?;
        authorise(&signer, action, &target).map_err(denied)?;
        self.host.accept(guest, parts)
    }
}

impl<H: StreamHost> Mount for Streams<H> {
    fn prefix(&self) -> &'static str {
        self.host.path()
    }

    fn serve(&self, mut request: Request<Incoming>) -> MountAnswer {
        let upgrade = hyper::upgrade::on(&mut request);
        let (parts, _) = request.into_parts();
        let path = self.host.path();
        let answer = match self.open(&parts) {
            Ok((answer, serve)) => {
                tokio::spawn(upgraded(upgrade, serve, path));
                answer.map(|()| Full::default())
            }
            Err(refusal) => {
                info!(path, status = refusal.status, body = refusal.body, "a stream was refused");
                refused(refusal)
            }
        };
        Box::pin(std::future::ready(answer))
    }
}

fn authorise(signer: &Signer, action: &str, target: &Target) -> Result<(), String> {
    let Signer { credential, .. } = signer;
    let resource = Resource { arn: &target.arn, context: &target.context };
    match berth_iam::decide(&credential.principal, action, std::iter::once(resource)) {
        Decision::Allowed => Ok(()),
        Decision::Denied { resource, reason } => {
            let caller = &credential.caller.arn;
            Err(format!("User: {caller} is not authorized to perform: {action} on resource: {resource} because {reason}"))
        }
    }
}

async fn upgraded(upgrade: OnUpgrade, serve: Serve, path: &'static str) {
    match upgrade.await {
        Ok(stream) => serve(TokioIo::new(stream)).await,
        Err(error) => debug!(path, %error, "a connection ended before its stream began"),
    }
}

fn refused(refusal: StreamRefusal) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(refusal.body)));
    *answer.status_mut() = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
