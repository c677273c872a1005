//! What a request says about its signature, before anything is believed.

use std::collections::BTreeMap;
use std::fmt;

use super::canonical::Head;
use super::{ALGORITHM, LONGEST_EXPIRY, SignatureError, TERMINATOR};
use crate::moment;
use crate::shape::{Sensitive, Timestamp};

const AUTHORIZATION_LIMIT: usize = 8 * 1024;
const KEY_ID_LIMIT: usize = 128;
const SCOPE_PART_LIMIT: usize = 64;
const SIGNED_HEADER_LIMIT: usize = 64;
const TOKEN_LIMIT: usize = 16 * 1024;

/// A claim: this key signed these parts of the request at that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The access key id.
    pub key_id: String,
    /// What the signing key is good for.
    pub scope: Scope,
    /// The names of the signed headers: lower case, sorted, each once.
    pub signed_headers: Vec<String>,
    /// The signature.
    pub signature: [u8; 32],
    /// When it was signed, to the second.
    pub timestamp: Timestamp,
    /// What comes with temporary credentials.
    pub session_token: Option<Sensitive<String>>,
    /// Where all this stands.
    pub form: Form,
}

/// Where a signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query string: a presigned request.
    Query {
        /// How long it is good, in seconds.
        expires: u32,
    },
}

/// What a signing key is good for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// The day, such as `20260131`.
    pub date: String,
    /// The region, such as `us-east-1`.
    pub region: String,
    /// The service's signing name, such as `ecs`.
    pub service: String,
}

impl Scope {
    /// The scope for signing now.
    #[must_use]
    pub fn at(now: Timestamp, region: &str, service: &str) -> Self {
        let date = moment::to_compact(now).chars().take(8).collect();
        Self { date, region: region.to_owned(), service: service.to_owned() }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
    }
}

/// Reads a request's claim, from the header or else from the query string.
///
/// # Errors
/// There is none, or it is incomplete, unreadable, too long or of another algorithm.
pub fn parse(head: &Head<'_>) -> Result<Presented, SignatureError> {
    if head.values("authorization").next().is_some() {
        return from_header(head);
    }
    let prefix = b"X-Amz-";
    let ours = head.parameters().filter(|(name, _)| name.starts_with(prefix));
    let mut parameters = BTreeMap::new();
    for (name, value) in ours {
        let (Ok(name), Ok(value)) = (String::from_utf8(name), String::from_utf8(value)) else {
            return Err(incomplete("A signature's query parameters must be UTF-8."));
        };
        if parameters.insert(name, value).is_some() {
            return Err(incomplete("A signature's query parameter stands there twice."));
        }
    }
    if !["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"].iter().any(|name| parameters.contains_key(*name)) {
        return Err(SignatureError::Missing);
    }
    from_query(&parameters)
}

fn from_header(head: &Head<'_>) -> Result<Presented, SignatureError> {
    let header = head.only("authorization").ok_or_else(|| incomplete("There must be one Authorization header."))?;
    limit("Authorization", header.len(), AUTHORIZATION_LIMIT)?;
    let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
    if algorithm != ALGORITHM {
        return Err(SignatureError::Algorithm);
    }
    let mut parts = BTreeMap::new();
    for part in rest.split(',') {
        let (name, value) = part.trim().split_once('=').unwrap_or((part.trim(), ""));
        if parts.insert(name, value).is_some() {
            return Err(incomplete("A parameter of the Authorization header stands there twice."));
        }
    }
    let absent: Vec<String> = ["Credential", "Signature", "SignedHeaders"]
        .into_iter()
        .filter(|name| parts.get(name).is_none_or(|value| value.is_empty()))
        .map(|name| format!("Authorization header requires '{name}' parameter."))
        .collect();
    if !absent.is_empty() {
        return Err(SignatureError::Incomplete(absent.join(" ")));
    }
    let part = |name| parts.get(name).copied().unwrap_or_default();
    let timestamp = header_date(head)?;
    let (key_id, scope) = credential(part("Credential"), timestamp)?;
    Ok(Presented {
        key_id,
        scope,
        signed_headers: signed_headers(part("SignedHeaders"))?,
        signature: signature(part("Signature"))?,
        timestamp,
        session_token: head.only("x-amz-security-token").map(token).transpose()?,
        form: Form::Header,
    })
}

