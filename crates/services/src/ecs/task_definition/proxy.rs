//! The proxy of an App Mesh task.

use berth_api::ecs::{NetworkMode, RegisterTaskDefinitionRequest};

use super::links::position;
use super::rule::{Checked, all, require, text};

/// The rules about `proxyConfiguration`.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let Some(proxy) = &request.proxy_configuration else { return Ok(()) };
    require(
        request.network_mode == Some(NetworkMode::Awsvpc),
        || "APPMESH proxy configuration is only supported in networkMode=awsvpc",
    )?;
    let target = &proxy.container_name;
    require(position(&request.container_definitions, target).is_some(), || {
        format!("Proxy container [{target}] does not exist.")
    })?;
    let has = |wanted: &str| {
        let pairs = all(proxy.properties.as_ref());
        pairs.iter().any(|pair| text(pair.name.as_ref()) == wanted && !text(pair.value.as_ref()).is_empty())
    };
    require(has("ProxyIngressPort"), || "Ingress port not found")?;
    require(has("ProxyEgressPort"), || "Egress port not found")?;
    require(has("AppPorts"), || "App ports not found")?;
    require(has("IgnoredUID") || has("IgnoredGID"), || "Ignored UID or ignored GID not found")
}
