//! The record of a request that must not be done twice.

use minicbor::{Decode, Encode};

use crate::{Name, Region, Timestamp};

/// What a request with a client token did, so that the same request again has the same answer.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ClientToken {
    /// Where the request went.
    #[n(0)]
    pub region: Region,
    /// The operation, such as `RunTask`.
    #[n(1)]
    pub operation: Name,
    /// The cluster the request named; tokens are unique within it.
    #[n(2)]
    pub cluster: Name,
    /// The token.
    #[n(3)]
    pub token: Box<str>,
    /// A digest of the request: another request with the same token is refused.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub request_hash: [u8; 32],
    /// The ids of what was made, tasks or an instance, by operation.
    #[cbor(n(5), with = "ids")]
    pub results: Vec<[u8; 16]>,
    /// When the token may be forgotten.
    #[n(6)]
    pub expires_at: Timestamp,
}

/// Ids as byte strings.
mod ids {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    pub(super) fn encode<C, W: Write>(ids: &[[u8; 16]], e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.bytes(ids.as_flattened())?.ok()
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Vec<[u8; 16]>, DecodeError> {
        let (ids, rest) = d.bytes()?.as_chunks();
        if rest.is_empty() { Ok(ids.to_vec()) } else { Err(DecodeError::message("ids are not whole")) }
    }
}
