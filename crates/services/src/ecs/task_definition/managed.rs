//! What a task on a managed instance may not have.

use berth_api::ecs::{NetworkMode, OSFamily, RegisterTaskDefinitionRequest};

use super::rule::{Checked, all, require};

/// Whether a task can run on an instance that a capacity provider manages: Linux, with an interface of its own or the host's
/// network, and without what only Docker has.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let unsupported = |what: &str| format!("Tasks using Managed Instances do not support {what}.");
    let mode = request.network_mode.as_ref().unwrap_or(&NetworkMode::Bridge);
    require(matches!(mode, NetworkMode::Awsvpc | NetworkMode::Host), || {
        unsupported(&format!("networkMode '{}'", super::ports::word(mode)))
    })?;
    let family = request.runtime_platform.as_ref().and_then(|platform| platform.operating_system_family.as_ref());
    require(family.is_none_or(|family| *family == OSFamily::Linux), || unsupported("Windows containers"))?;
    require(request.ephemeral_storage.is_none(), || unsupported("EphemeralStorage"))?;
    for volume in all(request.volumes.as_ref()) {
        require(volume.docker_volume_configuration.is_none(), || unsupported("dockerVolumeConfiguration"))?;
        require(volume.fsx_windows_file_server_volume_configuration.is_none(), || {
            unsupported("fsxWindowsFileServerVolumeConfiguration")
        })?;
    }
    let mut options = request.container_definitions.iter().map(|container| all(container.docker_security_options.as_ref()));
    require(options.all(<[String]>::is_empty), || unsupported("dockerSecurityOptions"))
}
