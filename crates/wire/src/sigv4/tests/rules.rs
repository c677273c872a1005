//! One case per rule.

use super::*;
use crate::service::Protocol;

const MINUTE: i64 = 60_000;

fn refusal(sample: &Sample) -> SignatureError {
    sample.check(Rules::default(), NOW).unwrap_err()
}

fn signed() -> Sample {
    Sample::new().signed(&credentials(), PathStyle::Normalised)
}

/// The signed sample with a piece of its Authorization header replaced.
fn altered(from: &str, to: &str) -> Sample {
    let mut sample = signed();
    let authorization = sample.header("authorization");
    assert!(authorization.contains(from), "{authorization}");
    sample.set("authorization", &authorization.replacen(from, to, 1));
    sample
}

#[test]
fn signed_request_is_accepted() {
    let presented = signed().check(Rules::default(), NOW).unwrap();
    assert_eq!(presented.signed_headers, ["content-type", "host", "x-amz-date", "x-amz-target"]);
    assert_eq!((presented.form, presented.timestamp), (Form::Header, NOW));
}

#[test]
fn nothing_presented_is_a_missing_token() {
    assert_eq!(refusal(&Sample::new()), SignatureError::Missing);
    let sample = Sample { query: "Action=ListUsers&X-Amz-Date=20260131T120000Z".into(), ..Sample::new() };
    assert_eq!(refusal(&sample), SignatureError::Missing);
}

#[test]
fn other_algorithms_are_refused() {
    assert_eq!(refusal(&altered("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")), SignatureError::Algorithm);
    assert_eq!(refusal(&altered("AWS4-HMAC-SHA256 ", "")), SignatureError::Algorithm);
    let mut sample = Sample::new();
    sample.set("Authorization", "Basic dXNlcjpwYXNz");
    assert_eq!(refusal(&sample), SignatureError::Algorithm);
}

#[test]
fn absent_parts_are_named() {
    let mut sample = Sample::new();
    sample.set("Authorization", "AWS4-HMAC-SHA256 Signature=");
    let expected = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
        Authorization header requires 'SignedHeaders' parameter.";
    assert_eq!(refusal(&sample).to_string(), expected);
    let mut sample = signed();
    sample.remove("x-amz-date");
    let expected = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
    assert_eq!(refusal(&sample).to_string(), expected);
    let mut sample = signed();
    sample.set("x-amz-date", "yesterday");
    assert_eq!(refusal(&sample).to_string(), "Date must be in ISO-8601 'basic format'.");
    let mut sample = signed();
    sample.headers.push(("Authorization".into(), b"AWS4-HMAC-SHA256 x".to_vec()));
    assert!(matches!(refusal(&sample), SignatureError::Incomplete(_)));
    assert!(matches!(refusal(&altered("SignedHeaders=", "Credential=x, SignedHeaders=")), SignatureError::Incomplete(_)));
}

#[test]
fn credential_must_be_whole() {
    for (from, to) in [
        ("/us-east-1/", "/"),
        ("/us-east-1/", "//"),
        ("/us-east-1/", "/us east/"),
        ("AKIDEXAMPLE/", "/"),
        ("aws4_request", "aws5_request"),
        ("/ecs/", "/ecs/x/"),
        ("AKIDEXAMPLE", "AKID EXAMPLE"),
    ] {
        assert!(matches!(refusal(&altered(from, to)), SignatureError::Incomplete(_)), "{to}");
    }
}

#[test]
fn scope_must_be_of_the_same_day() {
    let error = refusal(&altered("/20260131/", "/20260130/"));
    let expected = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
        '20260130' != '20260131', from '20260131T120000Z'.";
    assert_eq!(error.to_string(), expected);
    assert!(matches!(refusal(&altered("/20260131/", "/2026/")), SignatureError::ScopeDate { .. }));
}

#[test]
fn parts_have_limits() {
    let long = |from: &str, to: String| matches!(refusal(&altered(from, &to)), SignatureError::TooLong { .. });
    assert!(long("AKIDEXAMPLE", "A".repeat(129)));
    assert!(altered("AKIDEXAMPLE", &"A".repeat(128)).check(Rules::default(), NOW).is_ok());
    assert!(long("/us-east-1/", format!("/{}/", "r".repeat(65))));
    assert!(long("/ecs/", format!("/{}/", "s".repeat(65))));
    assert!(long("host;", "host;".repeat(65)));
    assert!(long("AKIDEXAMPLE", "A".repeat(9000)));
    let mut sample = signed();
    sample.set("x-amz-security-token", &"t".repeat(20_000));
    assert!(matches!(refusal(&sample), SignatureError::TooLong { .. }));
}

