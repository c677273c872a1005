//! Environment files, fetched.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use berth_api::acs::{Container, EnvironmentFile};
use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, RetryConfig};
use tokio::time::timeout;

use super::format::{Place, merge};
use super::http::Connector;
use super::settings::S3Settings;

/// All files of a container, retries included, are there by then.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of a file, at most: a process cannot have much more environment.
const LARGEST: u64 = 1 << 20;
/// Files of a container, at most, as ECS has it.
const MOST: usize = 10;

/// The variables of a container: its definition's, and those of its files that this does not have. An error says what to do.
pub(crate) async fn variables(
    settings: Option<&Arc<S3Settings>>,
    container: &Container,
) -> Result<BTreeMap<String, String>, String> {
    let mut variables = container.environment.0.clone();
    let files = &container.environment_files;
    if files.is_empty() {
        return Ok(variables);
    }
    let settings = settings.ok_or(
        "this node reads environmentFiles from no store: name one in [s3] of its configuration, DATA/node.toml (endpoint, region, \
         access-key-id, secret-access-key-file)",
    )?;
    if files.len() > MOST {
        return Err(format!("a container has at most {MOST} environment files"));
    }
    let fetched = timeout(PATIENCE, try_join_all(files.iter().map(|file| fetch(settings, file)))).await;
    let texts = fetched.map_err(|_| format!("environment files are not there after {} s", PATIENCE.as_secs()))??;
    merge(&mut variables, &texts);
    Ok(variables)
}

async fn fetch(settings: &S3Settings, file: &EnvironmentFile) -> Result<String, String> {
    let arn = &file.value;
    let failed = |problem: &dyn ToString| format!("environment file {arn}: {}", problem.to_string());
    if file.r#type != "s3" {
        return Err(failed(&format!("its type is s3, not {}", file.r#type)));
    }
    let place = Place::of(arn).ok_or_else(|| failed(&"that is not the ARN of an object: arn:aws:s3:::BUCKET/KEY"))?;
    let store = open(settings, &place.bucket).map_err(|error| failed(&error))?;
    let key = Path::parse(&place.key).map_err(|error| failed(&error))?;
    let found = store.get(&key).await.map_err(|error| failed(&chain(&error)))?;
    let too_large = || failed(&format!("it has more than {LARGEST} bytes"));
    if found.meta.size > LARGEST {
        return Err(too_large());
    }
    // The store may say one size and send another.
    let mut bytes = Vec::new();
    let mut stream = found.into_stream();
    while let Some(more) = stream.try_next().await.map_err(|error| failed(&chain(&error)))? {
        bytes.extend_from_slice(&more);
        if bytes.len() as u64 > LARGEST {
            return Err(too_large());
        }
    }
    String::from_utf8(bytes).map_err(|_| failed(&"it is not UTF-8"))
}

fn open(settings: &S3Settings, bucket: &str) -> object_store::Result<AmazonS3> {
    let S3Settings { endpoint, region, access_key_id, secret_access_key, path_style } = settings;
    let retry = RetryConfig { max_retries: 3, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let mut store = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_access_key_id(access_key_id)
        .with_secret_access_key(secret_access_key.expose())
        .with_virtual_hosted_style_request(!path_style)
        .with_retry(retry)
        .with_http_connector(Connector);
    if let Some(endpoint) = endpoint {
        let endpoint = match endpoint.split_once("://") {
            // Where the bucket comes before the host, the library leaves that to its caller.
            Some((scheme, host)) if !path_style => format!("{scheme}://{bucket}.{host}"),
            _ => endpoint.clone(),
        };
        store = store.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
    }
    store.build()
}

/// An error with its causes, each once.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = error.source();
    }
    said.chars().filter(|letter| !letter.is_control()).take(600).collect()
}
