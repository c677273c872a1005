//! A volume as its agent gets it.

use berth_api::acs;
use berth_api::ecs as api;
use berth_wire::EnumShape;

pub(super) fn of(given: &api::Volume) -> acs::Volume {
    let volume = acs::Volume { name: given.name.clone().unwrap_or_default(), ..acs::Volume::default() };
    let kind = |kind: &str| Some(kind.to_owned());
    if let Some(docker) = &given.docker_volume_configuration {
        return acs::Volume { r#type: kind("docker"), docker_volume_configuration: Some(of_docker(docker)), ..volume };
    }
    if let Some(efs) = &given.efs_volume_configuration {
        return acs::Volume { r#type: kind("efs"), efs_volume_configuration: Some(of_efs(efs)), ..volume };
    }
    if let Some(fsx) = &given.fsx_windows_file_server_volume_configuration {
        let fsx = acs::FsxVolume { file_system_id: fsx.file_system_id.clone(), root_directory: Some(fsx.root_directory.clone()) };
        let fsx_windows_file_server_volume_configuration = Some(fsx);
        return acs::Volume { r#type: kind("fsxWindowsFileServer"), fsx_windows_file_server_volume_configuration, ..volume };
    }
    if given.configured_at_launch == Some(true) {
        return acs::Volume { r#type: kind("attachment"), ..volume };
    }
    let source_path = given.host.as_ref().and_then(|host| host.source_path.clone());
    acs::Volume { r#type: kind("host"), host: Some(acs::HostVolume { source_path }), ..volume }
}

fn of_docker(given: &api::DockerVolumeConfiguration) -> acs::DockerVolume {
    acs::DockerVolume {
        scope: given.scope.as_ref().map(word),
        autoprovision: given.autoprovision,
        driver: given.driver.clone(),
        driver_opts: given.driver_opts.clone().unwrap_or_default(),
        labels: given.labels.clone().unwrap_or_default(),
    }
}

fn of_efs(given: &api::EFSVolumeConfiguration) -> acs::EfsVolume {
    acs::EfsVolume {
        file_system_id: given.file_system_id.clone(),
        root_directory: given.root_directory.clone(),
        transit_encryption: given.transit_encryption.as_ref().map(word),
        transit_encryption_port: given.transit_encryption_port.map(i64::from),
        authorization_config: given.authorization_config.as_ref().map(|given| acs::EfsAuthorization {
            access_point_id: given.access_point_id.clone(),
            iam: given.iam.as_ref().map(word),
        }),
    }
}

fn word<T: EnumShape>(word: &T) -> String {
    word.as_str().to_owned()
}
