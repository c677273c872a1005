//! A client of AWS APIs, as small as can be: JSON in, JSON out, signed.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use berth_wire::sigv4::{self, Credentials, Head, PathStyle, Scope};
use berth_wire::{Sensitive, Timestamp};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Who signs, for which region, and where the control plane listens.
#[derive(Debug, Clone)]
pub struct AwsClient {
    /// Where it listens.
    pub address: SocketAddr,
    /// The region signed for.
    pub region: String,
    /// Who signs.
    pub credentials: Credentials,
}

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The error's code.
    pub code: String,
    /// What it says.
    pub message: String,
}

/// Wall time, to sign with.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl AwsClient {
    /// A client that signs with a key of [`Plane`](crate::plane::Plane).
    #[must_use]
    pub fn new(address: SocketAddr, region: &str, key_id: &str, secret: &str) -> Self {
        let credentials =
            Credentials { key_id: key_id.to_owned(), secret: Sensitive::new(secret.to_owned()), session_token: None };
        Self { address, region: region.to_owned(), credentials }
    }

    /// The signature's headers of a request.
    #[must_use]
    pub fn sign(&self, method: &Method, path: &str, query: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let host = self.address.to_string();
        let head = Head { method: method.as_str(), path, query, headers: &[("host", host.as_bytes())] };
        let now = now();
        sigv4::sign(&head, body, &self.credentials, &Scope::at(now, &self.region, "ecs"), PathStyle::Normalised, now)
    }

    /// Calls an operation of ECS.
    ///
    /// # Errors
    /// The connection broke, or the answer is no JSON; an [`ApiError`] if it is an error.
    pub async fn ecs(&self, operation: &str, input: &Value) -> Result<Value> {
        let body = serde_json::to_vec(input)?;
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/")
            .header(header::HOST, self.address.to_string())
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AmazonEC2ContainerServiceV20141113.{operation}"));
        let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
        for (name, value) in self.sign_call(&target, &body) {
            request = request.header(name, value);
        }
        let (status, answer) = self.send(request.body(Full::new(Bytes::from(body)))?).await?;
        let answer: Value = serde_json::from_slice(&answer).with_context(|| format!("reading the answer of {operation}"))?;
        if status < 300 {
            return Ok(answer);
        }
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(ApiError { status, code: text("__type"), message: text("message") }.into())
    }

    /// Asks at a path that no operation answers: the status, and what it says.
    ///
    /// # Errors
    /// The connection broke, or the answer is no JSON.
    pub async fn get(&self, path: &str, query: &str) -> Result<(u16, Value)> {
        let mut request = Request::builder().uri(format!("{path}?{query}")).header(header::HOST, self.address.to_string());
        for (name, value) in self.sign(&Method::GET, path, query, b"") {
            request = request.header(name, value);
        }
        let (status, answer) = self.send(request.body(Full::default())?).await?;
        Ok((status, serde_json::from_slice(&answer).with_context(|| format!("reading the answer of {path}"))?))
    }

    fn sign_call(&self, target: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let host = self.address.to_string();
        let headers: [(&str, &[u8]); 2] = [("host", host.as_bytes()), ("x-amz-target", target.as_bytes())];
        let head = Head { method: "POST", path: "/", query: "", headers: &headers };
        let now = now();
        sigv4::sign(&head, body, &self.credentials, &Scope::at(now, &self.region, "ecs"), PathStyle::Normalised, now)
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<(u16, Bytes)> {
        let stream = TcpStream::connect(self.address).await.context("connecting")?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok((status, body))
    }
}
