//! Requests that botocore signed (tests/make_sigv4_vectors.py), and AWS's published example of a derived key.

use serde_json::Value;

use super::*;

fn all() -> Value {
    serde_json::from_str(include_str!("../../../tests/sigv4_vectors.json")).unwrap()
}

fn sample(vector: &Value) -> Sample {
    let text = |name: &str| vector[name].as_str().unwrap().to_owned();
    let header = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().as_bytes().to_vec());
    Sample {
        method: text("method"),
        path: text("path"),
        query: text("query"),
        headers: vector["headers"].as_array().unwrap().iter().map(header).collect(),
        body: text("body").into_bytes(),
    }
}

#[test]
fn what_botocore_signs_is_verified() {
    let all = all();
    let now = Timestamp(all["now"].as_i64().unwrap());
    let vectors = all["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 16);
    for vector in vectors {
        let path = if vector["verbatim_path"] == true { PathStyle::Verbatim } else { PathStyle::Normalised };
        let rules = Rules { path, unsigned_payload: path == PathStyle::Verbatim };
        let presented = sample(vector).check(rules, now).unwrap_or_else(|error| panic!("{}: {error}", vector["name"]));
        assert_eq!(presented.key_id, all["key_id"]);
        assert_eq!((presented.scope.region, presented.scope.service), (text(vector, "region"), text(vector, "service")));
    }
}

#[test]
fn botocores_session_tokens_are_read() {
    let all = all();
    let token = |name: &str| {
        let vector = all["vectors"].as_array().unwrap().iter().find(|vector| vector["name"] == name).unwrap();
        sample(vector).with(|head| parse(head).unwrap().session_token.unwrap().expose().clone())
    };
    assert_eq!(token("session token"), "FwoGZXIvYXdzE//////////+a==");
    assert_eq!(token("presigned with token and header"), "a/b+c==");
}

#[test]
fn published_example_of_a_derived_key_holds() {
    let scope = Scope { date: "20120215".into(), region: "us-east-1".into(), service: "iam".into() };
    let key = SigningKey::derive(SECRET, &scope);
    assert_eq!(hex::encode(key.expose()), "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
}

fn text(vector: &Value, name: &str) -> String {
    vector[name].as_str().unwrap().to_owned()
}
