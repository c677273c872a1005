//! Answers of the agent's socket.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use serde::Serialize;

pub(crate) use super::listing::Problem;

/// An answer; an import's comes in pieces.
pub(crate) type Answer = Response<BoxBody<Bytes, Infallible>>;

pub(crate) fn refused(status: StatusCode, error: &str) -> Answer {
    problem(status, &Problem { error: error.to_owned(), ..Problem::default() })
}

pub(crate) fn problem(status: StatusCode, problem: &Problem) -> Answer {
    json(status, problem)
}

pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    // Nothing here refuses to be written.
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut answer = Response::new(Full::new(Bytes::from(body)).boxed());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    answer
}
