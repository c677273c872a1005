//! The steps of a request to an AWS service, in order. Each either passes on or ends the request with a [`Failure`].

use std::collections::BTreeSet;
use std::sync::Arc;

use berth_api::{Call, Events, Outcome, Request};
use berth_iam::{Decision, Resource};
use berth_wire::protocol::{self, Answer};
use berth_wire::route::{self, DocumentPlace, RequestHead, Route};
use berth_wire::sigv4::{self, Head, Presented, SignatureError};
use berth_wire::{Missing, Protocol, Service, validate};
use bytes::Bytes;
use http::request::Parts;
use hyper::body::Incoming;

use crate::exchange::{Exchange, Step};
use crate::failure::Failure;
use crate::{Credential, Door, authenticator, body};

/// What a request came to.
#[derive(Debug)]
pub(crate) enum Answered {
    Whole(Answer),
    Events(Events),
}

/// Takes a request through all steps.
pub(crate) async fn run(door: &Door, exchange: &mut Exchange, parts: &Parts, incoming: Incoming) -> Result<Answered, Failure> {
    let headers = authenticator::headers(parts);
    let head = authenticator::head(parts, &headers);
    let presented = sigv4::parse(&head).map_err(|error| Failure::unsigned(spoken(&head), &error))?;
    let service = service(door, &presented).map_err(|failure| Failure { protocol: spoken(&head), ..failure })?;
    exchange.signed(service, &presented.scope.region);
    let unsigned = |error: SignatureError| Failure::signature(service, &error);
    // An unknown caller costs no body.
    let credential = door.authenticator.credential(&presented).map_err(unsigned)?;
    let limit = body_limit(service, &head_of(&head));
    let body = body::read(incoming, limit, door.limits.body_time).await.map_err(|error| Failure::body(service, error))?;
    exchange.done(Step::Read);

    door.authenticator.verify(&presented, &head, &body, &credential).map_err(unsigned)?;
    exchange.verified(&credential.caller);
    exchange.done(Step::Authenticate);

    let route = route::route(door.handlers.services(), service.signing_name, &head_of(&head), &body)
        .map_err(|error| Failure::route(&error))?;
    exchange.routed(route.operation);
    let (request, missing) = decode(door, &route, head.query, &body)?;
    let call = Call {
        request_id: Arc::clone(exchange.request_id()),
        region: presented.scope.region.as_str().into(),
        account: Arc::clone(&door.account),
        // A signature without it is refused.
        host: header(&head, "host").unwrap_or_default().into(),
        caller: Arc::clone(&credential.caller),
        received_at: authenticator::now(),
        began: exchange.began(),
    };
    exchange.done(Step::Decode);

    authorise(&route, &credential, &call, request.as_ref())?;
    exchange.done(Step::Authorise);
    check(&route, &missing, request.as_ref())?;
    exchange.done(Step::Validate);
    let outcome = dispatch(door, service, request, call).await?;
    exchange.done(Step::Run);
    let output = match outcome {
        Outcome::Document(output) => output,
        Outcome::Events(events) => return Ok(Answered::Events(events)),
    };
    let operation = route.operation;
    let answer = protocol::write_response(service, operation, exchange.request_id(), &|at, to| output.write(at, to))
        .map_err(|unsupported| Failure::internal(service, unsupported))?;
    exchange.done(Step::Encode);
    Ok(Answered::Whole(answer))
}

fn head_of<'a>(head: &Head<'a>) -> RequestHead<'a> {
    RequestHead {
        method: head.method,
        path: head.path,
        query: head.query,
        content_type: header(head, "content-type"),
        target: header(head, "x-amz-target"),
    }
}

fn header<'a>(head: &Head<'a>, name: &str) -> Option<&'a str> {
    head.headers.iter().find(|(known, _)| *known == name).and_then(|(_, value)| std::str::from_utf8(value).ok())
}

/// The protocol to refuse a request in whose service is not known: what it looks like.
fn spoken(head: &Head<'_>) -> Protocol {
    let form = head_of(head).content_type.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let names_action = head.query.split('&').any(|parameter| parameter.starts_with("Action="));
    if form || names_action { Protocol::Query } else { Protocol::AwsJson11 }
}

fn service(door: &Door, presented: &Presented) -> Result<&'static Service, Failure> {
    let name = presented.scope.service.as_str();
    let known = door.handlers.services().iter().find(|service| service.signing_name == name).copied();
    known.ok_or_else(|| Failure::route(&route::RouteError::UnknownService { signing_name: name.to_owned() }))
}

/// What the operation takes. For the query protocol the operation stands in the body: the largest of the service's.
fn body_limit(service: &'static Service, head: &RequestHead<'_>) -> usize {
    let named = head.target.and_then(|target| target.rsplit('.').next()).and_then(|name| service.operation(name));
    let largest = || service.operations.iter().map(|operation| operation.body_limit).max().unwrap_or_default();
    named.map_or_else(largest, |operation| operation.body_limit)
}

fn decode(door: &Door, route: &Route, query: &str, body: &Bytes) -> Result<(Box<dyn Request>, Missing), Failure> {
    let Route { service, operation, .. } = *route;
    let Some(handler) = door.handlers.handler(service) else {
        return Err(Failure::route(&route::RouteError::UnknownService { signing_name: service.signing_name.to_owned() }));
    };
    let document = match route.document {
        DocumentPlace::Body => body,
        DocumentPlace::QueryString => query.as_bytes(),
    };
    let mut request = None;
    let missing = protocol::read_request(service, operation, document, &mut |_, from| {
        request = Some(handler.read(operation, from)?);
        Ok(())
    })
    .map_err(|error| Failure::document(service, &error))?;
    match request {
        Some(request) => Ok((request, missing)),
        None => Err(Failure::internal(service, "the codec did not read the document")),
    }
}

fn authorise(route: &Route, credential: &Credential, call: &Call, request: &dyn Request) -> Result<(), Failure> {
    let own = route.operation.access.action;
    let targets = request.access(call);
    let others: BTreeSet<&str> = targets.iter().filter_map(|target| target.action).collect();
    for action in std::iter::once(own).chain(others) {
        let resources = targets.iter().filter(|target| target.action.unwrap_or(own) == action);
        let resources = resources.map(|target| Resource { arn: &target.arn, context: &target.context });
        if let Decision::Denied { resource, reason } = berth_iam::decide(&credential.principal, action, resources) {
            let caller = &credential.caller.arn;
            let message =
                format!("User: {caller} is not authorized to perform: {action} on resource: {resource} because {reason}");
            return Err(Failure::denied(route.service, message));
        }
    }
    Ok(())
}

fn check(route: &Route, missing: &Missing, request: &dyn Request) -> Result<(), Failure> {
    let violations = validate::violations(&route.operation.input, missing, &|_, to| request.write(to));
    if violations.is_empty() {
        return Ok(());
    }
    Err(Failure::invalid(route.service, validate::message(&violations)))
}

/// Runs the operation as a task of its own: it ends as it would even if the caller hangs up, and a bug in it ends nothing else.
async fn dispatch(door: &Door, service: &'static Service, request: Box<dyn Request>, call: Call) -> Result<Outcome, Failure> {
    let running = tokio::spawn(request.run(call));
    match tokio::time::timeout(door.limits.operation_time, running).await {
        Ok(Ok(outcome)) => outcome.map_err(|refusal| Failure::refusal(service, refusal)),
        Ok(Err(panicked)) => Err(Failure::internal(service, panicked)),
        Err(elapsed) => Err(Failure::internal(service, elapsed)),
    }
}
