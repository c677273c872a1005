//! Everything that ends a request early, as one type, and its way onto the wire.

use std::error::Error;

use berth_api::{Detail, Refusal};
use berth_wire::protocol::{self, Answer, CodecError, ErrorAnswer};
use berth_wire::route::RouteError;
use berth_wire::sigv4::SignatureError;
use berth_wire::{ErrorShape, Fault, Protocol, ReadErrorKind, Service};

use crate::body::BodyError;

/// Why a request was not done.
pub(crate) struct Failure {
    pub(crate) service: Option<&'static Service>,
    pub(crate) protocol: Protocol,
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    pub(crate) fault: Fault,
    pub(crate) message: String,
    pub(crate) detail: Option<Detail>,
    /// For the log alone.
    pub(crate) cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    fn new(service: Option<&'static Service>, protocol: Protocol, (code, status): (&'static str, u16), message: String) -> Self {
        let fault = if status >= 500 { Fault::Server } else { Fault::Client };
        Self { service, protocol, code, status, fault, message, detail: None, cause: None }
    }

    fn modelled(service: &'static Service, error: &'static ErrorShape, message: String) -> Self {
        Self::new(Some(service), service.protocol, (error.code, error.status), message)
    }

    /// A request of which not even the service is known.
    pub(crate) fn unsigned(protocol: Protocol, error: &SignatureError) -> Self {
        Self::new(None, protocol, error.aws_code(protocol), error.to_string())
    }

    pub(crate) fn signature(service: &'static Service, error: &SignatureError) -> Self {
        Self::new(Some(service), service.protocol, error.aws_code(service.protocol), error.to_string())
    }

    pub(crate) fn route(error: &RouteError) -> Self {
        Self::new(None, error.protocol(), error.aws_code(), error.to_string())
    }

    pub(crate) fn body(service: &'static Service, error: BodyError) -> Self {
        let code = match error {
            BodyError::TooLarge { .. } => ("RequestEntityTooLargeException", 413),
            BodyError::TooSlow => ("RequestTimeoutException", 408),
            BodyError::Cut(_) => ("IncompleteBody", 400),
        };
        let mut failure = Self::new(Some(service), service.protocol, code, error.to_string());
        failure.cause = Some(Box::new(error));
        failure
    }

    /// A document that could not be read: AWS's protocol-level errors, with the place.
    pub(crate) fn document(service: &'static Service, error: &CodecError) -> Self {
        let code = match (error, service.protocol) {
            (CodecError::Unsupported(_), _) => ("UnknownOperationException", 404),
            (_, Protocol::Query | Protocol::Ec2Query) => ("MalformedInput", 400),
            _ => ("SerializationException", 400),
        };
        let message = match error {
            CodecError::Read(read) if matches!(read.kind, ReadErrorKind::Syntax { .. }) => {
                format!("The request is no valid document: {read}")
            }
            CodecError::Read(read) => read.to_string(),
            CodecError::Unsupported(unsupported) => unsupported.to_string(),
        };
        Self::new(Some(service), service.protocol, code, message)
    }

    pub(crate) fn denied(service: &'static Service, message: String) -> Self {
        Self::modelled(service, service.access_denied_error, message)
    }

    pub(crate) fn invalid(service: &'static Service, message: String) -> Self {
        Self::modelled(service, service.validation_error, message)
    }

    pub(crate) fn internal(service: &'static Service, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::refusal(service, Refusal::internal(service, cause))
    }

    pub(crate) fn refusal(service: &'static Service, refusal: Refusal) -> Self {
        let error = refusal.error();
        let (message, detail, cause) = refusal.into_parts();
        Self {
            service: Some(service),
            protocol: service.protocol,
            code: error.code,
            status: error.status,
            fault: error.fault,
            message,
            detail,
            cause,
        }
    }

    /// The answer that tells the caller.
    pub(crate) fn answer(&self, request_id: &str) -> Answer {
        let error = ErrorAnswer { code: self.code, status: self.status, fault: self.fault, message: &self.message };
        let members = self.detail.as_deref().map(|detail| detail as protocol::WriteMembers<'_>);
        protocol::write_error(self.service, self.protocol, request_id, &error, members).unwrap_or_else(|unsupported| Answer {
            status: self.status,
            content_type: "text/plain",
            headers: Vec::new(),
            body: unsupported.to_string().into_bytes(),
        })
    }
}
