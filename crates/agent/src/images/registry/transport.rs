//! Requests, over TLS or not.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::error::FetchError;
use super::settings::{Registries, SettingsError};

type Http = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// A connection is given up that is not there after this time.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// An idle connection is kept for so long.
const IDLE: Duration = Duration::from_secs(30);
/// Bytes of an answer's head, and of what is read of its body at once.
const BUFFER: usize = 256 << 10;
/// The text of an error is read so far, and for so long.
const LONGEST_MESSAGE: usize = 16 << 10;
const MESSAGE_TIME: Duration = Duration::from_secs(5);
/// Characters of it that are shown.
const SHOWN: usize = 300;
const USER_AGENT: &str = concat!("berth/", env!("CARGO_PKG_VERSION"));

/// The connections to all registries; each is trusted by its own authorities.
pub(super) struct Transport {
    authorities: HashMap<String, Vec<CertificateDer<'static>>>,
    clients: HashMap<String, OnceLock<Http>>,
    usual: OnceLock<Http>,
    answer: Duration,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("own_authorities", &self.authorities.keys()).finish_non_exhaustive()
    }
}

impl Transport {
    /// Reads the authorities' certificates; nothing is connected yet.
    pub(super) fn new(registries: &Registries, answer: Duration) -> Result<Self, SettingsError> {
        let mut authorities = HashMap::new();
        for (name, settings) in registries {
            let Some(file) = &settings.ca_file else { continue };
            let refused = |problem: String| SettingsError::new(name, format!("ca-file {}: {problem}", file.display()));
            let read = CertificateDer::pem_file_iter(file).map_err(|error| refused(error.to_string()))?;
            let certificates: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| refused(error.to_string()))?;
            if certificates.is_empty() {
                return Err(refused("there is no certificate in it".to_owned()));
            }
            let mut store = RootCertStore::empty();
            certificates.iter().try_for_each(|one| store.add(one.clone())).map_err(|error| refused(error.to_string()))?;
            authorities.insert(name.clone(), certificates);
        }
        let clients = authorities.keys().map(|name| (name.clone(), OnceLock::new())).collect();
        Ok(Self { authorities, clients, usual: OnceLock::new(), answer })
    }

    /// Asks, and waits for the beginning of the answer. `name`: whose authorities count.
    pub(super) async fn send(
        &self,
        name: &str,
        method: &Method,
        uri: &Uri,
        headers: HeaderMap,
    ) -> Result<Response<Incoming>, FetchError> {
        let unreachable = |problem: String| FetchError::Unreachable { method: method.clone(), url: uri.to_string(), problem };
        let mut request = Request::new(Empty::new());
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers;
        request.headers_mut().insert(header::USER_AGENT, header::HeaderValue::from_static(USER_AGENT));
        let answer = tokio::time::timeout(self.answer, self.client(name).map_err(unreachable)?.request(request)).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(unreachable(chain(&error))),
            Err(_) => Err(unreachable(format!("no answer within {:?}", self.answer))),
        }
    }

    fn client(&self, name: &str) -> Result<&Http, String> {
        let own = self.authorities.get(name).map(Vec::as_slice).unwrap_or_default();
        let place = self.clients.get(name).unwrap_or(&self.usual);
        if let Some(client) = place.get() {
            return Ok(client);
        }
        let client = client(own)?;
        Ok(place.get_or_init(|| client))
    }
}

/// A side of TLS that trusts the machine's authorities, and these.
pub(crate) fn tls(own: &[CertificateDer<'static>]) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    // Those that cannot be read are as good as not there.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(own.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(tls.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth())
}

fn client(own: &[CertificateDer<'static>]) -> Result<Http, String> {
    let tls = tls(own)?;
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(LONGEST_CONNECT));
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(connector);
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_idle_timeout(IDLE).pool_timer(TokioTimer::new()).http1_max_buf_size(BUFFER);
    Ok(builder.build(connector))
}

/// What an answer says went wrong, if it says so as registries do; nothing else of it is shown, for it may come from anywhere.
pub(super) async fn message(answer: Response<Incoming>) -> String {
    #[derive(serde::Deserialize)]
    struct Errors {
        #[serde(default)]
        errors: Vec<One>,
        #[serde(default)]
        details: String,
    }
    #[derive(serde::Deserialize)]
    struct One {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    }
    let body = Limited::new(answer.into_body(), LONGEST_MESSAGE).collect();
    let Ok(Ok(body)) = tokio::time::timeout(MESSAGE_TIME, body).await else { return String::new() };
    let Ok(read) = serde_json::from_slice::<Errors>(&body.to_bytes()) else { return String::new() };
    let first = read.errors.into_iter().next().map(|one| format!("{}: {}", one.code.to_ascii_lowercase(), one.message));
    let text = first.unwrap_or(read.details);
    text.chars().filter(|character| !character.is_control()).take(SHOWN).collect()
}

pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    // Some repeat what their cause says.
    let mut said: Vec<String> = Vec::new();
    for cause in causes {
        if !said.last().is_some_and(|before| before.ends_with(&cause)) {
            said.push(cause);
        }
    }
    said.join(": ")
}