#[test]
fn signed_headers_are_lower_case_sorted_and_unique() {
    for (from, to) in
        [("host;", "Host;"), ("content-type;host", "host;content-type"), ("host;", "host;host;"), ("host;", ";host;")]
    {
        assert!(matches!(refusal(&altered(from, to)), SignatureError::Incomplete(_)), "{to}");
    }
}

#[test]
fn host_and_awss_own_headers_must_be_signed() {
    assert_eq!(refusal(&altered("host;", "")), SignatureError::HeaderNotSigned("Host".into()));
    assert_eq!(refusal(&altered(";x-amz-target", "")), SignatureError::HeaderNotSigned("X-Amz-Target".into()));
    let mut sample = signed();
    sample.set("X-Amz-New", "1");
    assert_eq!(refusal(&sample), SignatureError::HeaderNotSigned("X-Amz-New".into()));
    let mut sample = signed();
    sample.set("X-Amzn-Trace-Id", "1");
    sample.set("User-Agent", "1");
    assert!(sample.check(Rules::default(), NOW).is_ok());
}

#[test]
fn signed_header_that_is_gone_is_a_mismatch() {
    let mut sample = signed();
    sample.remove("content-type");
    assert_eq!(refusal(&sample), SignatureError::Mismatch);
}

#[test]
fn clocks_may_be_a_quarter_of_an_hour_apart() {
    let at = |millis: i64| signed().check(Rules::default(), Timestamp(NOW.0 + millis));
    assert!(at(15 * MINUTE).is_ok());
    assert!(at(-15 * MINUTE).is_ok());
    let expected = "Signature expired: 20260131T120000Z is now earlier than 20260131T120001Z (20260131T121501Z - 15 min.)";
    assert_eq!(at(15 * MINUTE + 1000).unwrap_err().to_string(), expected);
    let expected =
        "Signature not yet current: 20260131T120000Z is still later than 20260131T115959Z (20260131T114459Z + 15 min.)";
    assert_eq!(at(-15 * MINUTE - 1000).unwrap_err().to_string(), expected);
    assert!(signed().check(Rules::default(), Timestamp(i64::MAX)).is_err());
    assert!(signed().check(Rules::default(), Timestamp(i64::MIN)).is_err());
}

#[test]
fn presigned_request_lives_as_long_as_it_says() {
    let sample = Sample::new().presigned(&credentials(), PathStyle::Normalised, 3600);
    let at = |millis: i64| sample.check(Rules::default(), Timestamp(NOW.0 + millis));
    assert_eq!(at(60 * MINUTE).unwrap().form, Form::Query { expires: 3600 });
    let expected = "Request has expired: it was valid until 20260131T130000Z, and it is 20260131T130001Z now.";
    assert_eq!(at(60 * MINUTE + 1000).unwrap_err().to_string(), expected);
    assert!(matches!(at(-16 * MINUTE), Err(SignatureError::NotYetCurrent { .. })));
}

