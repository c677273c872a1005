//! Why a request is not who it claims to be, in AWS's codes and words.

use crate::service::Protocol;

/// A request that is not authenticated. The message goes to the caller: it never holds a secret or a computed signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Nothing in the request says who sends it.
    #[error("Missing Authentication Token")]
    Missing,
    /// Another scheme or algorithm than AWS4-HMAC-SHA256.
    #[error("Unsupported AWS 'algorithm': only AWS4-HMAC-SHA256 is accepted.")]
    Algorithm,
    /// Part of what a signature needs is absent or unreadable.
    #[error("{0}")]
    Incomplete(String),
    /// A part is longer than the limit.
    #[error("{part} is longer than {limit}")]
    TooLong {
        /// Which part.
        part: &'static str,
        /// The limit, in characters or in pieces.
        limit: usize,
    },
    /// The scope's day is not the request's day.
    #[error(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != '{date}', \
         from '{timestamp}'."
    )]
    ScopeDate {
        /// The day in the scope.
        scope: String,
        /// The day of the request.
        date: String,
        /// The moment of the request.
        timestamp: String,
    },
    /// A header that must be signed is not.
    #[error("'{0}' must be a 'SignedHeader' in the AWS Authorization.")]
    HeaderNotSigned(String),
    /// Signed too long ago.
    #[error("Signature expired: {timestamp} is now earlier than {bound} ({now} - {minutes} min.)")]
    Expired {
        /// When it was signed.
        timestamp: String,
        /// The earliest moment that is accepted.
        bound: String,
        /// The moment now.
        now: String,
        /// The skew that is allowed.
        minutes: i64,
    },
    /// Signed in the future.
    #[error("Signature not yet current: {timestamp} is still later than {bound} ({now} + {minutes} min.)")]
    NotYetCurrent {
        /// When it was signed.
        timestamp: String,
        /// The latest moment that is accepted.
        bound: String,
        /// The moment now.
        now: String,
        /// The skew that is allowed.
        minutes: i64,
    },
    /// A presigned request after its time.
    #[error("Request has expired: it was valid until {until}, and it is {now} now.")]
    RequestExpired {
        /// The end of its time.
        until: String,
        /// The moment now.
        now: String,
    },
    /// The body is not the one that was signed.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    BodyHash,
    /// The body is not signed, where it has to be.
    #[error("The request's body must be signed: UNSIGNED-PAYLOAD is not accepted here.")]
    UnsignedPayload,
    /// The body is signed in chunks.
    #[error("A body signed in chunks (STREAMING-...) is not accepted.")]
    StreamingPayload,
    /// The signature is not the one that the secret gives.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key \
         and signing method. Consult the service documentation for details."
    )]
    Mismatch,
    /// No such access key id, or no longer; raised by who looks it up.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// Temporary credentials after their time; raised by who looks them up.
    #[error("The security token included in the request is expired")]
    ExpiredToken,
}

impl SignatureError {
    /// The code and HTTP status that AWS answers with. The JSON protocols answer 400 throughout; clients go by the code.
    #[must_use]
    pub const fn aws_code(&self, protocol: Protocol) -> (&'static str, u16) {
        match protocol {
            Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RpcV2Cbor => (self.json_code(), 400),
            Protocol::RestJson => (self.json_code(), 403),
            Protocol::Query | Protocol::Ec2Query => self.query_code(),
        }
    }

    const fn json_code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Algorithm | Self::Incomplete(_) | Self::TooLong { .. } => "IncompleteSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::ScopeDate { .. }
            | Self::HeaderNotSigned(_)
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::RequestExpired { .. }
            | Self::BodyHash
            | Self::UnsignedPayload
            | Self::StreamingPayload
            | Self::Mismatch => "InvalidSignatureException",
        }
    }

    const fn query_code(&self) -> (&'static str, u16) {
        match self {
            Self::Missing => ("MissingAuthenticationToken", 403),
            Self::Algorithm | Self::Incomplete(_) | Self::TooLong { .. } => ("IncompleteSignature", 400),
            Self::UnknownKey => ("InvalidClientTokenId", 403),
            Self::ExpiredToken => ("ExpiredToken", 403),
            Self::RequestExpired { .. } => ("RequestExpired", 400),
            Self::ScopeDate { .. }
            | Self::HeaderNotSigned(_)
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::BodyHash
            | Self::UnsignedPayload
            | Self::StreamingPayload
            | Self::Mismatch => ("SignatureDoesNotMatch", 403),
        }
    }
}