fn from_query(parameters: &BTreeMap<String, String>) -> Result<Presented, SignatureError> {
    let part = |name: &str| parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let required = |name: &str| {
        let absent = || SignatureError::Incomplete(format!("AWS query-string parameters must include '{name}'."));
        part(name).ok_or_else(absent)
    };
    if required("X-Amz-Algorithm")? != ALGORITHM {
        return Err(SignatureError::Algorithm);
    }
    let timestamp = moment::from_compact(required("X-Amz-Date")?)
        .ok_or_else(|| incomplete("X-Amz-Date must be in ISO-8601 'basic format'."))?;
    let expires = required("X-Amz-Expires")?;
    let expires = expires.parse().ok().filter(|seconds| (1..=LONGEST_EXPIRY).contains(seconds)).ok_or_else(|| {
        SignatureError::Incomplete(format!("X-Amz-Expires must be a number of seconds from 1 to {LONGEST_EXPIRY}."))
    })?;
    let (key_id, scope) = credential(required("X-Amz-Credential")?, timestamp)?;
    Ok(Presented {
        key_id,
        scope,
        signed_headers: signed_headers(required("X-Amz-SignedHeaders")?)?,
        signature: signature(required("X-Amz-Signature")?)?,
        timestamp,
        session_token: part("X-Amz-Security-Token").map(token).transpose()?,
        form: Form::Query { expires },
    })
}

/// `X-Amz-Date` counts before `Date`.
fn header_date(head: &Head<'_>) -> Result<Timestamp, SignatureError> {
    let name = if head.values("x-amz-date").next().is_some() { "x-amz-date" } else { "date" };
    if head.values(name).next().is_none() {
        return Err(incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."));
    }
    let date = head.only(name).and_then(|date| moment::from_compact(date).or_else(|| moment::from_http_date(date)));
    date.ok_or_else(|| incomplete("Date must be in ISO-8601 'basic format'."))
}

fn credential(text: &str, timestamp: Timestamp) -> Result<(String, Scope), SignatureError> {
    let malformed =
        || incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request.");
    let parts: Vec<&str> = text.split('/').collect();
    let &[key_id, date, region, service, terminator] = parts.as_slice() else { return Err(malformed()) };
    limit("The access key id", key_id.len(), KEY_ID_LIMIT)?;
    limit("The region", region.len(), SCOPE_PART_LIMIT)?;
    limit("The service", service.len(), SCOPE_PART_LIMIT)?;
    if terminator != TERMINATOR {
        return Err(incomplete("Credential should be scoped with a valid terminator: 'aws4_request'."));
    }
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if key_id.is_empty() || !key_id.bytes().all(|byte| byte.is_ascii_graphic()) || !word(region) || !word(service) {
        return Err(malformed());
    }
    let moment = moment::to_compact(timestamp);
    if !moment.starts_with(date) || date.len() != 8 {
        let day = moment.chars().take(8).collect();
        return Err(SignatureError::ScopeDate { scope: shown(date), date: day, timestamp: moment });
    }
    let scope = Scope { date: date.to_owned(), region: region.to_owned(), service: service.to_owned() };
    Ok((key_id.to_owned(), scope))
}

fn signed_headers(text: &str) -> Result<Vec<String>, SignatureError> {
    let names: Vec<String> = text.split(';').map(str::to_owned).collect();
    limit("The list of signed headers", names.len(), SIGNED_HEADER_LIMIT)?;
    let plain = |name: &String| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && byte != b':')
    };
    let ascending = names.windows(2).all(|pair| pair.first() < pair.last());
    if names.iter().all(plain) && ascending {
        return Ok(names);
    }
    Err(incomplete("SignedHeaders must be lower-case header names in ascending order."))
}

/// 64 lower-case digits: one spelling per signature.
fn signature(text: &str) -> Result<[u8; 32], SignatureError> {
    let mut bytes = [0; 32];
    let lower = text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    match hex::decode_to_slice(text, &mut bytes) {
        Ok(()) if lower => Ok(bytes),
        _ => Err(SignatureError::Mismatch),
    }
}

fn token(text: &str) -> Result<Sensitive<String>, SignatureError> {
    limit("The session token", text.len(), TOKEN_LIMIT)?;
    Ok(Sensitive::new(text.to_owned()))
}

fn limit(part: &'static str, len: usize, limit: usize) -> Result<(), SignatureError> {
    if len > limit { Err(SignatureError::TooLong { part, limit }) } else { Ok(()) }
}

/// What the caller sent, cut to what fits into a message.
fn shown(text: &str) -> String {
    text.chars().take(16).collect()
}

fn incomplete(text: &str) -> SignatureError {
    SignatureError::Incomplete(text.to_owned())
}
