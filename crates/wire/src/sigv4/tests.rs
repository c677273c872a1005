mod properties;
mod rules;
mod vectors;

use super::*;
use crate::shape::{Sensitive, Timestamp};

/// 2026-01-31T12:00:00Z.
const NOW: Timestamp = Timestamp(1_769_860_800_000);
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request that owns its parts.
#[derive(Debug, Clone)]
struct Sample {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sample {
    fn new() -> Self {
        let headers = [("Host", "127.0.0.1:7300"), ("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "T.Op")];
        Self {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(),
            body: b"{}".to_vec(),
        }
    }

    fn with<T>(&self, use_head: impl FnOnce(&Head<'_>) -> T) -> T {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        use_head(&Head { method: &self.method, path: &self.path, query: &self.query, headers: &headers })
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    fn remove(&mut self, name: &str) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    fn header(&self, name: &str) -> String {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).unwrap();
        String::from_utf8(found.1.clone()).unwrap()
    }

    fn signed(mut self, credentials: &Credentials, path: PathStyle) -> Self {
        let scope = Scope::at(NOW, "us-east-1", "ecs");
        for (name, value) in self.with(|head| sign(head, &self.body, credentials, &scope, path, NOW)) {
            self.set(name, &value);
        }
        self
    }

    fn presigned(mut self, credentials: &Credentials, path: PathStyle, expires: u32) -> Self {
        let scope = Scope::at(NOW, "us-east-1", "ecs");
        self.method = "GET".to_owned();
        self.body.clear();
        self.query = self.with(|head| presign(head, credentials, &scope, path, expires, NOW));
        self
    }

    fn check(&self, rules: Rules, now: Timestamp) -> Result<Presented, SignatureError> {
        self.with(|head| {
            let presented = parse(head)?;
            let key = SigningKey::derive(SECRET, &presented.scope);
            verify(&presented, head, &self.body, &key, rules, now)?;
            Ok(presented)
        })
    }
}

fn credentials() -> Credentials {
    Credentials { key_id: "AKIDEXAMPLE".to_owned(), secret: Sensitive::new(SECRET.to_owned()), session_token: None }
}
