//! Requests as they stand on the wire, signed.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use berth_wire::Timestamp;
use berth_wire::sigv4::{self, Credentials, Head, PathStyle, Scope};

use crate::cli::At;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// What requests to one service of a server are signed with.
pub(crate) struct Signer {
    host: String,
    region: String,
    service: String,
    credentials: Credentials,
}

impl Signer {
    pub(crate) fn new(at: &At, service: &str) -> Self {
        let credentials =
            Credentials { key_id: at.access_key_id.clone(), secret: at.secret_access_key.clone(), session_token: None };
        Self { host: at.address.to_string(), region: at.region.clone(), service: service.to_owned(), credentials }
    }

    /// A request with this target and body, signed now: servers take it for fifteen minutes.
    pub(crate) fn request(&self, target: &str, body: &str) -> Result<Vec<u8>> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
        let now = Timestamp(i64::try_from(since.as_millis()).context("the clock is far off")?);
        let scope = Scope::at(now, &self.region, &self.service);
        let headers =
            [("host", self.host.as_bytes()), ("content-type", CONTENT_TYPE.as_bytes()), ("x-amz-target", target.as_bytes())];
        let head = Head { method: "POST", path: "/", query: "", headers: &headers };
        let signature = sigv4::sign(&head, body.as_bytes(), &self.credentials, &scope, PathStyle::Normalised, now);
        let mut text = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\ncontent-type: {CONTENT_TYPE}\r\nx-amz-target: {target}\r\ncontent-length: {}\r\n",
            self.host,
            body.len()
        );
        for (name, value) in signature {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(body);
        Ok(text.into_bytes())
    }
}
