//! Streams behind the door: a signed request, authenticated and authorised as any, that upgrades its connection.

use std::sync::Arc;

use berth_api::{StreamHost, StreamRefusal, Target};
use berth_iam::{Decision, Resource};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tracing::{debug, info};

use crate::{Authenticator, Mount, MountAnswer, Signer};

/// A connection after the request that opened it.
pub type Stream = TokioIo<Upgraded>;

/// Puts a host's streams behind the door.
#[derive(Debug)]
pub struct Streams<H> {
    authenticator: Arc<Authenticator>,
    host: Arc<H>,
}

impl<H: StreamHost<Stream>> Streams<H> {
    /// The streams of a host.
    pub fn new(authenticator: Arc<Authenticator>, host: H) -> Self {
        Self { authenticator, host: Arc::new(host) }
    }

    fn open(&self, request: &Parts) -> Result<(H::Guest, Response<()>), StreamRefusal> {
        let denied = |message| self.host.denied(message);
        let action = self.host.action();
        let signer = admit(&self.authenticator, request, action).map_err(denied)?;
        let (guest, target) = self.host.find(request, &signer.presented.scope.region)?;
        authorise(&signer, action, &target).map_err(denied)?;
        let answer = self.host.accept(&guest, request)?;
        Ok((guest, answer))
    }
}

impl<H: StreamHost<Stream>> Mount for Streams<H> {
    fn prefix(&self) -> &'static str {
        self.host.path()
    }

    fn serve(&self, mut request: Request<Incoming>) -> MountAnswer {
        let upgrade = hyper::upgrade::on(&mut request);
        let (parts, _) = request.into_parts();
        let path = self.host.path();
        let answer = match self.open(&parts) {
            Ok((guest, answer)) => {
                let host = Arc::clone(&self.host);
                tokio::spawn(async move {
                    match upgrade.await {
                        Ok(stream) => host.serve(guest, TokioIo::new(stream)).await,
                        Err(error) => debug!(path, %error, "a connection ended before its stream began"),
                    }
                });
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

/// The signer of a request, who signed for the service of an action.
pub(crate) fn admit(authenticator: &Authenticator, request: &Parts, action: &str) -> Result<Signer, String> {
    let signer = authenticator.signer(request).map_err(|error| error.to_string())?;
    let service = &signer.presented.scope.service;
    if action.split(':').next() != Some(service.as_str()) {
        return Err(format!("Credential should be scoped to the service of {action}, not to '{service}'."));
    }
    Ok(signer)
}

pub(crate) fn authorise(signer: &Signer, action: &str, target: &Target) -> Result<(), String> {
    let resource = Resource { arn: &target.arn, context: &target.context };
    match berth_iam::decide(&signer.credential.principal, action, std::iter::once(resource)) {
        Decision::Allowed => Ok(()),
        Decision::Denied { resource, reason } => {
            let caller = &signer.credential.caller.arn;
            Err(format!("User: {caller} is not authorized to perform: {action} on resource: {resource} because {reason}"))
        }
    }
}

pub(crate) fn refused(refusal: StreamRefusal) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(refusal.body)));
    *answer.status_mut() = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
