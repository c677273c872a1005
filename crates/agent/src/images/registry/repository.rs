//! A repository of a registry: requests with what they need to be let in.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use berth_oci::{Digest, Reference};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::sync::Semaphore;

use super::authorization::Authorization;
use super::challenge;
use super::error::{FetchError, Retried};
use super::patience::Patience;
use super::place::{Place, places};
use super::settings::{Registries, SettingsError};
use super::transport::{Transport, message};

/// Redirections of one request.
const MOST_REDIRECTIONS: usize = 5;
/// Repositories whose tokens are kept.
const MOST_REPOSITORIES: usize = 512;
/// Layers that come at the same time, over all images.
const MOST_DOWNLOADS: usize = 12;
/// Bytes of a manifest that has to be read to know its digest.
const LONGEST_MANIFEST: usize = 4 << 20;
/// What a manifest may be.
pub(super) const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// All registries, as one client sees them.
#[derive(Debug)]
pub(in crate::images) struct Registry {
    settings: Registries,
    transport: Arc<Transport>,
    pub(super) patience: Patience,
    pub(super) downloads: Arc<Semaphore>,
    known: Mutex<HashMap<String, Arc<Authorization>>>,
}

/// A repository on one server.
#[derive(Debug, Clone)]
pub(in crate::images) struct Repository {
    pub(super) registry: Arc<Registry>,
    place: Place,
    name: String,
    authorization: Arc<Authorization>,
}

impl Registry {
    /// A client of all registries; nothing is connected yet.
    pub(in crate::images) fn new(settings: Registries, patience: Patience) -> Result<Self, SettingsError> {
        for (name, one) in &settings {
            places(name, &BTreeMap::from([(name.clone(), one.clone())]))?;
            if one.username.is_some() != one.password_file.is_some() {
                return Err(SettingsError::new(name, "username and password-file go together"));
            }
        }
        let transport = Arc::new(Transport::new(&settings, patience.answer)?);
        let downloads = Arc::new(Semaphore::new(MOST_DOWNLOADS));
        Ok(Self { settings, transport, patience, downloads, known: Mutex::default() })
    }

    /// How long registries are waited for.
    pub(in crate::images) const fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Where to look for an image, in this order.
    pub(in crate::images) fn repositories(self: &Arc<Self>, name: &Reference) -> Result<Vec<Repository>, SettingsError> {
        let places = places(name.registry(), &self.settings)?;
        let repository = |place: Place| {
            let authorization = self.authorization(&place, name.repository());
            Repository { registry: Arc::clone(self), place, name: name.repository().to_owned(), authorization }
        };
        Ok(places.into_iter().map(repository).collect())
    }

    fn authorization(&self, place: &Place, repository: &str) -> Arc<Authorization> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("{}://{}/{repository}", place.scheme, place.authority);
        if known.len() >= MOST_REPOSITORIES && !known.contains_key(&key) {
            known.clear();
        }
        let new = || Arc::new(Authorization::new(place, repository, self.settings.get(&place.name)));
        Arc::clone(known.entry(key).or_insert_with(new))
    }
}

impl Repository {
    /// The server, for messages.
    pub(in crate::images) fn server(&self) -> &str {
        self.place.authority.as_str()
    }

    /// The digest of what has this tag.
    pub(in crate::images) async fn resolve(&self, tag: &str) -> Result<Digest, Retried> {
        let path = self.manifest(tag);
        self.registry.patience.with(|| self.resolve_once(&path, tag)).await
    }

    async fn resolve_once(&self, path: &str, tag: &str) -> Result<Digest, FetchError> {
        let what = format!("{}:{tag}", self.name);
        match self.ask(&Method::HEAD, path, Some(MANIFESTS), None, &what).await {
            Ok((answer, url)) => {
                check_type(&answer, &url)?;
                let header = answer.headers().get("docker-content-digest").and_then(|value| value.to_str().ok());
                if let Some(digest) = header.and_then(|text| text.parse().ok()) {
                    return Ok(digest);
                }
            }
            // Not all know the method.
            Err(FetchError::Status { status: StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED, .. }) => {}
            // The answer to HEAD has no room for why.
            Err(FetchError::Absent { message, .. } | FetchError::Denied { message }) if message.is_empty() => {}
            Err(error) => return Err(error),
        }
        let (answer, url) = self.ask(&Method::GET, path, Some(MANIFESTS), None, what).await?;
        check_type(&answer, &url)?;
        let body = Limited::new(answer.into_body(), LONGEST_MANIFEST).collect();
        let body = tokio::time::timeout(self.registry.patience.stall, body).await;
        let body = body.map_err(|_| FetchError::nonsense(&url, "the manifest does not come to an end"))?;
        let body = body.map_err(|error| FetchError::nonsense(&url, format!("reading the manifest: {error}")))?;
        Ok(Digest::of(&body.to_bytes()))
    }

    pub(super) fn manifest(&self, version: &str) -> String {
        format!("/v2/{}/manifests/{version}", self.name)
    }

    pub(super) fn blob(&self, digest: Digest) -> String {
        format!("/v2/{}/blobs/{digest}", self.name)
    }

