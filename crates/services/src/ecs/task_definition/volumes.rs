//! Volumes, and the places where containers mount them.

use berth_api::ecs::{
    ContainerDefinition, EFSAuthorizationConfigIAM, EFSTransitEncryption, EFSVolumeConfiguration, RegisterTaskDefinitionRequest,
    Scope, Volume,
};

use super::links::position;
use super::rule::{Checked, all, duplicate, is_plain_name, refusal, require, text};

/// The rules about volumes and mounts.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let volumes = all(request.volumes.as_ref());
    volumes.iter().try_for_each(check_volume)?;
    require(
        duplicate(volumes, |volume| text(volume.name.as_ref())).is_none(),
        || "Volume names must be unique within a task definition.",
    )?;
    for container in &request.container_definitions {
        check_mounts(container, request)?;
    }
    check_launch_volumes(request)
}

/// Volumes that RunTask or a service configures: at most one, and somebody has to mount it.
fn check_launch_volumes(request: &RegisterTaskDefinitionRequest) -> Checked {
    let at_launch = || all(request.volumes.as_ref()).iter().filter(|volume| volume.configured_at_launch == Some(true));
    require(at_launch().count() <= 1, || "Only one volume of a task definition can be configured at launch.")?;
    let mounts = || request.container_definitions.iter().flat_map(|container| all(container.mount_points.as_ref()));
    let unused = at_launch().find(|volume| !mounts().any(|mount| mount.source_volume == volume.name));
    require(unused.is_none(), || {
        let name = unused.map(|volume| text(volume.name.as_ref())).unwrap_or_default();
        format!("Volumes [{name}] are not referenced by any of the containers")
    })
}

fn check_volume(volume: &Volume) -> Checked {
    let name = text(volume.name.as_ref());
    require(!name.is_empty(), || "volume.name should not be null or empty.")?;
    require(is_plain_name(name), || "volume.name contains invalid characters.")?;
    // A host without a path says nothing: a normal form has it beside nothing else.
    let host = volume.host.as_ref().and_then(|host| host.source_path.as_ref());
    let kinds = [
        host.is_some(),
        volume.docker_volume_configuration.is_some(),
        volume.efs_volume_configuration.is_some(),
        volume.s3files_volume_configuration.is_some(),
        volume.fsx_windows_file_server_volume_configuration.is_some(),
        volume.configured_at_launch == Some(true),
    ];
    require(
        kinds.iter().filter(|&&present| present).count() <= 1,
        || "When the volume parameter is specified, only one volume configuration type should be used.",
    )?;
    require(host.is_none_or(|path| !path.trim().is_empty()), || "host.sourcePath should not be blank.")?;
    if let Some(docker) = &volume.docker_volume_configuration {
        require(
            docker.scope != Some(Scope::Task) || docker.autoprovision != Some(false),
            || "When 'scope' parameter is 'task', 'autoprovision' must either not be specified or set to 'True'.",
        )?;
        require_text(docker.driver.as_ref(), "dockerVolumeConfiguration.driver")?;
    }
    if let Some(files) = &volume.s3files_volume_configuration {
        require_text(Some(&files.file_system_arn), "s3filesVolumeConfiguration.fileSystemArn")?;
        require_port(files.transit_encryption_port, name)?;
    }
    if let Some(windows) = &volume.fsx_windows_file_server_volume_configuration {
        require_text(Some(&windows.file_system_id), "fsxWindowsFileServerVolumeConfiguration.fileSystemId")?;
        require_text(Some(&windows.root_directory), "fsxWindowsFileServerVolumeConfiguration.rootDirectory")?;
    }
    volume.efs_volume_configuration.as_ref().map_or(Ok(()), |efs| check_efs(efs, name))
}

fn check_efs(efs: &EFSVolumeConfiguration, volume: &str) -> Checked {
    require_text(Some(&efs.file_system_id), "efsVolumeConfiguration.fileSystemId")?;
    let encrypted = efs.transit_encryption == Some(EFSTransitEncryption::Enabled);
    let (access_point, iam) = efs.authorization_config.as_ref().map_or((None, None), |authorization| {
        (authorization.access_point_id.as_ref().filter(|id| !id.is_empty()), authorization.iam.as_ref())
    });
    require(
        access_point.is_none() || matches!(text(efs.root_directory.as_ref()), "" | "/"),
        || "When using an EFS access point, the root directory must either be set to \"/\" or be omitted.",
    )?;
    require(encrypted || access_point.is_none(), || "EFS access point requires TransitEncryption to be enabled.")?;
    require(
        encrypted || iam != Some(&EFSAuthorizationConfigIAM::Enabled),
        || "EFS IAM authorization requires TransitEncryption to be enabled.",
    )?;
    require(
        encrypted || efs.transit_encryption_port.is_none(),
        || "TransitEncryptionPort requires that TransitEncryption is enabled.",
    )?;
    require_port(efs.transit_encryption_port, volume)
}

fn require_text(value: Option<&String>, field: &str) -> Checked {
    require(value.is_none_or(|value| !value.is_empty()), || format!("volume.{field} should not be null or empty."))
}

fn require_port(port: Option<i32>, volume: &str) -> Checked {
    require(port.is_none_or(|port| (1..=65_535).contains(&port)), || {
        format!("Invalid 'transitEncryptionPort' setting for volume '{volume}'.")
    })
}

fn check_mounts(container: &ContainerDefinition, request: &RegisterTaskDefinitionRequest) -> Checked {
    for mount in all(container.mount_points.as_ref()) {
        let volumes = all(request.volumes.as_ref());
        if mount.source_volume.is_none() || !volumes.iter().any(|volume| volume.name == mount.source_volume) {
            let name = mount.source_volume.as_deref().unwrap_or("null");
            return Err(refusal(format!("Unknown volume '{name}'.")));
        }
        require(!text(mount.container_path.as_ref()).is_empty(), || "mountPoint.containerPath should not be null or empty.")?;
    }
    for from in all(container.volumes_from.as_ref()) {
        let source = text(from.source_container.as_ref());
        require(position(&request.container_definitions, source).is_some(), || {
            format!("Invalid 'volumesFrom' setting. Unknown container: '{source}'.")
        })?;
    }
    Ok(())
}
