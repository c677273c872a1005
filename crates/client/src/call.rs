//! Typed calls.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use berth_api::Input;
use berth_wire::protocol::{self, RemoteError};
use berth_wire::sigv4::{self, Credentials, Head, PathStyle, Scope};
use berth_wire::{Shape as _, Timestamp};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::endpoint::Endpoint;
use crate::error::CallError;
use crate::stream::query;

/// An answer's bytes, at most.
const LONGEST_ANSWER: usize = 64 << 20;
/// Bytes of a refusal outside of AWS's APIs that are shown, at most.
const LONGEST_REASON: usize = 1 << 10;
/// The time a call may take, from connecting to the answer's last byte.
const LONGEST_CALL: Duration = Duration::from_secs(60);
/// A connection is given up that is not there after this time.
const LONGEST_CONNECT: Duration = Duration::from_secs(5);
/// An idle connection is kept for so long.
const IDLE: Duration = Duration::from_secs(60);

/// A client of one endpoint, in one region, with one key. Clones share its connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) endpoint: Endpoint,
    pub(crate) region: String,
    pub(crate) credentials: Credentials,
    user_agent: String,
    http: Http<HttpConnector, Full<Bytes>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).field("region", &self.region).finish_non_exhaustive()
    }
}

impl Client {
    /// A client; nothing is connected yet.
    #[must_use]
    pub fn new(endpoint: Endpoint, region: &str, credentials: Credentials, user_agent: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(LONGEST_CONNECT));
        let http = Http::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).pool_timer(TokioTimer::new()).build(connector);
        Self { endpoint, region: region.to_owned(), credentials, user_agent: user_agent.to_owned(), http }
    }

    /// The region that calls are signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The same client for another region. Both share their connections.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// Where it calls.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Calls the operation of an input.
    ///
    /// # Errors
    /// The service is not reached or refuses, or its answer cannot be read.
    pub async fn call<I: Input>(&self, input: &I) -> Result<I::Output, CallError> {
        let operation = I::OPERATION.name;
        let unreachable = |problem: String| CallError::Unreachable { operation, endpoint: self.endpoint.to_string(), problem };
        let request = self.request(input)?.map_err(|error| unreachable(error.to_string()))?;
        let exchange = async {
            let answer = self.http.request(request).await.map_err(|error| unreachable(chain(&error)))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(|error| unreachable(chain(&*error)))?;
            Ok::<_, CallError>((head, body.to_bytes()))
        };
        let late = |_| unreachable(format!("no answer in {} s", LONGEST_CALL.as_secs()));
        let (head, body) = tokio::time::timeout(LONGEST_CALL, exchange).await.map_err(late)??;
        if head.status.is_success() {
            return read::<I>(&body);
        }
        Err(CallError::Refused { operation, remote: refusal::<I>(&Response::from_parts(head, ()), &body) })
    }

    /// What the endpoint says at a path outside of AWS's APIs, unsigned: its health, its metrics.
    ///
    /// # Errors
    /// It is not reached, or does not answer with success and text.
    pub async fn get(&self, path: &str) -> Result<String, CallError> {
        let request = self.plain(path, "").body(Full::default());
        self.text(path, request).await
    }

    /// What the endpoint answers to a question of Berth's own, signed as for ECS, with parameters in the order given.
    ///
    /// # Errors
    /// It is not reached, refuses, or does not answer with text.
    pub async fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Result<String, CallError> {
        let query = query(parameters);
        let (host, whole) = (self.endpoint.authority(), format!("{}{path}", self.endpoint.path()));
        let head = Head { method: "GET", path: &whole, query: &query, headers: &[("host", host.as_bytes())] };
        let mut request = self.plain(path, &query).header(header::HOST, host);
        for (name, value) in self.sign_ecs(&head, b"") {
            request = request.header(name, value);
        }
        self.text(path, request.body(Full::default())).await
    }

    fn plain(&self, path: &str, query: &str) -> http::request::Builder {
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!("http://{}{}{path}{mark}{query}", self.endpoint.authority(), self.endpoint.path());
        Request::get(uri).header(header::USER_AGENT, &self.user_agent)
    }

    /// The text that a request is answered with.
    async fn text(&self, path: &str, request: http::Result<Request<Full<Bytes>>>) -> Result<String, CallError> {
        let unreachable =
            |problem: String| CallError::Unreachable { operation: "GET", endpoint: self.endpoint.to_string(), problem };
        let request = request.map_err(|error| unreachable(error.to_string()))?;
        let exchange = async {
            let (head, body) = self.http.request(request).await.map_err(|error| unreachable(chain(&error)))?.into_parts();
            let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(|error| unreachable(chain(&*error)))?;
            Ok::<_, CallError>((head.status, body.to_bytes()))
        };
        let late = |_| unreachable(format!("no answer in {} s", LONGEST_CALL.as_secs()));
        let (status, body) = tokio::time::timeout(LONGEST_CALL, exchange).await.map_err(late)??;
        if !status.is_success() {
            let said = String::from_utf8_lossy(body.get(..LONGEST_REASON.min(body.len())).unwrap_or_default()).into_owned();
            return Err(unreachable(format!("{path} answers {status}: {said}")));
        }
        String::from_utf8(body.into()).map_err(|error| unreachable(format!("{path} is no text: {error}")))
    }

    fn request<I: Input>(&self, input: &I) -> Result<http::Result<Request<Full<Bytes>>>, CallError> {
        let written = protocol::write_request(I::SERVICE, I::OPERATION, &|at, to| input.write(at, to))?;
        let host = self.endpoint.authority();
        let path = format!("{}{}", self.endpoint.path(), written.path);
        let mut signed: Vec<(&str, &[u8])> = vec![("host", host.as_bytes()), ("content-type", written.content_type.as_bytes())];
        signed.extend(written.headers.iter().map(|(name, value)| (*name, value.as_bytes())));
        let head = Head { method: written.method, path: &path, query: "", headers: &signed };
        let now = now();
        let scope = Scope::at(now, &self.region, I::SERVICE.signing_name);
        let signature = sigv4::sign(&head, &written.body, &self.credentials, &scope, PathStyle::Normalised, now);
        let mut request = Request::builder()
            .method(written.method)
            .uri(format!("http://{host}{path}"))
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, written.content_type)
            .header(header::USER_AGENT, &self.user_agent);
        for (name, value) in written.headers.into_iter().chain(signature) {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(Bytes::from(written.body))))
    }
}

fn read<I: Input>(body: &[u8]) -> Result<I::Output, CallError> {
    let operation = I::OPERATION.name;
    let mut output = None;
    protocol::read_response(I::SERVICE, I::OPERATION, body, &mut |at, from| {
        output = Some(I::Output::read(at, from)?);
        Ok(())
    })
    .map_err(|source| CallError::Answer { operation, source })?;
    output.ok_or_else(|| CallError::Refused {
        operation,
        remote: RemoteError {
            status: 200,
            code: "EmptyAnswer".to_owned(),
            message: "the answer is empty".to_owned(),
            request_id: None,
        },
    })
}

fn refusal<I: Input>(head: &Response<()>, body: &[u8]) -> RemoteError {
    let text = |name: &str| head.headers().get(name).and_then(|value| value.to_str().ok());
    let remote = protocol::read_error(I::SERVICE.protocol, head.status().as_u16(), text("x-amzn-errortype"), body);
    let request_id = remote.request_id.or_else(|| text("x-amzn-requestid").map(str::to_owned));
    RemoteError { request_id, ..remote }
}

/// An error and what it says is behind it.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Wall time, to sign with.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
