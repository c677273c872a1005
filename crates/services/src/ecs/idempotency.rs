//! Client tokens: the same request twice is done once.

use std::time::Duration;

use berth_api::Refusal;
use berth_api::ecs::errors;
use berth_model::{ClientToken, Name, Timestamp};
use berth_store::{ClientTokenKey, State};
use berth_wire::{Member, Shape};
use sha2::{Digest as _, Sha256};

use super::scope::Scope;

/// How long a token is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// Characters of a token, at most: AWS allows 33 to 126 in ASCII, 64 of them.
const LONGEST: usize = 64;

/// A token was used before, with another request.
#[derive(Debug)]
pub(super) struct Conflict {
    /// What that request made.
    pub(super) made: Vec<[u8; 16]>,
}

/// The record of a request with a token, before its results; nothing without a token. `input` is compared as
/// the JSON that its `place` describes.
pub(super) fn token<T: Shape>(
    scope: Scope,
    operation: &str,
    cluster: &Name,
    token: Option<&str>,
    (place, input): (&'static Member, &T),
) -> Result<Option<ClientToken>, Refusal> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
    if token.len() > LONGEST || !token.bytes().all(|byte| (33..=126).contains(&byte)) {
        return Err(errors::invalid_parameter_exception(format!(
            "Invalid clientToken: at most {LONGEST} printable ASCII characters are allowed."
        )));
    }
    let request_hash = Sha256::digest(crate::document::write(place, input).as_str().as_bytes()).into();
    Ok(Some(ClientToken {
        region: scope.region,
        operation: Name::new(operation),
        cluster: cluster.clone(),
        token: token.into(),
        request_hash,
        results: Vec::new(),
        expires_at: Timestamp::EPOCH,
    }))
}

/// What the same request made before; nothing if it was not made, or is forgotten.
pub(super) fn known(state: &State, token: &ClientToken, now: Timestamp) -> Result<Option<Vec<[u8; 16]>>, Conflict> {
    let key = ClientTokenKey {
        region: token.region,
        operation: token.operation.clone(),
        cluster: token.cluster.clone(),
        token: token.token.clone(),
    };
    match state.get::<ClientToken>(&key).filter(|known| known.expires_at > now) {
        Some(known) if known.request_hash == token.request_hash => Ok(Some(known.results.clone())),
        Some(known) => Err(Conflict { made: known.results.clone() }),
        None => Ok(None),
    }
}

/// The record with what the request made.
pub(super) fn answered(token: ClientToken, results: Vec<[u8; 16]>, now: Timestamp) -> ClientToken {
    ClientToken { results, expires_at: now + REMEMBERED, ..token }
}