#[test]
fn presigned_request_must_be_whole() {
    let sample = Sample::new().presigned(&credentials(), PathStyle::Normalised, 60);
    let altered = |from: &str, to: &str| {
        assert!(sample.query.contains(from));
        refusal(&Sample { query: sample.query.replacen(from, to, 1), ..sample.clone() })
    };
    for expires in ["0", "604801", "-1", "x", "", "99999999999999999999"] {
        let error = altered("X-Amz-Expires=60", &format!("X-Amz-Expires={expires}"));
        assert!(matches!(error, SignatureError::Incomplete(_)), "{expires}");
    }
    for name in ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"] {
        let error = altered(&format!("X-Amz-{name}="), &format!("Y-Amz-{name}="));
        assert_eq!(error.to_string(), format!("AWS query-string parameters must include 'X-Amz-{name}'."));
    }
    assert!(matches!(altered("X-Amz-Date", "X-Amz-Date=1&X-Amz-Date"), SignatureError::Incomplete(_)));
    assert_eq!(altered("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), SignatureError::Algorithm);
    assert_eq!(altered("X-Amz-Expires=60", "X-Amz-Expires=61"), SignatureError::Mismatch);
}

#[test]
fn body_must_be_the_one_that_was_signed() {
    let mut sample = signed();
    sample.body = b"{ }".to_vec();
    assert_eq!(refusal(&sample), SignatureError::Mismatch);
    let mut sample = Sample::new().signed(&credentials(), PathStyle::Verbatim);
    sample.body = b"{ }".to_vec();
    let rules = Rules { path: PathStyle::Verbatim, ..Rules::default() };
    assert_eq!(sample.check(rules, NOW).unwrap_err(), SignatureError::BodyHash);
}

#[test]
fn unsigned_bodies_are_refused_unless_allowed() {
    let sample = Sample::new().presigned(&credentials(), PathStyle::Verbatim, 60);
    let rules = Rules { path: PathStyle::Verbatim, unsigned_payload: false };
    assert_eq!(sample.check(rules, NOW).unwrap_err(), SignatureError::UnsignedPayload);
    assert!(sample.check(Rules { unsigned_payload: true, ..rules }, NOW).is_ok());
    let declared = |hash: &str| {
        let mut sample = Sample::new();
        sample.set("X-Amz-Content-Sha256", hash);
        refusal(&sample.signed(&credentials(), PathStyle::Normalised))
    };
    assert_eq!(declared("UNSIGNED-PAYLOAD"), SignatureError::UnsignedPayload);
    assert_eq!(declared("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), SignatureError::StreamingPayload);
    assert_eq!(declared("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), SignatureError::StreamingPayload);
    assert_eq!(declared("0123"), SignatureError::BodyHash);
}

#[test]
fn signature_has_one_spelling() {
    let signature = |change: fn(&str) -> String| {
        let sample = signed();
        let authorization = sample.header("authorization");
        let (_, signature) = authorization.rsplit_once('=').unwrap();
        refusal(&altered(signature, &change(signature)))
    };
    assert_eq!(signature(str::to_ascii_uppercase), SignatureError::Mismatch);
    assert_eq!(signature(|signature| signature[1..].to_owned()), SignatureError::Mismatch);
    assert_eq!(signature(|signature| format!("{signature}0")), SignatureError::Mismatch);
}

#[test]
fn another_secret_gives_another_signature() {
    let sample = signed();
    sample.with(|head| {
        let presented = parse(head).unwrap();
        let key = SigningKey::derive("other", &presented.scope);
        let error = verify(&presented, head, &sample.body, &key, Rules::default(), NOW).unwrap_err();
        assert_eq!(error, SignatureError::Mismatch);
    });
}

#[test]
fn keys_are_remembered_up_to_a_number() {
    let mut keys = SigningKeys::new(2);
    let scope = |region: &str| Scope::at(NOW, region, "ecs");
    for region in ["a", "b", "a", "c"] {
        let key = keys.key(SECRET, &scope(region));
        assert_eq!(key.expose(), SigningKey::derive(SECRET, &scope(region)).expose());
    }
    assert_eq!(keys.len(), 2);
    assert_ne!(keys.key("another", &scope("a")).expose(), keys.key(SECRET, &scope("a")).expose());
    assert!(SigningKeys::new(0).is_empty());
}

#[test]
fn long_secrets_are_hashed_as_hmac_says() {
    // Python: hmac chain over "AWS4" + "k" * 100 for 20260131/us-east-1/ecs.
    let key = SigningKey::derive(&"k".repeat(100), &Scope::at(NOW, "us-east-1", "ecs"));
    assert_eq!(hex::encode(key.expose()), "c948a2a552c8c3e726512400a3e01bcb6112c2d51af33bfd24fb82af452f05be");
}

#[test]
fn codes_are_awss() {
    let codes = |error: &SignatureError| (error.aws_code(Protocol::AwsJson11), error.aws_code(Protocol::Query));
    let missing = (("MissingAuthenticationTokenException", 400), ("MissingAuthenticationToken", 403));
    assert_eq!(codes(&SignatureError::Missing), missing);
    let unknown = (("UnrecognizedClientException", 400), ("InvalidClientTokenId", 403));
    assert_eq!(codes(&SignatureError::UnknownKey), unknown);
    let mismatch = (("InvalidSignatureException", 400), ("SignatureDoesNotMatch", 403));
    assert_eq!(codes(&SignatureError::Mismatch), mismatch);
}

#[test]
fn secrets_do_not_show() {
    let credentials = Credentials { session_token: Some(Sensitive::new("hush-token".into())), ..credentials() };
    let sample = Sample::new().signed(&credentials, PathStyle::Normalised);
    let mut keys = SigningKeys::new(4);
    let key = keys.key(SECRET, &Scope::at(NOW, "us-east-1", "ecs"));
    let presented = sample.check(Rules::default(), NOW).unwrap();
    let shown = format!("{credentials:?} {keys:?} {key:?} {presented:?}");
    let key = format!("{:?}", key.expose());
    for secret in [SECRET, "hush-token", &key] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
