//! AWS Signature Version 4, both ways: what a request presents, whether it holds, and how to sign one.
//!
//! Verifying takes three steps, since the secret must be looked up between them: [`parse`] says whose signature it claims to
//! be, [`SigningKeys`] derives (or remembers) the key, [`verify`] checks it against the request.
//!
//! Never here: a clock (`now` is an argument), the store of secrets, permissions.

mod canonical;
mod error;
mod key;
mod presented;
mod sign;
mod verify;

#[cfg(test)]
mod tests;

pub use canonical::{Head, PathStyle};
pub use error::SignatureError;
pub use key::{SigningKey, SigningKeys};
pub use presented::{Form, Presented, Scope, parse};
pub use sign::{Credentials, presign, sign};
pub use verify::{Rules, SKEW_MINUTES, verify};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// The longest life of a presigned URL, in seconds: a week.
pub const LONGEST_EXPIRY: u32 = 604_800;
