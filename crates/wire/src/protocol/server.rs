//! Requests in, answers out.

use super::{CodecError, ErrorAnswer, JSON_1_0, JSON_1_1, ReadShape, Unsupported, WriteMembers, WriteShape, XML};
use crate::json::{JsonReader, JsonWriter};
use crate::missing::Missing;
use crate::query::{Form, FormReader, XmlWriter};
use crate::service::{Fault, Operation, Protocol, Service};

/// An answer, but for the request id's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// Headers beyond that.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Reads a request's document: a JSON body, or the form wherever the request has it (see [`crate::route::Route::document`]).
///
/// # Errors
/// The protocol is not spoken, or the document is broken. Absent required members are no error but the result.
pub fn read_request(
    service: &Service,
    operation: &'static Operation,
    document: &[u8],
    read: ReadShape<'_>,
) -> Result<Missing, CodecError> {
    match service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            let mut reader = JsonReader::new(document);
            read(&operation.input, &mut reader)?;
            Ok(reader.finish()?)
        }
        Protocol::Query => {
            let form = Form::parse(document)?;
            let mut reader = FormReader::new(&form);
            read(&operation.input, &mut reader)?;
            Ok(reader.finish())
        }
        protocol => Err(Unsupported(protocol).into()),
    }
}

/// Writes an operation's successful answer.
///
/// # Errors
/// The protocol is not spoken.
pub fn write_response(
    service: &Service,
    operation: &'static Operation,
    request_id: &str,
    write: WriteShape<'_>,
) -> Result<Answer, Unsupported> {
    let body = match service.protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            let mut writer = JsonWriter::new();
            write(&operation.output, &mut writer);
            let body = writer.into_bytes();
            if body.is_empty() { b"{}".to_vec() } else { body }
        }
        Protocol::Query => {
            let mut writer = XmlWriter::new();
            writer.element(&format!("{}Response", operation.name), service.xml_namespace, |to| {
                match operation.result_wrapper {
                    Some(wrapper) => to.element(wrapper, None, |to| write(&operation.output, to)),
                    None => write(&operation.output, to),
                }
                to.element("ResponseMetadata", None, |to| to.leaf("RequestId", request_id));
            });
            writer.into_bytes()
        }
        protocol => return Err(Unsupported(protocol)),
    };
    Ok(Answer { status: 200, content_type: content_type(service.protocol)?, headers: Vec::new(), body })
}

/// Writes an error. `service` may be unknown, when a request did not get that far; `detail` writes the modelled error's
/// members other than its message.
///
/// # Errors
/// The protocol is not spoken.
pub fn write_error(
    service: Option<&Service>,
    protocol: Protocol,
    request_id: &str,
    error: &ErrorAnswer<'_>,
    detail: Option<WriteMembers<'_>>,
) -> Result<Answer, Unsupported> {
    let body = match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            let mut writer = JsonWriter::new();
            writer.object(|to| {
                to.text_member("__type", error.code);
                to.text_member("message", error.message);
                if let Some(detail) = detail {
                    detail(to);
                }
            });
            writer.into_bytes()
        }
        Protocol::Query => {
            let mut writer = XmlWriter::new();
            let namespace = service.and_then(|service| service.xml_namespace);
            writer.element("ErrorResponse", namespace, |to| {
                to.element("Error", None, |to| {
                    to.leaf("Type", if error.fault == Fault::Client { "Sender" } else { "Receiver" });
                    to.leaf("Code", error.code);
                    to.leaf("Message", error.message);
                    if let Some(detail) = detail {
                        to.members(detail);
                    }
                });
                to.leaf("RequestId", request_id);
            });
            writer.into_bytes()
        }
        protocol => return Err(Unsupported(protocol)),
    };
    Ok(Answer { status: error.status, content_type: content_type(protocol)?, headers: Vec::new(), body })
}

fn content_type(protocol: Protocol) -> Result<&'static str, Unsupported> {
    match protocol {
        Protocol::AwsJson10 => Ok(JSON_1_0),
        Protocol::AwsJson11 => Ok(JSON_1_1),
        Protocol::Query => Ok(XML),
        Protocol::Ec2Query | Protocol::RestJson | Protocol::RpcV2Cbor => Err(Unsupported(protocol)),
    }
}
