//! What a registry is shown, so that it lets us pull from a repository.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::challenge::Challenge;
use super::error::FetchError;
use super::place::Place;
use super::settings::RegistrySettings;
use super::transport::{Transport, message};

/// Bytes of a token service's answer.
const LONGEST_ANSWER: usize = 256 << 10;
/// Bytes of a token: more would not fit into a request's head.
const LONGEST_TOKEN: usize = 32 << 10;
/// How long a token lives whose service does not say.
const USUAL_LIFE: u64 = 60;
/// However long it says: whoever lost a right should not keep it.
const LONGEST_LIFE: u64 = 60 * 60;
/// So much earlier another one is fetched.
const MARGIN: Duration = Duration::from_secs(5);

/// What one server is shown for one repository.
#[derive(Debug)]
pub(super) struct Authorization {
    place: Place,
    repository: String,
    login: Option<Login>,
    held: Mutex<Option<Held>>,
}

/// Who we are.
#[derive(Debug, Clone)]
struct Login {
    username: String,
    password_file: PathBuf,
}

/// What was accepted last.
#[derive(Debug, Clone)]
struct Held {
    value: HeaderValue,
    until: Option<Instant>,
}

impl Held {
    fn is_good(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Authorization {
    pub(super) fn new(place: &Place, repository: &str, settings: Option<&RegistrySettings>) -> Self {
        let login = settings.and_then(|settings| {
            let (username, password_file) = (settings.username.clone()?, settings.password_file.clone()?);
            Some(Login { username, password_file })
        });
        Self { place: place.clone(), repository: repository.to_owned(), login, held: Mutex::new(None) }
    }

    /// What to show without being asked: what was accepted before and has not run out.
    pub(super) async fn current(&self) -> Option<HeaderValue> {
        self.held.lock().await.as_ref().filter(|held| held.is_good()).map(|held| held.value.clone())
    }

    /// Meets a challenge, after `refused` was not enough. Whoever comes while another is at it gets the same.
    pub(super) async fn meet(
        &self,
        transport: &Transport,
        challenge: Challenge,
        refused: Option<&HeaderValue>,
    ) -> Result<HeaderValue, FetchError> {
        let mut held = self.held.lock().await;
        if let Some(other) = held.as_ref().filter(|held| held.is_good() && Some(&held.value) != refused) {
            return Ok(other.value.clone());
        }
        *held = None;
        let new = match challenge {
            Challenge::Basic => Held { value: self.basic()?.ok_or_else(no_credentials)?, until: None },
            Challenge::Bearer { realm, service, scope } => self.token(transport, &realm, service, scope).await?,
        };
        let value = new.value.clone();
        *held = Some(new);
        Ok(value)
    }

    fn basic(&self) -> Result<Option<HeaderValue>, FetchError> {
        let Some(login) = &self.login else { return Ok(None) };
        let unreadable = |problem: String| {
            let what = format!("password-file {}", login.password_file.display());
            FetchError::nonsense(what, problem)
        };
        let password = std::fs::read_to_string(&login.password_file).map_err(|error| unreadable(error.to_string()))?;
        let text = STANDARD.encode(format!("{}:{}", login.username, password.trim_end_matches(['\r', '\n'])));
        let mut value = HeaderValue::try_from(format!("Basic {text}")).map_err(|error| unreadable(error.to_string()))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    async fn token(
        &self,
        transport: &Transport,
        realm: &str,
        service: Option<String>,
        scope: Option<String>,
    ) -> Result<Held, FetchError> {
        let uri = self.token_uri(realm, service, scope)?;
        let mut headers = HeaderMap::new();
        if let Some(login) = self.basic()? {
            headers.insert(header::AUTHORIZATION, login);
        }
        let name =
            if self.place.is_of(&uri) { self.place.name.as_str() } else { uri.authority().map_or("", |host| host.as_str()) };
        let answer = transport.send(name, &Method::GET, &uri, headers).await?;
        let status = answer.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(FetchError::Denied { message: message(answer).await });
        }
        // The query tells the scope; what else it may hold is nobody's business.
        let url = without_query(&uri);
        if status != StatusCode::OK {
            let after = super::repository::retry_after(answer.headers());
            let message = message(answer).await;
            return Err(match status {
                StatusCode::TOO_MANY_REQUESTS => FetchError::TooMany { method: Method::GET, url, message, after },
                status => FetchError::Status { method: Method::GET, url, status, message, after },
            });
        }
        let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect();
        let body = tokio::time::timeout(Duration::from_secs(20), body).await;
        let refused = |problem: &str| FetchError::nonsense(&url, format!("the token service's answer {problem}"));
        let body = body.map_err(|_| refused("does not end"))?.map_err(|_| refused("is cut off or too long"))?;
        let read: TokenAnswer = serde_json::from_slice(&body.to_bytes()).map_err(|_| refused("is not what it should be"))?;
        let token = read.token.or(read.access_token).filter(|token| !token.is_empty() && token.len() <= LONGEST_TOKEN);
        let token = token.ok_or_else(|| refused("has no token"))?;
        let mut value =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| refused("has a token that cannot be sent"))?;
        value.set_sensitive(true);
        let life = Duration::from_secs(read.expires_in.unwrap_or(USUAL_LIFE).min(LONGEST_LIFE));
        Ok(Held { value, until: Some(Instant::now() + life.saturating_sub(MARGIN)) })
    }

    /// Where a token is to be had. Who we are goes nowhere in plain text, unless the registry itself is plain by wish.
    fn token_uri(&self, realm: &str, service: Option<String>, scope: Option<String>) -> Result<Uri, FetchError> {
        let registry = self.place.authority.as_str();
        let refused = |problem: String| FetchError::nonsense(registry, problem);
        let shown: String = realm.chars().take(200).collect();
        let own = format!("repository:{}:pull", self.repository);
        // A mirror may name the repository otherwise; more than pulling is not asked for.
        let scope = scope.filter(|scope| {
            let mut parts = scope.split(':');
            (parts.next(), parts.next_back()) == (Some("repository"), Some("pull")) && !scope.contains(' ')
        });
        let mut text = realm.to_owned();
        let mut separator = if realm.contains('?') { '&' } else { '?' };
        for (key, value) in [("service", service), ("scope", Some(scope.unwrap_or(own)))] {
            let Some(value) = value else { continue };
            text.push(separator);
            text.push_str(&format!("{key}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)));
            separator = '&';
        }
        let uri: Uri = text.parse().map_err(|_| refused(format!("it names `{shown}` as its token service, which is no URL")))?;
        let scheme_is_right =
            matches!(uri.scheme_str(), Some("https")) || uri.scheme_str() == Some("http") && self.place.is_plain();
        let is_right = scheme_is_right && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        if !is_right {
            return Err(refused(format!("it names `{shown}` as its token service; it must be an https URL")));
        }
        Ok(uri)
    }
}

fn no_credentials() -> FetchError {
    FetchError::Denied {
        message: "no basic auth credentials (the node's configuration may name a username and a password-file for this registry)"
            .to_owned(),
    }
}

fn without_query(uri: &Uri) -> String {
    let text = uri.to_string();
    text.split_once('?').map_or(text.clone(), |(before, _)| before.to_owned())
}
