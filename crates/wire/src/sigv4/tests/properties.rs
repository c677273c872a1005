//! What is signed verifies; what is changed afterwards does not.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

prop_compose! {
    /// Parts without dots, slashes or percent signs: among those a changed bit can leave the meaning, and so the signature.
    fn samples()(
        method in prop_oneof![Just("GET"), Just("POST"), Just("PUT")],
        segments in proptest::collection::vec("[a-m]{1,6}", 0..4),
        pairs in proptest::collection::vec(("[a-m]{1,4}", "[a-m0-9]{0,4}"), 0..4),
        values in proptest::collection::vec("[a-m][ a-m]{0,6}[a-m]", 0..3),
        body in proptest::collection::vec(any::<u8>(), 0..40),
        token in proptest::option::of("[a-z]{1,10}"),
    ) -> (Sample, Credentials) {
        let mut headers = vec![("Host".to_owned(), b"localhost".to_vec())];
        headers.extend(values.into_iter().map(|value| ("X-Amz-Meta".to_owned(), value.into_bytes())));
        let query: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let sample = Sample {
            method: method.to_owned(),
            path: format!("/{}", segments.join("/")),
            query: query.join("&"),
            headers,
            body,
        };
        (sample, Credentials { session_token: token.map(Sensitive::new), ..credentials() })
    }
}

fn flipped(text: &str, at: Index, bit: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] ^= 1 << bit;
    String::from_utf8(bytes).ok()
}

proptest! {
    #[test]
    fn what_is_signed_verifies((sample, credentials) in samples()) {
        for path in [PathStyle::Normalised, PathStyle::Verbatim] {
            let rules = Rules { path, unsigned_payload: true };
            let presented = sample.clone().signed(&credentials, path).check(rules, NOW).unwrap();
            prop_assert_eq!(&presented.session_token, &credentials.session_token);
            let presented = sample.clone().presigned(&credentials, path, 60).check(rules, NOW).unwrap();
            prop_assert_eq!(&presented.session_token, &credentials.session_token);
        }
    }

    #[test]
    fn a_flipped_bit_fails((sample, credentials) in samples(), at in any::<Index>(), bit in 0_u8..8) {
        let signed = sample.signed(&credentials, PathStyle::Normalised);
        let refused = |sample: Sample| {
            prop_assert!(sample.check(Rules::default(), NOW).is_err(), "{:?}", sample);
            Ok(())
        };
        for (index, (name, value)) in signed.headers.iter().enumerate() {
            let mut changed = signed.clone();
            let at = at.index(value.len());
            changed.headers[index].1[at] ^= 1 << bit;
            // Space of another kind, and another key id of the same secret, are the same to the signature.
            let space = value[at].is_ascii_whitespace() && changed.headers[index].1[at].is_ascii_whitespace();
            let key_id = name == "authorization" && changed.check(Rules::default(), NOW).is_ok_and(|presented| presented.key_id != "AKIDEXAMPLE");
            if !space && !key_id {
                refused(changed)?;
            }
        }
        if let Some(method) = flipped(&signed.method, at, bit) {
            refused(Sample { method, ..signed.clone() })?;
        }
        if let Some(path) = flipped(&signed.path, at, bit).filter(|path| !path.is_empty() && !path.starts_with("//")) {
            refused(Sample { path, ..signed.clone() })?;
        }
        if !signed.query.is_empty()
            && let Some(query) = flipped(&signed.query, at, bit)
        {
            refused(Sample { query, ..signed.clone() })?;
        }
        if !signed.body.is_empty() {
            let mut changed = signed.clone();
            let at = at.index(changed.body.len());
            changed.body[at] ^= 1 << bit;
            refused(changed)?;
        }
    }

    #[test]
    fn a_flipped_bit_in_a_presigned_query_fails((sample, credentials) in samples(), at in any::<Index>(), bit in 0_u8..8) {
        let signed = sample.presigned(&credentials, PathStyle::Normalised, 60);
        if let Some(query) = flipped(&signed.query, at, bit) {
            let changed = Sample { query, ..signed.clone() };
            // `%2f` and `%2F` are the same.
            let same = changed.query.eq_ignore_ascii_case(&signed.query);
            let key_id = |presented: Presented| presented.key_id != "AKIDEXAMPLE";
            prop_assert!(same || changed.check(Rules::default(), NOW).map_or(true, key_id), "{:?}", changed);
        }
    }

    #[test]
    fn any_head_is_parsed_without_panic(authorization in "(AWS4-HMAC-SHA256 )?[A-Za-z=,;/ 0-9-]{0,100}", query in "(X-Amz-(Algorithm|Credential|Date|Signature)=[A-Za-z0-9%/]{0,20}&?){0,5}") {
        let mut sample = Sample { query, ..Sample::new() };
        let _ = sample.check(Rules::default(), NOW);
        sample.set("authorization", &authorization);
        let _ = sample.check(Rules::default(), NOW);
    }
}
