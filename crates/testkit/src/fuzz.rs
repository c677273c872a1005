//! The bodies of the fuzz targets in `fuzz/`: each takes any bytes, and panics if something that must hold does not. A test
//! here runs them over the seeds in `fuzz/seeds` and over generated inputs, on stable and without a fuzzer.

mod agent_frames;
mod containers;
mod images;
mod logs;
mod value;

#[cfg(test)]
mod tests;

use berth_wire::protocol::{self, CodecError};
use berth_wire::query::{Element, Form, FormReader, FormWriter, XmlReader, XmlWriter};
use berth_wire::route::{RequestHead, route as find_route};
use berth_wire::sigv4::{self, Head, PathStyle, Rules, Scope, SigningKey};
use berth_wire::validate;
use berth_wire::{Member, Missing, Operation, Protocol, ReadError, Service, Shape, Timestamp};

pub use agent_frames::{acs_frame, tcs_frame};
pub use containers::{output_segment, shim_message};
pub use images::{archive, image, layer, manifest, reference};
pub use logs::{filter_pattern, insights_query};
use value::Value;

static SERVICES: [&Service; 3] = [&berth_api::ecs::SERVICE, &berth_api::logs::SERVICE, &berth_api::sts::SERVICE];
const NOW: Timestamp = Timestamp(1_769_860_800_000);

/// Parses an expression of the cluster query language; a refusal points into it.
pub fn cluster_query(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Err(refusal) = berth_plan::query::parse(text) {
        assert!(refusal.position <= text.chars().count(), "{refusal}");
    }
}

/// Reads a JSON request of the operation that the first two bytes choose; what was read is written, read again and the same.
pub fn json_reader(input: &[u8]) {
    let Some((service, operation, document)) = choose(input, |service| !service.target_prefix.is_empty()) else { return };
    let Ok((value, missing)) = read(service, operation, document) else { return };
    judge(&operation.input, &value, &missing);
    let written = protocol::write_request(service, operation, &|at, to| value.write(at, to)).map(|request| request.body);
    let again = read(service, operation, &written.unwrap_or_default()).map(|(again, _)| again);
    assert_eq!(again.as_ref(), Ok(&value), "what is written reads back");
}

/// Reads a form as the input of the operation that the first two bytes choose, whatever protocol its service speaks: the
/// codec knows schemas only, and ECS's are the richest.
pub fn query_form(input: &[u8]) {
    let Some((_, operation, document)) = choose(input, |_| true) else { return };
    let at = &operation.input;
    let read = |document: &[u8]| -> Result<(Value, Missing), ReadError> {
        let form = Form::parse(document)?;
        let mut reader = FormReader::new(&form);
        Ok((Value::read(at, &mut reader)?, reader.finish()))
    };
    if let Ok((value, missing)) = read(document) {
        judge(at, &value, &missing);
        let mut writer = FormWriter::new("Do", "2020-01-01");
        value.write(at, &mut writer);
        assert!(read(&writer.into_bytes()).is_ok(), "what is written can be read");
    }
}

/// Reads an XML answer as the output of the operation that the first two bytes choose, and the same bytes as an error.
pub fn xml_answer(input: &[u8]) {
    let Some((_, operation, document)) = choose(input, |_| true) else { return };
    let at = &operation.output;
    let read = |document: &[u8]| -> Result<Value, ReadError> { Value::read(at, &mut XmlReader::new(&Element::parse(document)?)) };
    if let Ok(value) = read(document) {
        let mut writer = XmlWriter::new();
        writer.element("Result", None, |to| value.write(at, to));
        assert!(read(&writer.into_bytes()).is_ok(), "what is written can be read");
    }
    let _ = protocol::read_error(Protocol::Query, 400, None, document);
}

/// Verifies a request with headers, given as lines: method, path, query string, headers, an empty line, the body.
pub fn sigv4_headers(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (method, path, query) = (line(), line(), line());
    let headers: Vec<(&str, &[u8])> =
        lines.map(|line| line.split_once(':').unwrap_or((line, ""))).map(|(name, value)| (name, value.as_bytes())).collect();
    verify(&Head { method, path, query, headers: &headers }, body.as_bytes());
}

/// Verifies a presigned request, given as its query string.
pub fn sigv4_presigned(input: &[u8]) {
    let query = String::from_utf8_lossy(input);
    verify(&Head { method: "GET", path: "/", query: &query, headers: &[("host", b"localhost")] }, b"");
}

/// Routes a request, given as lines: signing name, method, query string, content type, target, body.
pub fn route(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(6, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (signing_name, method, query, content_type, target) = (line(), line(), line(), line(), line());
    let body = line();
    let head = RequestHead { method, path: "/", query, content_type: present(content_type), target: present(target) };
    match find_route(&SERVICES, signing_name, &head, body.as_bytes()) {
        Ok(route) => assert_eq!(route.service.signing_name, signing_name, "a request stays with the service that signed it"),
        Err(error) => assert!(error.to_string().len() < 8192, "a message is short"),
    }
}

fn present(text: &str) -> Option<&str> {
    if text.is_empty() { None } else { Some(text) }
}

/// Checks a value against its schema; whatever it is, the message about it is short.
fn judge(at: &'static Member, value: &Value, missing: &Missing) {
    let violations = validate::violations(at, missing, &|at, to| value.write(at, to));
    assert!(validate::message(&violations).len() < 1 << 20, "a message about violations is short");
}

/// Splits an input into an operation and a document.
fn choose(input: &[u8], of: fn(&Service) -> bool) -> Option<(&'static Service, &'static Operation, &[u8])> {
    let ([service, operation], document) = input.split_first_chunk()?;
    let services: Vec<&'static Service> = SERVICES.into_iter().filter(|service| of(service)).collect();
    let service = services.get(usize::from(*service) % services.len().max(1))?;
    let operation = service.operations.get(usize::from(*operation) % service.operations.len().max(1))?;
    Some((service, operation, document))
}

fn read(service: &Service, operation: &'static Operation, document: &[u8]) -> Result<(Value, Missing), CodecError> {
    let mut value = Value::default();
    let missing = protocol::read_request(service, operation, document, &mut |at, from| {
        value = Value::read(at, from)?;
        Ok(())
    })?;
    Ok((value, missing))
}

/// Checks a request against a secret that no input knows: whatever it says, it is refused.
fn verify(head: &Head<'_>, body: &[u8]) {
    let Ok(presented) = sigv4::parse(head) else { return };
    assert!(presented.key_id.len() <= 128 && presented.signed_headers.len() <= 64, "parts keep their limits");
    let key = SigningKey::derive("a secret that stands in no input", &Scope::at(NOW, "us-east-1", "ecs"));
    for path in [PathStyle::Normalised, PathStyle::Verbatim] {
        let rules = Rules { path, unsigned_payload: true };
        let outcome = sigv4::verify(&presented, head, body, &key, rules, presented.timestamp);
        assert!(outcome.is_err(), "a signature without its secret");
    }
}
