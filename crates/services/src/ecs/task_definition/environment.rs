//! Environment variables: plain, secret, and from files.

use berth_api::ecs::{ContainerDefinition, KeyValuePair, Secret};

use super::rule::{Checked, all, duplicate, refusal, require, require_setting, text};

/// Environment files of a container, at most.
const MOST_FILES: usize = 10;

/// The rules of one container's environment.
pub(super) fn check(container: &ContainerDefinition, execution_role: bool) -> Checked {
    let variables = plain(container);
    require_setting(variables.iter().all(|pair| !variable(pair).is_empty()), "environment", container)?;
    let secrets = all(container.secrets.as_ref());
    check_secrets(container, secrets, "secrets", execution_role)?;
    if let Some(twice) = duplicate(secrets, |secret| secret.name.as_str()) {
        return Err(refusal(format!("Duplicate secret names found: {}. Each secret name must be unique.", twice.name)));
    }
    if let Some(shared) = secrets.iter().find(|secret| variables.iter().any(|pair| variable(pair) == secret.name)) {
        return Err(refusal(format!(
            "The secret name must be unique and not shared with any new or existing environment variables set on the \
             container, such as '{}'.",
            shared.name
        )));
    }
    check_files(container)
}

/// References to secrets, wherever they stand: each names something, and somebody can read it.
pub(super) fn check_secrets(container: &ContainerDefinition, secrets: &[Secret], field: &str, execution_role: bool) -> Checked {
    let complete = secrets.iter().all(|secret| !secret.name.is_empty() && !secret.value_from.is_empty());
    require_setting(complete, field, container)?;
    let known = secrets.iter().all(|secret| !secret.value_from.starts_with("arn:") || Place::of(secret).is_some());
    require(known, || "Invalid arn syntax.")?;
    require(
        secrets.is_empty() || execution_role,
        || "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    )
}

fn check_files(container: &ContainerDefinition) -> Checked {
    let files = all(container.environment_files.as_ref());
    require(
        files.len() <= MOST_FILES,
        || "The maximum number of environment files was exceeded. Specify ten or less and try again.",
    )?;
    for file in files {
        require(is_s3_object(&file.value), || "Invalid arn syntax.")?;
        require(file.value.ends_with(".env"), || "Invalid environment file. The file must have a .env file extension.")?;
    }
    Ok(())
}

/// `arn:aws:s3:::BUCKET/KEY`
pub(super) fn is_s3_object(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let head = (parts.next(), parts.next(), parts.next());
    let object = parts.nth(2).and_then(|object| object.split_once('/'));
    matches!(head, (Some("arn"), Some(partition), Some("s3")) if partition.starts_with("aws"))
        && object.is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
}

/// Who keeps a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Secrets Manager.
    SecretsManager,
    /// Systems Manager's parameters.
    Parameters,
}

impl Place {
    /// Where a secret is kept; `None` for an ARN of anything else. A bare name is a parameter's.
    pub(super) fn of(secret: &Secret) -> Option<Self> {
        let mut parts = secret.value_from.splitn(6, ':');
        if parts.next() != Some("arn") {
            return Some(Self::Parameters);
        }
        let (service, resource) = (parts.nth(1), parts.nth(2));
        match (service, resource) {
            (Some("secretsmanager"), Some(resource)) if resource.starts_with("secret:") => Some(Self::SecretsManager),
            (Some("ssm"), Some(resource)) if resource.starts_with("parameter/") => Some(Self::Parameters),
            _ => None,
        }
    }
}

/// A container's plain variables.
pub(super) fn plain(container: &ContainerDefinition) -> &[KeyValuePair] {
    container.environment.as_ref().map(|pairs| pairs.0.as_slice()).unwrap_or_default()
}

fn variable(pair: &KeyValuePair) -> &str {
    text(pair.name.as_ref())
}
