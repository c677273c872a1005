//! Signs requests, for clients.

use super::canonical::{self, Head, PathStyle, encoded};
use super::key::sha256_hex;
use super::{ALGORITHM, Scope, SigningKey, UNSIGNED_PAYLOAD};
use crate::moment;
use crate::shape::{Sensitive, Timestamp};

/// Headers that proxies and libraries change, or that carry the signature itself.
const UNSIGNED: [&str; 13] = [
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
    "content-length",
];

/// Who signs.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The access key id.
    pub key_id: String,
    /// The secret access key.
    pub secret: Sensitive<String>,
    /// What comes with temporary credentials.
    pub session_token: Option<Sensitive<String>>,
}

/// Signs a request; returns the headers to add to it. `head` must have `host`, and neither date nor token.
#[must_use]
pub fn sign(
    head: &Head<'_>,
    body: &[u8],
    credentials: &Credentials,
    scope: &Scope,
    path: PathStyle,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let timestamp = moment::to_compact(now);
    let payload_hash = sha256_hex(body);
    let mut added = vec![("x-amz-date", timestamp.clone())];
    if let Some(token) = &credentials.session_token {
        added.push(("x-amz-security-token", token.expose().clone()));
    }
    if path == PathStyle::Verbatim {
        added.push(("x-amz-content-sha256", payload_hash.clone()));
    }
    let mut headers = head.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let signed = signed_names(&headers);
    let request = canonical::request(&Head { headers: &headers, ..*head }, &signed, &payload_hash, path, None);
    let signature = SigningKey::derive(credentials.secret.expose(), scope).signature(scope, &timestamp, &request);
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={}, Signature={}",
        credentials.key_id,
        signed.join(";"),
        hex::encode(signature)
    );
    added.push(("authorization", authorization));
    added
}

/// Signs a request for later use, without a body; returns the query string to send it with. It is good for `expires`
/// seconds, at most [`super::LONGEST_EXPIRY`].
#[must_use]
pub fn presign(
    head: &Head<'_>,
    credentials: &Credentials,
    scope: &Scope,
    path: PathStyle,
    expires: u32,
    now: Timestamp,
) -> String {
    let timestamp = moment::to_compact(now);
    let signed = signed_names(head.headers);
    let mut query = head.query.to_owned();
    let mut add = |name: &str, value: &str| {
        let and = if query.is_empty() { "" } else { "&" };
        query.push_str(&format!("{and}{name}={}", encoded(value.as_bytes())));
    };
    add("X-Amz-Algorithm", ALGORITHM);
    add("X-Amz-Credential", &format!("{}/{scope}", credentials.key_id));
    add("X-Amz-Date", &timestamp);
    add("X-Amz-Expires", &expires.to_string());
    add("X-Amz-SignedHeaders", &signed.join(";"));
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token.expose());
    }
    let payload_hash = if path == PathStyle::Verbatim { UNSIGNED_PAYLOAD.to_owned() } else { sha256_hex(b"") };
    let request = canonical::request(&Head { query: &query, ..*head }, &signed, &payload_hash, path, None);
    let signature = SigningKey::derive(credentials.secret.expose(), scope).signature(scope, &timestamp, &request);
    format!("{query}&X-Amz-Signature={}", hex::encode(signature))
}

/// The names of the headers to sign: lower case, sorted, each once.
fn signed_names(headers: &[(&str, &[u8])]) -> Vec<String> {
    let names = headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    let mut names: Vec<String> = names.filter(|name| !UNSIGNED.contains(&name.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    names
}
