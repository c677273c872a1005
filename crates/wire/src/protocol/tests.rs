use super::*;
use crate::service::{Protocol, Service};
use crate::shape::Shape;
use crate::test_shapes::{BROKEN, JSON, QUERY, REST, Whole};

fn text(body: Vec<u8>) -> String {
    String::from_utf8(body).unwrap()
}

fn sample() -> Whole {
    Whole { name: "a".into(), count: Some(1), ..Whole::default() }
}

fn there_and_back(service: &Service) {
    let operation = service.operation("DoWhole").unwrap();
    let request = write_request(service, operation, &|at, to| sample().write(at, to)).unwrap();
    let mut arrived = Whole::default();
    let missing = read_request(service, operation, &request.body, &mut |at, from| {
        arrived = Whole::read(at, from)?;
        Ok(())
    });
    assert!(missing.unwrap().is_empty());
    assert_eq!(arrived, sample());
    let answer = write_response(service, operation, "id", &|at, to| arrived.write(at, to)).unwrap();
    let mut returned = Whole::default();
    read_response(service, operation, &answer.body, &mut |at, from| {
        returned = Whole::read(at, from)?;
        Ok(())
    })
    .unwrap();
    assert_eq!(returned, sample());
}

#[test]
fn calls_go_there_and_back_in_every_protocol() {
    there_and_back(&JSON);
    there_and_back(&QUERY);
}

#[test]
fn json_messages_look_like_awss() {
    let operation = JSON.operation("DoWhole").unwrap();
    let request = write_request(&JSON, operation, &|at, to| sample().write(at, to)).unwrap();
    assert_eq!(request.headers, [("x-amz-target", "SampleV20141113.DoWhole".to_owned())]);
    assert_eq!(request.content_type, "application/x-amz-json-1.1");
    assert_eq!(text(request.body), r#"{"Count":1,"Name":"a"}"#);
    let nothing = JSON.operation("DoNothing").unwrap();
    let answer = write_response(&JSON, nothing, "id", &|at, to| to.structure(at, &mut |_| {})).unwrap();
    assert_eq!((answer.status, text(answer.body)), (200, "{}".to_owned()));
    let answer = write_response(&JSON, nothing, "id", &|_, _| {}).unwrap();
    assert_eq!(text(answer.body), "{}");
}

#[test]
fn query_messages_look_like_awss() {
    let namespace = "xmlns=\"https://sample.example/doc/2014-11-13/\"";
    let answer = write_response(&QUERY, QUERY.operation("DoWhole").unwrap(), "id", &|at, to| sample().write(at, to));
    let expected = format!(
        "<DoWholeResponse {namespace}><DoWholeResult><Count>1</Count><Name>a</Name></DoWholeResult>\
         <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DoWholeResponse>"
    );
    assert_eq!(text(answer.unwrap().body), expected);
    let nothing = QUERY.operation("DoNothing").unwrap();
    let answer = write_response(&QUERY, nothing, "id", &|at, to| to.structure(at, &mut |_| {})).unwrap();
    let expected = format!(
        "<DoNothingResponse {namespace}><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DoNothingResponse>"
    );
    assert_eq!((answer.content_type, text(answer.body)), ("text/xml", expected));
}

#[test]
fn errors_carry_code_message_and_detail() {
    let error = ErrorAnswer::of(&BROKEN, "it <broke>");
    let detail = |to: &mut dyn ShapeWriter| to.integer(&crate::test_shapes::WHOLE_MEMBERS[1], 7);
    let json = write_error(Some(&JSON), Protocol::AwsJson11, "id", &error, Some(&detail)).unwrap();
    assert_eq!(json.status, 500);
    assert_eq!(text(json.body.clone()), r#"{"__type":"InternalFailure","message":"it <broke>","Count":7}"#);
    let xml = write_error(None, Protocol::Query, "id", &error, Some(&detail)).unwrap();
    assert_eq!(
        text(xml.body.clone()),
        "<ErrorResponse><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>it &lt;broke&gt;</Message>\
         <Count>7</Count></Error><RequestId>id</RequestId></ErrorResponse>"
    );
    for (protocol, body, request_id) in
        [(Protocol::AwsJson11, json.body, None), (Protocol::Query, xml.body, Some("id".to_owned()))]
    {
        let read = read_error(protocol, 500, None, &body);
        let code = "InternalFailure".to_owned();
        assert_eq!(read, RemoteError { status: 500, code, message: "it <broke>".into(), request_id });
    }
}

#[test]
fn foreign_errors_are_understood_as_far_as_possible() {
    let code = |protocol, header, body: &str| {
        let error = read_error(protocol, 400, header, body.as_bytes());
        format!("{} {}", error.code, error.message)
    };
    let json = Protocol::AwsJson11;
    assert_eq!(code(json, None, r#"{"__type":"com.amazonaws.ecs#NotFound","Message":"m"}"#), "NotFound m");
    assert_eq!(code(json, None, r#"{"code":"Odd","message":1}"#), "Odd ");
    assert_eq!(code(json, Some("Throttled:http://x/"), r#"{"message":"m"}"#), "Throttled m");
    assert_eq!(code(json, None, "<html>no</html>"), "400 ");
    assert_eq!(code(Protocol::Query, None, "{}"), "400 ");
    let ec2 = "<Response><Errors><Error><Code>C</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>";
    assert_eq!(code(Protocol::Ec2Query, None, ec2), "C m");
}

#[test]
fn protocols_without_codec_are_named() {
    let operation = REST.operation("DoWhole").unwrap();
    let unsupported = Unsupported(Protocol::RestJson);
    assert_eq!(write_request(&REST, operation, &|_, _| {}).unwrap_err(), unsupported);
    assert_eq!(write_response(&REST, operation, "id", &|_, _| {}).unwrap_err(), unsupported);
    assert_eq!(read_request(&REST, operation, b"", &mut |_, _| Ok(())).unwrap_err(), unsupported.into());
    assert_eq!(read_response(&REST, operation, b"", &mut |_, _| Ok(())).unwrap_err(), unsupported.into());
    let error = ErrorAnswer::of(&BROKEN, "");
    assert_eq!(write_error(None, Protocol::RestJson, "id", &error, None).unwrap_err(), unsupported);
}
