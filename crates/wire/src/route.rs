//! Which operation of which service a request calls.
//!
//! Never here: permissions, and whether a service can do the operation; it only has to be modelled.

use percent_encoding::percent_decode_str;

use crate::service::{Operation, Protocol, Service};

#[cfg(test)]
mod tests;

/// What routing looks at. All of it as it stands on the wire.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestHead<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The query string without the question mark; empty if there is none.
    pub query: &'a str,
    /// The value of `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The value of `X-Amz-Target`.
    pub target: Option<&'a str>,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The service.
    pub service: &'static Service,
    /// The operation.
    pub operation: &'static Operation,
    /// Where the request's document is.
    pub document: DocumentPlace,
}

/// Where a request's document is: what to hand to [`crate::protocol::read_request`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentPlace {
    /// The body.
    Body,
    /// The query string: the query protocol over GET.
    QueryString,
}

/// Why a request goes nowhere. The message goes to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// No service of that signing name is here.
    #[error("The service {signing_name} is not available at this endpoint.")]
    UnknownService {
        /// The name in the signature's scope.
        signing_name: String,
    },
    /// A JSON service was called without `X-Amz-Target`.
    #[error("The request has no X-Amz-Target header: it names no operation.")]
    MissingTarget {
        /// The protocol to answer in.
        protocol: Protocol,
    },
    /// A query service was called without `Action`.
    #[error("The request has no Action parameter: it names no operation.")]
    MissingAction,
    /// The service has no operation of that name.
    #[error("The operation {name} of {signing_name} does not exist{}.", version(.api_version))]
    UnknownOperation {
        /// The name in the signature's scope.
        signing_name: String,
        /// What the request asks for, cut to 256 characters.
        name: String,
        /// The API version that it asks for, in the query protocol.
        api_version: Option<String>,
        /// The protocol to answer in.
        protocol: Protocol,
    },
    /// The operation exists, but not with this method.
    #[error("The method {method} is not allowed for this operation.")]
    Method {
        /// The method.
        method: String,
        /// The protocol to answer in.
        protocol: Protocol,
    },
    /// The body is of another content type.
    #[error("The content type {content_type:?} is not that of the service's protocol.")]
    ContentType {
        /// The content type; empty if there is none.
        content_type: String,
        /// The protocol to answer in.
        protocol: Protocol,
    },
    /// The service's protocol is not spoken yet.
    #[error("The {protocol:?} protocol of {signing_name} is not spoken by this endpoint yet.")]
    Unsupported {
        /// The name in the signature's scope.
        signing_name: String,
        /// The protocol.
        protocol: Protocol,
    },
}

impl RouteError {
    /// The code and HTTP status that AWS answers with.
    #[must_use]
    pub const fn aws_code(&self) -> (&'static str, u16) {
        match self {
            Self::UnknownService { .. } => ("UnknownEndpointException", 404),
            Self::MissingAction => ("MissingAction", 400),
            Self::UnknownOperation { protocol: Protocol::Query, .. } => ("InvalidAction", 400),
            Self::UnknownOperation { .. } | Self::MissingTarget { .. } => ("UnknownOperationException", 400),
            Self::Method { .. } => ("MethodNotAllowed", 405),
            Self::ContentType { .. } => ("SerializationException", 400),
            Self::Unsupported { .. } => ("NotImplementedException", 501),
        }
    }

    /// The protocol to answer in: JSON where nothing better is known.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::UnknownService { .. } | Self::Unsupported { .. } => Protocol::AwsJson11,
            Self::MissingAction => Protocol::Query,
            Self::MissingTarget { protocol }
            | Self::UnknownOperation { protocol, .. }
            | Self::Method { protocol, .. }
            | Self::ContentType { protocol, .. } => *protocol,
        }
    }
}

