//! What the door serves besides AWS operations: health and metrics.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use berth_front::{Mount, MountAnswer};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use prometheus_client::registry::Registry;

/// `GET /_berth/health`: 200 while requests are served.
#[derive(Debug)]
pub(crate) struct Health;

impl Mount for Health {
    fn prefix(&self) -> &'static str {
        "/_berth/health"
    }

    fn serve(&self, _: Request<Incoming>) -> MountAnswer {
        let version = env!("CARGO_PKG_VERSION");
        let body = format!("{{\"status\":\"ok\",\"version\":\"{version}\"}}\n");
        Box::pin(std::future::ready(answer(StatusCode::OK, "application/json", body)))
    }
}

/// `GET /metrics`: all metrics in Prometheus' text form.
pub(crate) struct Metrics(pub(crate) Arc<Mutex<Registry>>);

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Mount for Metrics {
    fn prefix(&self) -> &'static str {
        "/metrics"
    }

    fn serve(&self, _: Request<Incoming>) -> MountAnswer {
        let mut text = String::new();
        let registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match prometheus_client::encoding::text::encode(&mut text, &registry) {
            Ok(()) => answer(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", text),
            Err(error) => answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", error.to_string()),
        };
        Box::pin(std::future::ready(answer))
    }
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
