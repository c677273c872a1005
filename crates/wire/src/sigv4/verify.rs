//! Whether a claim holds.

use subtle::ConstantTimeEq as _;

use super::canonical::{self, Head, PathStyle};
use super::key::sha256_hex;
use super::{Form, Presented, SignatureError, SigningKey, UNSIGNED_PAYLOAD};
use crate::moment;
use crate::shape::Timestamp;

/// How far clocks may be apart.
pub const SKEW_MINUTES: i64 = 15;
const SKEW: i64 = SKEW_MINUTES * 60 * 1000;

/// What differs between services. The default is what all but object storage do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// How the path is signed.
    pub path: PathStyle,
    /// Whether a request may leave its body unsigned.
    pub unsigned_payload: bool,
}

/// Checks a claim against the request that presents it. Cost: a hash of the body, a hash of the head, one HMAC.
///
/// # Errors
/// The claim does not hold; the error says why.
pub fn verify(
    presented: &Presented,
    head: &Head<'_>,
    body: &[u8],
    key: &SigningKey,
    rules: Rules,
    now: Timestamp,
) -> Result<(), SignatureError> {
    check_headers(presented, head)?;
    check_time(presented, now)?;
    let payload_hash = payload_hash(presented, head, body, rules)?;
    let left_out = match presented.form {
        Form::Header => None,
        Form::Query { .. } => Some("X-Amz-Signature"),
    };
    let request = canonical::request(head, &presented.signed_headers, &payload_hash, rules.path, left_out);
    let computed = key.signature(&presented.scope, &moment::to_compact(presented.timestamp), &request);
    if bool::from(computed.ct_eq(&presented.signature)) { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// `host` and all of AWS's own headers must be signed: whoever stands between could change the others only.
fn check_headers(presented: &Presented, head: &Head<'_>) -> Result<(), SignatureError> {
    let signed = |name: &str| presented.signed_headers.iter().any(|signed| signed.eq_ignore_ascii_case(name));
    if !signed("host") {
        return Err(SignatureError::HeaderNotSigned("Host".to_owned()));
    }
    let ours = |name: &str| name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case("x-amz-"));
    match head.headers.iter().find(|(name, _)| ours(name) && !signed(name)) {
        Some((name, _)) => Err(SignatureError::HeaderNotSigned(name.chars().take(64).collect())),
        None => Ok(()),
    }
}

fn check_time(presented: &Presented, now: Timestamp) -> Result<(), SignatureError> {
    let signed = presented.timestamp.0;
    let timestamp = moment::to_compact(presented.timestamp);
    let text = moment::to_compact;
    if signed > now.0.saturating_add(SKEW) {
        let bound = text(Timestamp(now.0.saturating_add(SKEW)));
        return Err(SignatureError::NotYetCurrent { timestamp, bound, now: text(now), minutes: SKEW_MINUTES });
    }
    match presented.form {
        Form::Header if signed < now.0.saturating_sub(SKEW) => {
            let bound = text(Timestamp(now.0.saturating_sub(SKEW)));
            Err(SignatureError::Expired { timestamp, bound, now: text(now), minutes: SKEW_MINUTES })
        }
        Form::Query { expires } if now.0 > signed.saturating_add(i64::from(expires) * 1000) => {
            let until = text(Timestamp(signed.saturating_add(i64::from(expires) * 1000)));
            Err(SignatureError::RequestExpired { until, now: text(now) })
        }
        Form::Header | Form::Query { .. } => Ok(()),
    }
}

/// The body's hash as it was signed: the hash of the body at hand, unless the request says that it is not signed.
fn payload_hash(presented: &Presented, head: &Head<'_>, body: &[u8], rules: Rules) -> Result<String, SignatureError> {
    let in_query = || head.parameters().find(|(name, _)| name == b"X-Amz-Content-Sha256").map(|(_, value)| value);
    let declared = match (head.values("x-amz-content-sha256").next(), presented.form) {
        (Some(declared), _) => Some(declared.trim_ascii().to_vec()),
        (None, Form::Query { .. }) => {
            let unsigned = || (rules.path == PathStyle::Verbatim).then(|| UNSIGNED_PAYLOAD.into());
            in_query().or_else(unsigned)
        }
        (None, Form::Header) => None,
    };
    match declared {
        Some(declared) if declared == UNSIGNED_PAYLOAD.as_bytes() => {
            if rules.unsigned_payload {
                Ok(UNSIGNED_PAYLOAD.to_owned())
            } else {
                Err(SignatureError::UnsignedPayload)
            }
        }
        Some(declared) if declared.starts_with(b"STREAMING-") => Err(SignatureError::StreamingPayload),
        Some(declared) => {
            let computed = sha256_hex(body);
            if declared == computed.as_bytes() { Ok(computed) } else { Err(SignatureError::BodyHash) }
        }
        None => Ok(sha256_hex(body)),
    }
}