/// Finds the operation that a request calls. Several services may share a signing name: they differ in target prefix or in API
/// version.
///
/// # Errors
/// The request calls nothing that is modelled, or not in the way it has to be called.
pub fn route(
    services: &[&'static Service],
    signing_name: &str,
    head: &RequestHead<'_>,
    body: &[u8],
) -> Result<Route, RouteError> {
    let mut named = services.iter().copied().filter(|service| service.signing_name == signing_name).peekable();
    let Some(first) = named.peek().copied() else {
        return Err(RouteError::UnknownService { signing_name: cut(signing_name) });
    };
    let (json, rest): (Vec<_>, Vec<_>) =
        named.partition(|service| matches!(service.protocol, Protocol::AwsJson10 | Protocol::AwsJson11));
    let query: Vec<_> = rest.into_iter().filter(|service| service.protocol == Protocol::Query).collect();
    let route = match (json.first(), head.target) {
        (Some(first), Some(target)) => by_target(&json, first, target, head),
        (Some(first), None) if query.is_empty() => Err(RouteError::MissingTarget { protocol: first.protocol }),
        _ if !query.is_empty() => by_action(&query, head, body),
        _ => Err(RouteError::Unsupported { signing_name: first.signing_name.to_owned(), protocol: first.protocol }),
    }?;
    if head.path == route.operation.http_path {
        return Ok(route);
    }
    Err(RouteError::UnknownOperation {
        signing_name: route.service.signing_name.to_owned(),
        name: cut(&format!("{} at {}", route.operation.name, head.path)),
        api_version: None,
        protocol: route.service.protocol,
    })
}

/// The awsJson protocols: `X-Amz-Target: Prefix.Operation`.
fn by_target(
    services: &[&'static Service],
    first: &'static Service,
    target: &str,
    head: &RequestHead<'_>,
) -> Result<Route, RouteError> {
    let (prefix, name) = target.rsplit_once('.').unwrap_or((target, ""));
    let service = services.iter().find(|service| service.target_prefix == prefix);
    let found = service.and_then(|service| Some((*service, service.operation(name)?)));
    let Some((service, operation)) = found else {
        return Err(RouteError::UnknownOperation {
            signing_name: first.signing_name.to_owned(),
            name: cut(if service.is_some() { name } else { target }),
            api_version: None,
            protocol: first.protocol,
        });
    };
    let protocol = service.protocol;
    if head.method != "POST" {
        return Err(RouteError::Method { method: cut(head.method), protocol });
    }
    // Clients of one version of the protocol and services of the other understand each other.
    if !matches!(media_type(head), "application/x-amz-json-1.0" | "application/x-amz-json-1.1") {
        return Err(RouteError::ContentType { content_type: cut(media_type(head)), protocol });
    }
    Ok(Route { service, operation, document: DocumentPlace::Body })
}

/// The query protocol: parameters `Action` and `Version`, in the body or in the query string.
fn by_action(services: &[&'static Service], head: &RequestHead<'_>, body: &[u8]) -> Result<Route, RouteError> {
    let protocol = Protocol::Query;
    let document = match head.method {
        "POST" if parameter(head.query.as_bytes(), "Action").is_none() => DocumentPlace::Body,
        "GET" | "POST" => DocumentPlace::QueryString,
        method => return Err(RouteError::Method { method: cut(method), protocol }),
    };
    let form = match document {
        DocumentPlace::Body => body,
        DocumentPlace::QueryString => head.query.as_bytes(),
    };
    if document == DocumentPlace::Body && media_type(head) != "application/x-www-form-urlencoded" {
        return Err(RouteError::ContentType { content_type: cut(media_type(head)), protocol });
    }
    let name = parameter(form, "Action").ok_or(RouteError::MissingAction)?;
    let api_version = parameter(form, "Version");
    let of_version = |service: &&&Service| api_version.as_ref().is_none_or(|version| version == service.api_version);
    let found = services.iter().filter(of_version).find_map(|service| Some((*service, service.operation(&name)?)));
    let Some((service, operation)) = found else {
        let signing_name = services.first().map_or("", |service| service.signing_name).to_owned();
        let api_version = api_version.as_deref().map(cut);
        return Err(RouteError::UnknownOperation { signing_name, name: cut(&name), api_version, protocol });
    };
    Ok(Route { service, operation, document })
}

/// The value of a top-level parameter, the last one of that name; the form's other parameters are left alone.
fn parameter(form: &[u8], name: &str) -> Option<String> {
    let pairs = form.rsplit(|byte| *byte == b'&').filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='));
    let found = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()?;
    percent_decode_str(found).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// The content type without its parameters.
fn media_type<'a>(head: &RequestHead<'a>) -> &'a str {
    head.content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim()
}

/// What the caller sent, cut to what fits into a message.
fn cut(text: &str) -> String {
    text.chars().take(256).collect()
}

fn version(api_version: &Option<String>) -> String {
    api_version.as_ref().map_or_else(String::new, |version| format!(" in version {version}"))
}
