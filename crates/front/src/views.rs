//! Questions behind the door: signed requests, authenticated and authorised as any, that no AWS operation answers.

use std::sync::Arc;

use berth_api::{StreamRefusal, ViewHost};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use tracing::info;

use crate::streams::{admit, authorise, refused};
use crate::{Authenticator, Mount, MountAnswer};

/// Puts a host's answers behind the door.
#[derive(Debug)]
pub struct Views<H> {
    authenticator: Arc<Authenticator>,
    host: H,
}

impl<H: ViewHost> Views<H> {
    /// The answers of a host.
    pub fn new(authenticator: Arc<Authenticator>, host: H) -> Self {
        Self { authenticator, host }
    }

    fn answer(&self, request: &Parts) -> Result<String, StreamRefusal> {
        let denied = |message| self.host.denied(message);
        let action = self.host.action();
        let signer = admit(&self.authenticator, request, action).map_err(denied)?;
        if request.method != Method::GET {
            return Err(StreamRefusal { status: 405, body: "{}".to_owned() });
        }
        let query = request.uri.query().unwrap_or_default();
        let (question, target) = self.host.ask(query, &signer.presented.scope.region)?;
        authorise(&signer, action, &target).map_err(denied)?;
        Ok(self.host.answer(&question))
    }
}

impl<H: ViewHost> Mount for Views<H> {
    fn prefix(&self) -> &'static str {
        self.host.path()
    }

    fn serve(&self, request: Request<Incoming>) -> MountAnswer {
        let (parts, _) = request.into_parts();
        let answer = match self.answer(&parts) {
            Ok(body) => {
                let mut answer = Response::new(Full::new(Bytes::from(body)));
                answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                answer
            }
            Err(refusal) => {
                info!(path = self.host.path(), status = refusal.status, body = refusal.body, "a question was refused");
                refused(refusal)
            }
        };
        Box::pin(std::future::ready(answer))
    }
}
