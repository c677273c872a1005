//! What the socket is asked, and what it answers.

use berth_oci::Reference;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;

use super::answer::{Answer, Problem, json, problem, refused};
use super::library::Images;
use super::removal::RemoveError;
use super::{pull, upload};

/// What a query says.
#[derive(Debug, Default)]
struct Query {
    name: Option<Reference>,
    force: bool,
    all: bool,
}

/// Answers a request.
pub(super) async fn answer(images: &Images, request: Request<Incoming>) -> Answer {
    let query = match read(request.uri().query().unwrap_or_default()) {
        Ok(query) => query,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &Problem { error, ..Problem::default() }),
    };
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/images") => upload::answer(images.clone(), query.name, request.into_body()),
        (&Method::GET, "/images") => list(images.clone()).await,
        (&Method::DELETE, "/images") => remove(images.clone(), query).await,
        (&Method::GET, "/images/inspect") => inspect(images.clone(), query).await,
        (&Method::POST, "/images/pull") => match query.name {
            Some(name) => pull::answer(images.clone(), name),
            None => unnamed(),
        },
        (&Method::POST, "/images/prune") => prune(images.clone(), query.all).await,
        (_, "/images/inspect" | "/images/pull" | "/images/prune") => {
            refused(StatusCode::METHOD_NOT_ALLOWED, "images are inspected by GET, pulled and pruned by POST")
        }
        (_, "/images") => refused(StatusCode::METHOD_NOT_ALLOWED, "images are listed, imported or removed: GET, POST, DELETE"),
        _ => refused(StatusCode::NOT_FOUND, "there is /images here, /images/inspect, pull and prune, and /volumes"),
    }
}

async fn list(images: Images) -> Answer {
    match tokio::task::spawn_blocking(move || images.list()).await {
        Ok(Ok(listed)) => json(StatusCode::OK, &listed),
        Ok(Err(error)) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(_) => ending(),
    }
}

async fn remove(images: Images, query: Query) -> Answer {
    let Some(name) = query.name else { return unnamed() };
    match tokio::task::spawn_blocking(move || images.remove(&name, query.force)).await {
        Ok(Ok(())) => json(StatusCode::OK, &serde_json::Map::new()),
        Ok(Err(refusal)) => {
            let error = refusal.to_string();
            match refusal {
                RemoveError::Absent(_) => refused(StatusCode::NOT_FOUND, &error),
                RemoveError::InUse { tasks, .. } => problem(StatusCode::CONFLICT, &Problem { error, in_use_by: tasks }),
                RemoveError::Library(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error),
            }
        }
        Err(_) => ending(),
    }
}

fn read(query: &str) -> Result<Query, String> {
    let mut read = Query::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value).decode_utf8().map_err(|_| format!("{key} is no text"))?;
        match key {
            "name" => read.name = Some(value.parse().map_err(|error| format!("{error}"))?),
            "all" => read.all = value == "true",
            "force" => read.force = value == "true",
            _ => return Err(format!("nothing is known of {key}")),
        }
    }
    Ok(read)
}

async fn inspect(images: Images, query: Query) -> Answer {
    let Some(name) = query.name else { return unnamed() };
    let familiar = name.familiar();
    match tokio::task::spawn_blocking(move || images.inspect(&name)).await {
        Ok(Ok(Some(inspected))) => json(StatusCode::OK, &inspected),
        Ok(Ok(None)) => refused(StatusCode::NOT_FOUND, &RemoveError::Absent(familiar).to_string()),
        Ok(Err(error)) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(_) => ending(),
    }
}

async fn prune(images: Images, all: bool) -> Answer {
    match tokio::task::spawn_blocking(move || images.prune(all)).await {
        Ok(Ok(removed)) => json(StatusCode::OK, &removed),
        Ok(Err(error)) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(_) => ending(),
    }
}

fn unnamed() -> Answer {
    refused(StatusCode::BAD_REQUEST, "which one? ?name=REFERENCE is missing")
}

fn ending() -> Answer {
    refused(StatusCode::SERVICE_UNAVAILABLE, "the agent is ending")
}
