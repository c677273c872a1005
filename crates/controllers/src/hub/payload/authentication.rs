//! Where an agent finds what is secret.

use berth_api::acs;
use berth_api::ecs::{self as api, ContainerDefinition};

/// How the registry of a container's image is asked: with a password from a secret, or as ECR is.
pub(super) fn registry(given: &ContainerDefinition, region: &str) -> Option<acs::RegistryAuthentication> {
    if let Some(credentials) = &given.repository_credentials {
        let parameter = credentials.0.credentials_parameter.clone();
        let asm = acs::AsmAuthData { region: Some(region_of(&parameter, region)), credentials_parameter: Some(parameter) };
        let asm_auth_data = Some(asm);
        return Some(acs::RegistryAuthentication { r#type: "asm".to_owned(), asm_auth_data, ecr_auth_data: None });
    }
    let (registry_id, region) = ecr(given.image.as_deref()?)?;
    let ecr = acs::EcrAuthData {
        registry_id: Some(registry_id.to_owned()),
        region: Some(region.to_owned()),
        ..acs::EcrAuthData::default()
    };
    Some(acs::RegistryAuthentication { r#type: "ecr".to_owned(), ecr_auth_data: Some(ecr), asm_auth_data: None })
}

/// Account and region out of `ACCOUNT.dkr.ecr.REGION.amazonaws.com/...`.
fn ecr(image: &str) -> Option<(&str, &str)> {
    let (host, _) = image.split_once('/')?;
    let (account, rest) = host.split_once(".dkr.ecr.")?;
    let region = rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !region.is_empty()).then_some((account, region))
}

/// The secrets of a container, and those of its log driver.
pub(super) fn secrets(given: &ContainerDefinition, region: &str) -> Vec<acs::Secret> {
    let of_container = given.secrets.iter().flatten().map(|given| secret(given, "CONTAINER", region));
    let log = given.log_configuration.iter().flat_map(|log| log.secret_options.iter().flatten());
    of_container.chain(log.map(|given| secret(given, "LOG_DRIVER", region))).collect()
}

fn secret(given: &api::Secret, target: &str, region: &str) -> acs::Secret {
    let is_asm = given.value_from.starts_with("arn:") && given.value_from.split(':').nth(2) == Some("secretsmanager");
    acs::Secret {
        name: given.name.clone(),
        value_from: given.value_from.clone(),
        region: Some(region_of(&given.value_from, region)),
        provider: Some(if is_asm { "asm" } else { "ssm" }.to_owned()),
        r#type: Some("ENVIRONMENT_VARIABLE".to_owned()),
        target: Some(target.to_owned()),
        container_path: None,
    }
}

/// The region in an ARN; the task's where a plain name stands.
fn region_of(reference: &str, region: &str) -> String {
    let named = if reference.starts_with("arn:") { reference.split(':').nth(3) } else { None };
    named.filter(|named| !named.is_empty()).unwrap_or(region).to_owned()
}
