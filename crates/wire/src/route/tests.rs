use super::*;
use crate::test_shapes::{JSON, QUERY, REST};

static SERVICES: [&Service; 3] = [&JSON, &QUERY, &REST];

const JSON_HEAD: RequestHead<'_> = RequestHead {
    method: "POST",
    path: "/",
    query: "",
    content_type: Some("application/x-amz-json-1.1"),
    target: Some("SampleV20141113.DoWhole"),
};
const FORM_HEAD: RequestHead<'_> =
    RequestHead { content_type: Some("application/x-www-form-urlencoded; charset=utf-8"), target: None, ..JSON_HEAD };

fn to(signing_name: &str, head: RequestHead<'_>, body: &str) -> Result<(&'static str, DocumentPlace), RouteError> {
    route(&SERVICES, signing_name, &head, body.as_bytes()).map(|route| (route.operation.name, route.document))
}

fn refusal(signing_name: &str, head: RequestHead<'_>, body: &str) -> (String, &'static str, u16, Protocol) {
    let error = to(signing_name, head, body).unwrap_err();
    let (code, status) = error.aws_code();
    (error.to_string(), code, status, error.protocol())
}

#[test]
fn target_names_a_json_operation() {
    assert_eq!(to("sample", JSON_HEAD, "{}"), Ok(("DoWhole", DocumentPlace::Body)));
    let older = RequestHead { content_type: Some("application/x-amz-json-1.0; charset=utf-8"), ..JSON_HEAD };
    assert_eq!(to("sample", older, "{}"), Ok(("DoWhole", DocumentPlace::Body)));
}

#[test]
fn another_path_is_no_operation() {
    let lost = RequestHead { path: "/nowhere", ..JSON_HEAD };
    let (message, code, status, _) = refusal("sample", lost, "{}");
    assert_eq!((code, status), ("UnknownOperationException", 400));
    assert!(message.contains("DoWhole at /nowhere"), "{message}");
}

#[test]
fn action_names_a_query_operation() {
    let body = "Version=2014-11-13&Action=Do%57hole&Name=x";
    assert_eq!(to("form", FORM_HEAD, body), Ok(("DoWhole", DocumentPlace::Body)));
    assert_eq!(to("form", FORM_HEAD, "Action=DoNothing"), Ok(("DoNothing", DocumentPlace::Body)));
    let get = RequestHead { method: "GET", query: body, content_type: None, ..FORM_HEAD };
    assert_eq!(to("form", get, ""), Ok(("DoWhole", DocumentPlace::QueryString)));
    let post = RequestHead { query: body, content_type: None, ..FORM_HEAD };
    assert_eq!(to("form", post, ""), Ok(("DoWhole", DocumentPlace::QueryString)));
}

#[test]
fn unknown_services_and_operations_are_named() {
    let (text, code, status, _) = refusal("s3", JSON_HEAD, "");
    assert_eq!(
        (text.as_str(), code, status),
        ("The service s3 is not available at this endpoint.", "UnknownEndpointException", 404)
    );
    for (target, name) in [("SampleV20141113.Fly", "Fly"), ("Other.DoWhole", "Other.DoWhole"), ("", ""), ("DoWhole", "DoWhole")] {
        let head = RequestHead { target: Some(target), ..JSON_HEAD };
        let expected = format!("The operation {name} of sample does not exist.");
        assert_eq!(refusal("sample", head, "{}"), (expected, "UnknownOperationException", 400, Protocol::AwsJson11));
    }
    let expected = "The operation Fly of form does not exist in version 2014-11-13.".to_owned();
    let error = refusal("form", FORM_HEAD, "Action=Fly&Version=2014-11-13");
    assert_eq!(error, (expected, "InvalidAction", 400, Protocol::Query));
    let (text, ..) = refusal("form", FORM_HEAD, "Action=DoWhole&Version=1999-01-01");
    assert_eq!(text, "The operation DoWhole of form does not exist in version 1999-01-01.");
}

#[test]
fn requests_that_name_no_operation_are_refused() {
    let (_, code, status, _) = refusal("sample", RequestHead { target: None, ..JSON_HEAD }, "{}");
    assert_eq!((code, status), ("UnknownOperationException", 400));
    let (_, code, ..) = refusal("form", FORM_HEAD, "Version=2014-11-13");
    assert_eq!(code, "MissingAction");
}

#[test]
fn method_and_content_type_must_fit() {
    assert_eq!(refusal("sample", RequestHead { method: "GET", ..JSON_HEAD }, "{}").2, 405);
    assert_eq!(refusal("form", RequestHead { method: "PUT", ..FORM_HEAD }, "").2, 405);
    for content_type in [None, Some("application/json"), Some("text/plain")] {
        assert_eq!(refusal("sample", RequestHead { content_type, ..JSON_HEAD }, "{}").1, "SerializationException");
        assert_eq!(refusal("form", RequestHead { content_type, ..FORM_HEAD }, "Action=DoWhole").1, "SerializationException");
    }
}

#[test]
fn protocols_without_codec_are_named() {
    let expected = "The RestJson protocol of rest is not spoken by this endpoint yet.".to_owned();
    assert_eq!(refusal("rest", JSON_HEAD, ""), (expected, "NotImplementedException", 501, Protocol::AwsJson11));
}

#[test]
fn long_names_are_cut() {
    let target = format!("SampleV20141113.{}", "x".repeat(10_000));
    let (text, ..) = refusal("sample", RequestHead { target: Some(&target), ..JSON_HEAD }, "{}");
    assert!(text.len() < 400);
}
