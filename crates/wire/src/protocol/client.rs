//! Requests out, answers in.

use super::{CodecError, FORM, JSON_1_0, JSON_1_1, ReadShape, RemoteError, Unsupported, WriteShape};
use crate::json::{JsonReader, JsonWriter};
use crate::missing::Missing;
use crate::query::{Element, FormWriter, XmlReader};
use crate::service::{Operation, Protocol, Service};

/// A request, but for host, date and signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// Headers beyond that.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Writes a call of an operation.
///
/// # Errors
/// The protocol is not spoken.
pub fn write_request(service: &Service, operation: &'static Operation, write: WriteShape<'_>) -> Result<Request, Unsupported> {
    let request = |content_type, headers, body| Request { method: "POST", path: "/", content_type, headers, body };
    let json = |content_type| {
        let mut writer = JsonWriter::new();
        write(&operation.input, &mut writer);
        let body = writer.into_bytes();
        let target = format!("{}.{}", service.target_prefix, operation.name);
        let body = if body.is_empty() { b"{}".to_vec() } else { body };
        request(content_type, vec![("x-amz-target", target)], body)
    };
    match service.protocol {
        Protocol::AwsJson10 => Ok(json(JSON_1_0)),
        Protocol::AwsJson11 => Ok(json(JSON_1_1)),
        Protocol::Query => {
            let mut writer = FormWriter::new(operation.name, service.api_version);
            write(&operation.input, &mut writer);
            Ok(request(FORM, Vec::new(), writer.into_bytes()))
        }
        protocol => Err(Unsupported(protocol)),
    }
}

/// Reads a successful answer. A service that leaves required members out is not refused: the result names them.
///
/// # Errors
/// The protocol is not spoken, or the document is broken.
pub fn read_response(
    service: &Service,
    operation: &'static Operation,
    body: &[u8],
    read: ReadShape<'_>,
) -> Result<Missing, CodecError> {
    match service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            let mut reader = JsonReader::new(body);
            read(&operation.output, &mut reader)?;
            Ok(reader.finish()?)
        }
        Protocol::Query => {
            let document = Element::parse(body)?;
            let empty = Element::default();
            let result = match operation.result_wrapper {
                Some(wrapper) => document.child(wrapper).unwrap_or(&empty),
                None => &document,
            };
            let mut reader = XmlReader::new(result);
            read(&operation.output, &mut reader)?;
            Ok(reader.finish())
        }
        protocol => Err(Unsupported(protocol).into()),
    }
}

/// Reads an answer that is no success: whatever the body says, as far as it says anything. `error_type` is the header
/// `x-amzn-errortype`.
#[must_use]
pub fn read_error(protocol: Protocol, status: u16, error_type: Option<&str>, body: &[u8]) -> RemoteError {
    let (code, message, request_id) = match protocol {
        Protocol::Query | Protocol::Ec2Query => xml_error(body),
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson => json_error(body),
        Protocol::RpcV2Cbor => (None, None, None),
    };
    let code = error_type.map(str::to_owned).or(code);
    RemoteError {
        status,
        code: code.map_or_else(|| status.to_string(), |code| bare_code(&code).to_owned()),
        message: message.unwrap_or_default(),
        request_id,
    }
}

/// What an error's body may say: code, message, request id.
type Said = (Option<String>, Option<String>, Option<String>);

fn json_error(body: &[u8]) -> Said {
    let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let first = |names: &[&str]| names.iter().find_map(|name| document.get(name)?.as_str()).map(str::to_owned);
    (first(&["__type", "code", "Code"]), first(&["message", "Message", "errorMessage"]), None)
}

fn xml_error(body: &[u8]) -> Said {
    let Ok(document) = Element::parse(body) else { return (None, None, None) };
    let error = document.child("Error").or_else(|| document.child("Errors")?.child("Error"));
    let text = |parent: Option<&Element<'_>>, name| Some(parent?.child(name)?.text().to_owned());
    let request_id = ["RequestId", "RequestID"].into_iter().find_map(|name| text(Some(&document), name));
    (text(error, "Code"), text(error, "Message"), request_id)
}

/// `ClusterNotFoundException` out of `com.amazonaws.ecs#ClusterNotFoundException` or `ClusterNotFoundException:http://...`.
fn bare_code(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).trim()
}
