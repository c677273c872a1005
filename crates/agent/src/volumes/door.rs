//! What the agent's socket is asked about volumes, and what it answers.

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use super::shelf::{RemoveVolumeError, Shelf};
use crate::images::answer::{Answer, Problem, json, problem, refused};

/// Answers a request for `/volumes`.
pub(crate) async fn answer(shelf: &Shelf, method: &Method, query: &str) -> Answer {
    match *method {
        Method::GET => match shelf.list().await {
            Ok(listed) => json(StatusCode::OK, &listed),
            Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        },
        Method::DELETE => match named(query) {
            Some(name) => remove(shelf, name).await,
            None => refused(StatusCode::BAD_REQUEST, "which one? ?name=NAME is missing"),
        },
        _ => refused(StatusCode::METHOD_NOT_ALLOWED, "volumes are listed or removed: GET, DELETE"),
    }
}

async fn remove(shelf: &Shelf, name: String) -> Answer {
    let Err(refusal) = shelf.remove(name).await else { return json(StatusCode::OK, &serde_json::Map::new()) };
    let error = refusal.to_string();
    match refusal {
        RemoveVolumeError::Absent(_) => refused(StatusCode::NOT_FOUND, &error),
        RemoveVolumeError::InUse { tasks, .. } => problem(StatusCode::CONFLICT, &Problem { error, in_use_by: tasks }),
        RemoveVolumeError::Volume(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

fn named(query: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("name="))?;
    percent_decode_str(value).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
