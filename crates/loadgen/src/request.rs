//! Requests as they stand on the wire, signed.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use berth_wire::Timestamp;
use berth_wire::sigv4::{self, Credentials, Head, PathStyle, Scope};

use crate::cli::Load;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// One request for every body, signed now: servers take them for fifteen minutes.
pub(crate) fn signed(load: &Load, bodies: &[&str]) -> Result<Vec<Vec<u8>>> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
    let now = Timestamp(i64::try_from(since.as_millis()).context("the clock is far off")?);
    let scope = Scope::at(now, &load.region, &load.service);
    let credentials =
        Credentials { key_id: load.access_key_id.clone(), secret: load.secret_access_key.clone(), session_token: None };
    Ok(bodies.iter().map(|body| bytes(load.address, &load.target, body, &credentials, &scope, now)).collect())
}

fn bytes(address: SocketAddr, target: &str, body: &str, credentials: &Credentials, scope: &Scope, now: Timestamp) -> Vec<u8> {
    let host = address.to_string();
    let headers = [("host", host.as_bytes()), ("content-type", CONTENT_TYPE.as_bytes()), ("x-amz-target", target.as_bytes())];
    let head = Head { method: "POST", path: "/", query: "", headers: &headers };
    let signature = sigv4::sign(&head, body.as_bytes(), credentials, scope, PathStyle::Normalised, now);
    let mut text = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: {CONTENT_TYPE}\r\nx-amz-target: {target}\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in signature {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}
