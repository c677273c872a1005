//! Who sends a request: the claim it makes, the credential behind it, and whether its signature holds.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use berth_wire::Timestamp;
use berth_wire::sigv4::{self, Head, Presented, Rules, SignatureError, SigningKeys};

use crate::{Callers, Credential};

/// Derived signing keys kept: one a caller, day, region and service in use.
const SIGNING_KEYS: usize = 1024;

/// Authenticates signed requests: those of the pipeline, and those of mounts that want them signed.
#[derive(Debug)]
pub struct Authenticator {
    callers: Box<dyn Callers>,
    signing_keys: Mutex<SigningKeys>,
}

/// The signer of a request.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The credential.
    pub credential: Credential,
    /// What was signed for, and when.
    pub presented: Presented,
}

impl Authenticator {
    /// An authenticator that knows these callers.
    pub(crate) fn new(callers: impl Callers + 'static) -> Self {
        Self { callers: Box::new(callers), signing_keys: Mutex::new(SigningKeys::new(SIGNING_KEYS)) }
    }

    /// The credential that a claim names. Nothing is proven yet.
    pub(crate) fn credential(&self, presented: &Presented) -> Result<Credential, SignatureError> {
        if presented.session_token.is_some() {
            return Err(SignatureError::UnknownKey);
        }
        self.callers.find(&presented.key_id).ok_or(SignatureError::UnknownKey)
    }

    /// Checks a claim against the request that makes it.
    pub(crate) fn verify(
        &self,
        presented: &Presented,
        head: &Head<'_>,
        body: &[u8],
        credential: &Credential,
    ) -> Result<(), SignatureError> {
        let key = {
            // A poisoned lock guards a cache that is whole at any time.
            let mut keys = self.signing_keys.lock().unwrap_or_else(PoisonError::into_inner);
            keys.key(credential.secret.expose(), &presented.scope)
        };
        sigv4::verify(presented, head, body, &key, Rules::default(), now())
    }

    /// The signer of a request without a body.
    ///
    /// # Errors
    /// It is not signed, or not as it should be.
    pub fn signer(&self, parts: &http::request::Parts) -> Result<Signer, SignatureError> {
        let headers = headers(parts);
        let head = head(parts, &headers);
        let presented = sigv4::parse(&head)?;
        let credential = self.credential(&presented)?;
        self.verify(&presented, &head, b"", &credential)?;
        Ok(Signer { credential, presented })
    }
}

/// A request's headers as signatures see them.
pub(crate) fn headers(parts: &http::request::Parts) -> Vec<(&str, &[u8])> {
    parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

/// A request as signatures see it.
pub(crate) fn head<'a>(parts: &'a http::request::Parts, headers: &'a [(&'a str, &'a [u8])]) -> Head<'a> {
    Head { method: parts.method.as_str(), path: parts.uri.path(), query: parts.uri.query().unwrap_or_default(), headers }
}

/// Wall time in milliseconds since the epoch.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
