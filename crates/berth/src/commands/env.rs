//! `berth env`: what points AWS clients at this installation.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};

use crate::cli::Data;
use crate::{files, installation, keys, network, terminal};

#[derive(Debug, clap::Args)]
pub(crate) struct Env {
    #[command(flatten)]
    data: Data,

    /// Teach the AWS CLI and boto3 what Berth adds to AWS's API, too: by a file in DATA/models that AWS_DATA_PATH leads to
    #[arg(long)]
    additions: bool,

    /// Print one JSON object instead of shell lines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Env) -> Result<()> {
    let folder = &arguments.data.data_dir;
    let run = installation::running(folder)?;
    let key = keys::root(folder)?;
    let network = network::of(folder)?;
    let subnets: Vec<String> = network.subnets.iter().map(|subnet| subnet.id.clone()).collect();
    let mut variables = vec![
        ("AWS_ENDPOINT_URL", run.endpoint()),
        ("AWS_REGION", run.region.clone()),
        ("AWS_DEFAULT_REGION", run.region),
        ("AWS_ACCESS_KEY_ID", key.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", key.secret_access_key),
        // StartLiveTail would go to a host of another name, which is not there.
        ("AWS_DISABLE_HOST_PREFIX_INJECTION", "true".to_owned()),
        ("BERTH_SUBNETS", subnets.join(",")),
        ("BERTH_SECURITY_GROUP", network.security_group),
    ];
    if arguments.additions {
        variables.push(("AWS_DATA_PATH", additions(folder)?));
    }
    if arguments.json {
        let object: serde_json::Map<String, serde_json::Value> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        return terminal::print(&format!("{}\n", serde_json::Value::Object(object)));
    }
    // A session token of another account would be sent along and refused.
    let mut text = String::from("unset AWS_SESSION_TOKEN AWS_PROFILE\n");
    for (name, value) in variables {
        text.push_str(&format!("export {name}={}\n", quoted(&value)));
    }
    terminal::print(&text)
}

/// Writes what clients read beside their models, for everybody; answers the folder.
fn additions(folder: &Path) -> Result<String> {
    let models = std::path::absolute(folder).with_context(|| format!("finding {}", folder.display()))?.join("models");
    let (service, version) = (models.join("ecs"), models.join("ecs/2014-11-13"));
    for folder in [&models, &service, &version] {
        files::folder(folder, 0o755)?;
    }
    files::replace(&version.join("service-2.sdk-extras.json"), berth_api::ECS_ADDITIONS.as_bytes(), 0o644, None)?;
    models.into_os_string().into_string().map_err(|path| anyhow!("{} is no text", path.display()))
}

/// For a POSIX shell: in single quotes, unless it needs none.
fn quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:+,".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_survive_a_shell() {
        assert_eq!(super::quoted("http://127.0.0.1:7300"), "http://127.0.0.1:7300");
        assert_eq!(super::quoted("a'b $(x)"), "'a'\\''b $(x)'");
        assert_eq!(super::quoted(""), "''");
    }
}
