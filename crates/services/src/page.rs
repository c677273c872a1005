//! Pages of long lists: how many items, and the opaque token that goes on where a page ended.
//!
//! A token carries the last key of its page and a digest of that and of what is listed (operation, account, region, filters). It
//! holds no secret and grants nothing: the next call is authorised like any other. A token of another list, or one that was
//! cut, is refused, not misread.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use berth_api::ecs::errors;
use berth_api::{Call, Refusal};
use sha2::{Digest as _, Sha256};

/// Bytes of the digest in a token: enough to tell lists apart.
const DIGEST: usize = 8;
/// The first byte of every token; another layout gets another.
const VERSION: u8 = 1;

/// One list that is given out in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pages {
    digest: [u8; DIGEST],
}

impl Pages {
    /// The pages of a call's list. `filters` are the parameters that choose and order its items, in a fixed order, absent ones
    /// included.
    pub(crate) fn of(call: &Call, operation: &str, filters: &[Option<&str>]) -> Self {
        let mut hash = Sha256::new();
        let parts = [Some(operation), Some(&*call.account), Some(&*call.region)];
        for part in parts.iter().chain(filters) {
            // The length keeps "ab", "c" apart from "a", "bc".
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            hash.update(length.to_be_bytes());
            hash.update(part.unwrap_or_default());
        }
        Self { digest: first_bytes(hash) }
    }

    /// The token for the page after the item of this key.
    pub(crate) fn token(self, last: &str) -> String {
        let mut bytes = Vec::with_capacity(1 + DIGEST + last.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.of_page(last.as_bytes()));
        bytes.extend_from_slice(last.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key after which a page begins; `None` for the first page.
    pub(crate) fn after(self, token: Option<&str>) -> Result<Option<String>, Refusal> {
        let Some(token) = token else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        let parts = bytes.strip_prefix(&[VERSION]).and_then(<[u8]>::split_first_chunk::<DIGEST>);
        let key = parts.filter(|(digest, key)| **digest == self.of_page(key)).map(|(_, key)| key.to_vec());
        match key.map(String::from_utf8) {
            Some(Ok(key)) => Ok(Some(key)),
            _ => Err(invalid_token()),
        }
    }

    /// The digest of this list's page that ends with a key.
    fn of_page(self, last: &[u8]) -> [u8; DIGEST] {
        first_bytes(Sha256::new().chain_update(self.digest).chain_update(last))
    }

    /// The first `size` items, and the token for the rest if there is one.
    pub(crate) fn cut<T>(
        self,
        mut items: impl Iterator<Item = T>,
        size: usize,
        key: impl FnOnce(&T) -> String,
    ) -> (Vec<T>, Option<String>) {
        let page: Vec<T> = items.by_ref().take(size).collect();
        let more = items.next().is_some();
        let token = page.last().filter(|_| more).map(|last| self.token(&key(last)));
        (page, token)
    }
}

fn first_bytes(hash: Sha256) -> [u8; DIGEST] {
    let mut digest = [0; DIGEST];
    digest.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    digest
}

/// The refusal of a token that does not belong to the list.
pub(crate) fn invalid_token() -> Refusal {
    errors::invalid_parameter_exception("Invalid token.")
}

/// The size of a page: as asked, or the most.
pub(crate) fn size(asked: Option<i32>, most: usize) -> Result<usize, Refusal> {
    let Some(asked) = asked else { return Ok(most) };
    let size = usize::try_from(asked).ok().filter(|size| (1..=most).contains(size));
    size.ok_or_else(|| errors::invalid_parameter_exception(format!("maxResults must be between 1 and {most}.")))
}

#[cfg(test)]
mod tests;
