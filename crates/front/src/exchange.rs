//! One request and its answer: what is known of it so far, what each step took, and its trace in log, metrics and audit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use berth_api::Caller;
use berth_wire::protocol::Answer;
use berth_wire::{Operation, Service, event_stream};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::sync::watch;
use tracing::{debug, error, info};

use crate::answer_body::AnswerBody;
use crate::failure::Failure;
use crate::pipeline::Answered;
use crate::{AuditRecord, Door, authenticator, mount, pipeline, request_id};

/// The steps of the pipeline, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Read,
    Authenticate,
    Decode,
    Authorise,
    Validate,
    Run,
    Encode,
}

impl Step {
    const ALL: [Self; 7] =
        [Self::Read, Self::Authenticate, Self::Decode, Self::Authorise, Self::Validate, Self::Run, Self::Encode];

    const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Authenticate => "authenticate",
            Self::Decode => "decode",
            Self::Authorise => "authorise",
            Self::Validate => "validate",
            Self::Run => "run",
            Self::Encode => "encode",
        }
    }
}

/// What is known of a request so far.
#[derive(Debug)]
pub(crate) struct Exchange {
    request_id: Arc<str>,
    began: Instant,
    last: Instant,
    /// How long each step took, by its place; nothing for steps that were not reached.
    took: [Option<Duration>; Step::ALL.len()],
    service: Option<&'static Service>,
    operation: Option<&'static Operation>,
    region: Option<String>,
    caller: Option<Arc<Caller>>,
}

impl Exchange {
    fn begin() -> Self {
        let now = Instant::now();
        let took = [None; Step::ALL.len()];
        Self {
            request_id: request_id::next(),
            began: now,
            last: now,
            took,
            service: None,
            operation: None,
            region: None,
            caller: None,
        }
    }

    pub(crate) const fn request_id(&self) -> &Arc<str> {
        &self.request_id
    }

    /// When the head was there.
    pub(crate) const fn began(&self) -> Instant {
        self.began
    }

    pub(crate) fn signed(&mut self, service: &'static Service, region: &str) {
        self.service = Some(service);
        self.region = Some(region.to_owned());
    }

    pub(crate) fn verified(&mut self, caller: &Arc<Caller>) {
        self.caller = Some(Arc::clone(caller));
    }

    pub(crate) const fn routed(&mut self, operation: &'static Operation) {
        self.operation = Some(operation);
    }

    /// Notes that a step has ended.
    pub(crate) fn done(&mut self, step: Step) {
        let now = Instant::now();
        if let Some(place) = self.took.get_mut(step as usize) {
            *place = Some(now.duration_since(self.last));
        }
        self.last = now;
    }

    fn end(&self, door: &Door, peer: SocketAddr, parts: &Parts, status: u16, failure: Option<&Failure>) {
        let service = self.service.map_or("", |service| service.iam_prefix);
        let operation = self.operation.map_or("", |operation| operation.name);
        let code = failure.map_or("", |failure| failure.code);
        door.metrics.answered(service, operation, status, code);
        for (step, took) in Step::ALL.iter().zip(self.took) {
            if let Some(took) = took {
                door.metrics.step(service, operation, step.name(), took);
            }
        }
        self.log(service, operation, status, failure);
        let source = peer.ip().to_string();
        door.audit.record(&AuditRecord {
            request_id: &self.request_id,
            at: authenticator::now().0,
            service: self.service.map(|service| service.iam_prefix),
            operation: self.operation.map(|operation| operation.name),
            region: self.region.as_deref(),
            caller: self.caller.as_ref(),
            source: &source,
            user_agent: parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default(),
            status,
            error: failure.map(|failure| failure.code),
        });
    }

    /// Successes at `debug` with the time of each step, what callers got wrong at `info`, what we got wrong at `error`.
    fn log(&self, service: &str, operation: &str, status: u16, failure: Option<&Failure>) {
        let request_id = &*self.request_id;
        let micros = whole_micros(self.began.elapsed());
        match failure {
            None => {
                let [read, authenticate, decode, authorise, validate, run, encode] =
                    self.took.map(|took| whole_micros(took.unwrap_or_default()));
                debug!(
                    request_id,
                    service, operation, status, micros, read, authenticate, decode, authorise, validate, run, encode, "answered"
                );
            }
            Some(Failure { code, message, cause: Some(cause), .. }) if status >= 500 => {
                error!(request_id, service, operation, status, micros, code, message, cause = %Chain(cause.as_ref()), "failed");
            }
            Some(Failure { code, message, cause, .. }) => {
                let cause = cause.as_ref().map(|cause| tracing::field::display(Chain(cause.as_ref())));
                info!(request_id, service, operation, status, micros, code, message, cause, "refused");
            }
        }
    }
}

/// As a number that every log format has; the standard library's has 128 bits.
fn whole_micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// An error with all its causes, on one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

/// Counts a request as running, also if its future is dropped.
struct Running<'a>(&'a Door);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.metrics.end();
    }
}

/// Answers one HTTP request. An answer in events ends when the door closes.
pub(crate) async fn answer(
    door: Arc<Door>,
    peer: SocketAddr,
    request: Request<Incoming>,
    closing: watch::Receiver<bool>,
) -> Response<AnswerBody> {
    if let Some(mount) = mount::find(&door.mounts, request.uri().path()) {
        return mount.serve(request).await.map(AnswerBody::Whole);
    }
    door.metrics.begin();
    let _running = Running(&door);
    let mut exchange = Exchange::begin();
    let (parts, incoming) = request.into_parts();
    let (answer, failure) = match pipeline::run(&door, &mut exchange, &parts, incoming).await {
        Ok(Answered::Whole(answer)) => (answer, None),
        Ok(Answered::Events(events)) => {
            exchange.end(&door, peer, &parts, StatusCode::OK.as_u16(), None);
            let head = Answer { status: 200, content_type: event_stream::CONTENT_TYPE, headers: Vec::new(), body: Vec::new() };
            return http(head, exchange.request_id()).map(|_| AnswerBody::of_events(events, closing));
        }
        Err(failure) => (failure.answer(exchange.request_id()), Some(failure)),
    };
    exchange.end(&door, peer, &parts, answer.status, failure.as_ref());
    http(answer, exchange.request_id())
}

fn http(answer: Answer, request_id: &str) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Whole(Full::new(Bytes::from(answer.body))));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-amzn-requestid"), value);
    }
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    response
}
