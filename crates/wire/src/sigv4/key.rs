//! Signing keys: derived from a secret and a scope, valid for a day, a region and a service.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{ALGORITHM, Scope, TERMINATOR};
use crate::shape::Sensitive;

/// A key that signs requests of one scope.
#[derive(Debug, Clone)]
pub struct SigningKey(Sensitive<[u8; 32]>);

impl SigningKey {
    /// Derives the key of a scope. Cost: four HMACs.
    #[must_use]
    pub fn derive(secret: &str, scope: &Scope) -> Self {
        let secret = Sensitive::new([b"AWS4", secret.as_bytes()].concat());
        let date = hmac(secret.expose(), scope.date.as_bytes());
        let region = hmac(date.expose(), scope.region.as_bytes());
        let service = hmac(region.expose(), scope.service.as_bytes());
        Self(hmac(service.expose(), TERMINATOR.as_bytes()))
    }

    /// Signs a canonical request.
    pub(super) fn signature(&self, scope: &Scope, timestamp: &str, canonical_request: &[u8]) -> [u8; 32] {
        let hash = sha256_hex(canonical_request);
        let text = format!("{ALGORITHM}\n{timestamp}\n{scope}\n{hash}");
        *hmac(self.0.expose(), text.as_bytes()).expose()
    }

    #[cfg(test)]
    pub(super) fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// Remembers derived keys, the most recently used ones, up to a number. The owner puts it behind a lock of its choice.
#[derive(Debug)]
pub struct SigningKeys {
    /// By the secret's hash, so that a secret that is replaced takes its keys along, and by scope. The number is the time of
    /// last use, in uses.
    keys: BTreeMap<([u8; 32], Scope), (u64, SigningKey)>,
    capacity: usize,
    uses: u64,
}

impl SigningKeys {
    /// A memory for at most `capacity` keys.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self { keys: BTreeMap::new(), capacity, uses: 0 }
    }

    /// The key of a scope. Cost: one hash of the secret if the key is known, else as [`SigningKey::derive`], and with a full
    /// memory a walk through it.
    pub fn key(&mut self, secret: &str, scope: &Scope) -> SigningKey {
        self.uses += 1;
        let place = (Sha256::digest(secret.as_bytes()).into(), scope.clone());
        if let Some((used, key)) = self.keys.get_mut(&place) {
            *used = self.uses;
            return key.clone();
        }
        let key = SigningKey::derive(secret, scope);
        if self.keys.len() >= self.capacity
            && let Some(oldest) = self.keys.iter().min_by_key(|(_, (used, _))| *used).map(|(place, _)| place.clone())
        {
            self.keys.remove(&oldest);
        }
        if self.capacity > 0 {
            self.keys.insert(place, (self.uses, key.clone()));
        }
        key
    }

    /// How many keys are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// True when no key is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// HMAC-SHA256. The key is brought to the block's length by HMAC's own rule, so that no length is an error.
fn hmac(key: &[u8], message: &[u8]) -> Sensitive<[u8; 32]> {
    let mut block = Zeroizing::new([0; 64]);
    let hashed: Zeroizing<[u8; 32]>;
    let bytes = if key.len() > block.len() {
        hashed = Zeroizing::new(Sha256::digest(key).into());
        hashed.as_slice()
    } else {
        key
    };
    for (to, from) in block.iter_mut().zip(bytes) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(message);
    Sensitive::new(mac.finalize().into_bytes().into())
}
