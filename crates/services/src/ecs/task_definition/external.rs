//! What a task on an external instance may not have.

use berth_api::ecs::{NetworkMode, RegisterTaskDefinitionRequest};

use super::rule::{Checked, all, require};

/// Whether a task can run on an instance registered from outside.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let unsupported = |what: &str| format!("Tasks using the External launch type do not support {what}.");
    require(request.network_mode != Some(NetworkMode::Awsvpc), || unsupported("networkMode 'awsvpc'"))?;
    require(request.ephemeral_storage.is_none(), || unsupported("EphemeralStorage"))?;
    for volume in all(request.volumes.as_ref()) {
        require(volume.efs_volume_configuration.is_none(), || unsupported("efsVolumeConfiguration"))?;
        require(volume.s3files_volume_configuration.is_none(), || unsupported("s3filesVolumeConfiguration"))?;
        require(volume.fsx_windows_file_server_volume_configuration.is_none(), || {
            unsupported("fsxWindowsFileServerVolumeConfiguration")
        })?;
        require(volume.configured_at_launch != Some(true), || unsupported("configuredAtLaunch"))?;
    }
    // It is there for Service Connect, which external instances do not take part in.
    let mut mappings = request.container_definitions.iter().flat_map(|container| all(container.port_mappings.as_ref()));
    require(mappings.all(|mapping| mapping.app_protocol.is_none()), || unsupported("appProtocol"))
}
