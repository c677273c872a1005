//! Request bodies: read whole, within a size and a time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// More bytes than the operation takes.
    #[error("Request body is larger than the {limit} bytes that this operation takes.")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// It did not come in time.
    #[error("Your socket connection to the server was not read from or written to within the timeout period.")]
    TooSlow,
    /// The connection ended first.
    #[error("The request body ended before it was complete.")]
    Cut(#[source] hyper::Error),
}

/// Reads a body of at most `limit` bytes within `time`. A declared length over the limit is refused before a byte is read.
pub(crate) async fn read(mut body: Incoming, limit: usize, time: Duration) -> Result<Bytes, BodyError> {
    let declared = body.size_hint().lower();
    if usize::try_from(declared).map_or(true, |declared| declared > limit) {
        return Err(BodyError::TooLarge { limit });
    }
    let reading = async {
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(BodyError::Cut)?.into_data() else { continue };
            if whole.len() + data.len() > limit {
                return Err(BodyError::TooLarge { limit });
            }
            if whole.is_empty() && body.is_end_stream() {
                return Ok(data);
            }
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    };
    tokio::time::timeout(time, reading).await.unwrap_or(Err(BodyError::TooSlow))
}