    /// Asks once, as often as redirections and a token need it; answers with what is not an error, and where it came from.
    pub(super) async fn ask(
        &self,
        method: &Method,
        path: &str,
        accept: Option<&'static str>,
        from: Option<u64>,
        what: impl Display,
    ) -> Result<(Response<Incoming>, String), FetchError> {
        let start = self.uri(path)?;
        let (mut uri, mut met, mut redirections) = (start.clone(), None, 0);
        loop {
            let is_own = self.place.is_of(&uri);
            let mut headers = HeaderMap::new();
            accept.map(|accept| headers.insert(header::ACCEPT, HeaderValue::from_static(accept)));
            from.map(|from| HeaderValue::try_from(format!("bytes={from}-")).map(|range| headers.insert(header::RANGE, range)));
            let shown = match &met {
                _ if !is_own => None,
                // Whatever it says of how long that is good: it was made for this.
                Some(value) => Some(HeaderValue::clone(value)),
                None => self.authorization.current().await,
            };
            shown.clone().map(|shown| headers.insert(header::AUTHORIZATION, shown));
            let name = if is_own { self.place.name.as_str() } else { uri.authority().map_or("", |host| host.as_str()) };
            let answer = self.registry.transport.send(name, method, &uri, headers).await?;
            match answer.status() {
                StatusCode::UNAUTHORIZED if is_own && met.is_none() => {
                    let Some(challenge) = challenge_of(&answer) else {
                        return Err(FetchError::Denied { message: message(answer).await });
                    };
                    met = Some(self.authorization.meet(&self.registry.transport, challenge, shown.as_ref()).await?);
                    uri = start.clone();
                }
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => {
                    redirections += 1;
                    if redirections > MOST_REDIRECTIONS {
                        return Err(FetchError::nonsense(&start, format!("it redirects more than {MOST_REDIRECTIONS} times")));
                    }
                    uri = self.redirected(&uri, &answer)?;
                }
                StatusCode::OK | StatusCode::PARTIAL_CONTENT => return Ok((answer, without_query(&uri))),
                _ => return Err(failure(method, &uri, answer, what).await),
            }
        }
    }

    fn uri(&self, path: &str) -> Result<Uri, FetchError> {
        let refused = |_| FetchError::nonsense(self.server(), "the image's name makes no URL");
        let path: PathAndQuery = path.parse().map_err(|error: http::uri::InvalidUri| refused(error.into()))?;
        let uri = Uri::builder().scheme(self.place.scheme.clone()).authority(self.place.authority.clone()).path_and_query(path);
        uri.build().map_err(refused)
    }

    /// Where an answer leads: never from TLS to plain text.
    fn redirected(&self, from: &Uri, answer: &Response<Incoming>) -> Result<Uri, FetchError> {
        let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let refused = |problem: &str| {
            let shown: String = location.chars().take_while(|character| *character != '?').take(200).collect();
            FetchError::nonsense(without_query(from), format!("it redirects to `{shown}`: {problem}"))
        };
        let (scheme, authority) = (from.scheme_str().unwrap_or_default(), from.authority().map_or("", |host| host.as_str()));
        let whole = match location {
            whole if whole.starts_with("https://") || whole.starts_with("http://") => whole.to_owned(),
            other if other.starts_with("//") => format!("{scheme}:{other}"),
            path if path.starts_with('/') => format!("{scheme}://{authority}{path}"),
            _ => return Err(refused("that is no place")),
        };
        let uri: Uri = whole.parse().map_err(|_| refused("that is no URL"))?;
        if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err(refused("that is no place"));
        }
        if uri.scheme_str() == Some("http") && !self.place.is_plain() {
            return Err(refused("what began with TLS does not go on without"));
        }
        Ok(uri)
    }
}

fn challenge_of(answer: &Response<Incoming>) -> Option<challenge::Challenge> {
    let headers = answer.headers().get_all(header::WWW_AUTHENTICATE);
    let read = headers.iter().filter_map(|value| challenge::read(value.to_str().ok()?));
    read.max_by_key(|challenge| matches!(challenge, challenge::Challenge::Bearer { .. }))
}

async fn failure(method: &Method, uri: &Uri, answer: Response<Incoming>, what: impl Display) -> FetchError {
    let (status, after, url, method) = (answer.status(), retry_after(answer.headers()), without_query(uri), method.clone());
    let message = message(answer).await;
    match status {
        StatusCode::NOT_FOUND => FetchError::Absent { what: what.to_string(), message },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => FetchError::Denied { message },
        StatusCode::TOO_MANY_REQUESTS => FetchError::TooMany { method, url, message, after },
        status => FetchError::Status { method, url, status, message, after },
    }
}

/// A manifest that is a page of a hotel's network is none.
fn check_type(answer: &Response<Incoming>, url: &str) -> Result<(), FetchError> {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_vague = matches!(kind.as_str(), "" | "application/json" | "application/octet-stream" | "text/plain");
    if is_vague || MANIFESTS.split(", ").any(|known| known == kind) {
        return Ok(());
    }
    let shown: String = kind.chars().take(100).collect();
    Err(FetchError::nonsense(url, format!("the manifest has the media type `{shown}`, which is none of an image's")))
}

/// How long to wait (RFC 9110, 10.2.3): seconds or a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()?;
    let now = OffsetDateTime::from(SystemTime::now());
    Some(Duration::try_from(at - now).unwrap_or_default())
}

/// A URL for messages: what follows is often a signature.
fn without_query(uri: &Uri) -> String {
    let text = uri.to_string();
    text.split_once('?').map_or(text.clone(), |(before, _)| before.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_says_when_to_come_again_in_seconds_or_as_a_date() {
        let after = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            retry_after(&headers)
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(after("Wed, 21 Oct 2099 07:28:00 GMT").unwrap() > Duration::from_secs(1_000_000));
        assert_eq!(after("-1"), None);
        assert_eq!(after("soon"), None);
    }
}
