//! What is read from environment files, and what is said where that is not possible.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use berth_api::acs::{Container, EnvironmentFile, Hidden};
use berth_wire::Sensitive;

use super::format::{Place, merge, read};
use super::{S3Settings, variables};

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn files_are_read_as_ecs_reads_them() {
    let text = "# a comment\nA=1\r\nB=two = 2\n  C = \"quoted\" \n#D=no\nE=\n=F\nnothing\n\n H#=#\n";
    assert_eq!(read(text), [("A", "1"), ("B", "two = 2"), ("  C ", " \"quoted\" "), (" H#", "#")]);
}

#[test]
fn the_definition_comes_first_and_an_earlier_file_before_a_later_one() {
    let mut variables = map(&[("A", "definition")]);
    merge(&mut variables, &["A=file\nB=first\n".to_owned(), "B=second\nC=second\n".to_owned()]);
    assert_eq!(variables, map(&[("A", "definition"), ("B", "first"), ("C", "second")]));
}

#[test]
fn arns_name_a_bucket_and_a_key() {
    let place = |bucket: &str, key: &str| Some(Place { bucket: bucket.to_owned(), key: key.to_owned() });
    assert_eq!(Place::of("arn:aws:s3:::my.bucket-1/a/b.env"), place("my.bucket-1", "a/b.env"));
    assert_eq!(Place::of("arn:aws-cn:s3:::bucket/x.env"), place("bucket", "x.env"));
    for wrong in
        ["s3://bucket/key", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/", "arn:aws:s3:::../key", "arn:aws:s3:::a@b/key", ""]
    {
        assert_eq!(Place::of(wrong), None, "{wrong}");
    }
}

/// Answers one request after the other with these, and returns what was asked.
fn store(answers: Vec<String>) -> (Arc<S3Settings>, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            asked.push(String::from_utf8(head).unwrap());
            // It may have heard enough.
            let _ = stream.write_all(answer.as_bytes());
        }
        asked
    };
    let settings = S3Settings {
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: Sensitive::new("a secret".to_owned()),
        path_style: true,
    };
    (Arc::new(settings), thread::spawn(serve))
}

fn answer(status: &str, length: usize, body: &str) -> String {
    let date = "Last-Modified: Fri, 20 Nov 2026 10:00:00 GMT\r\nETag: \"1\"";
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{date}\r\nConnection: close\r\n\r\n{body}")
}

fn container(arns: &[&str]) -> Container {
    let file = |arn: &&str| EnvironmentFile { value: (*arn).to_owned(), r#type: "s3".to_owned() };
    Container {
        environment: Hidden(map(&[("A", "1")])),
        environment_files: arns.iter().map(file).collect(),
        ..Container::default()
    }
}

const ARN: &str = "arn:aws:s3:::bucket/folder/x.env";

async fn refused(answers: Vec<String>) -> String {
    let (settings, serving) = store(answers);
    let error = variables(Some(&settings), &container(&[ARN])).await.unwrap_err();
    serving.join().unwrap();
    assert!(error.starts_with(&format!("environment file {ARN}: ")), "{error}");
    error
}

#[tokio::test]
async fn a_file_is_asked_for_with_a_signature_and_its_variables_come_beside_the_definitions() {
    let body = "A=file\nB=2\n";
    let (settings, serving) = store(vec![answer("200 OK", body.len(), body)]);
    let found = variables(Some(&settings), &container(&[ARN])).await.unwrap();
    assert_eq!(found, map(&[("A", "1"), ("B", "2")]));
    let asked = serving.join().unwrap().remove(0);
    assert!(asked.starts_with("GET /bucket/folder/x.env HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_ascii_lowercase().contains("authorization: aws4-hmac-sha256 credential=akidexample/"), "{asked}");
}

#[tokio::test]
async fn what_a_store_refuses_or_sends_too_much_of_is_said() {
    let none = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>";
    assert!(refused(vec![answer("404 Not Found", none.len(), none)]).await.contains("folder/x.env"));
    let denied = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>";
    assert!(refused(vec![answer("403 Forbidden", denied.len(), denied)]).await.contains("AccessDenied"));
    assert!(refused(vec![answer("200 OK", 2 << 20, "")]).await.contains("more than 1048576 bytes"));
}

#[tokio::test]
async fn a_node_without_a_store_says_what_to_configure() {
    let error = variables(None, &container(&[ARN])).await.unwrap_err();
    assert!(error.contains("[s3]") && error.contains("DATA/node.toml") && error.contains("environmentFiles"), "{error}");
    assert_eq!(variables(None, &container(&[])).await.unwrap(), map(&[("A", "1")]));
}

#[tokio::test]
async fn what_is_no_object_is_not_asked_for() {
    let (settings, serving) = store(Vec::new());
    for arn in ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/a/../b.env"] {
        let error = variables(Some(&settings), &container(&[arn])).await.unwrap_err();
        assert!(error.contains(arn), "{error}");
    }
    let many: Vec<&str> = std::iter::repeat_n(ARN, 11).collect();
    assert!(variables(Some(&settings), &container(&many)).await.unwrap_err().contains("at most 10"));
    serving.join().unwrap();
}
