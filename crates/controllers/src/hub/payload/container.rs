//! A container as its agent gets it.

use berth_api::acs;
use berth_api::ecs::{self as api, ContainerDefinition};
use berth_wire::EnumShape as _;

use super::{Scene, authentication, docker, image, pairs};

/// The container at a place of the definition. The execution role is left to the agent as long as no credentials are sent
/// with a task: an agent that is told to use them waits for them.
pub(super) fn of(scene: Scene<'_>, at: usize, given: &ContainerDefinition) -> acs::Container {
    let known = scene.task.containers.get(at);
    let region = scene.task.region.as_str();
    let list = |words: &Option<Vec<String>>| words.clone().filter(|words| !words.is_empty());
    let environment = given.environment.as_ref().map(|variables| variables.0.as_slice());
    let number = |value: Option<i32>| value.map(i64::from);
    acs::Container {
        name: given.name.clone().unwrap_or_default(),
        image: image::of(given, scene.images),
        container_arn: known.map(|known| scene.names.container(scene.key, &scene.task.cluster, known.id)),
        cpu: number(given.cpu),
        memory: number(given.memory),
        essential: Some(given.essential.unwrap_or(true)),
        command: list(&given.command),
        entry_point: list(&given.entry_point),
        environment: acs::Hidden(pairs(environment)),
        environment_files: given.environment_files.iter().flatten().map(environment_file).collect(),
        links: given.links.clone().unwrap_or_default(),
        port_mappings: given.port_mappings.iter().flatten().map(port_mapping).collect(),
        mount_points: given.mount_points.iter().flatten().map(mount_point).collect(),
        volumes_from: given.volumes_from.iter().flatten().map(volume_from).collect(),
        depends_on: given.depends_on.iter().flatten().map(dependency).collect(),
        start_timeout: number(given.start_timeout),
        stop_timeout: number(given.stop_timeout),
        health_check_type: given.health_check.as_ref().map(|_| "docker".to_owned()),
        registry_authentication: authentication::registry(given, region),
        secrets: authentication::secrets(given, region),
        firelens_configuration: given.firelens_configuration.as_ref().map(|given| acs::FirelensConfiguration {
            r#type: given.r#type.as_str().to_owned(),
            options: given.options.clone().unwrap_or_default(),
        }),
        restart_policy: given.restart_policy.as_ref().map(restart_policy),
        credential_specs: given.credential_specs.clone().unwrap_or_default(),
        overrides: Some("{}".to_owned()),
        docker_config: Some(docker::config(scene, given)),
        ..acs::Container::default()
    }
}

fn environment_file(given: &api::EnvironmentFile) -> acs::EnvironmentFile {
    acs::EnvironmentFile { value: given.value.clone(), r#type: given.r#type.as_str().to_owned() }
}

fn port_mapping(given: &api::PortMapping) -> acs::PortMapping {
    acs::PortMapping {
        container_port: given.container_port.map(i64::from),
        container_port_range: given.container_port_range.clone(),
        host_port: given.host_port.map(i64::from),
        protocol: given.protocol.as_ref().map(|protocol| protocol.as_str().to_owned()),
    }
}

fn mount_point(given: &api::MountPoint) -> acs::MountPoint {
    acs::MountPoint {
        source_volume: given.source_volume.clone(),
        container_path: given.container_path.clone(),
        read_only: given.read_only,
    }
}

fn volume_from(given: &api::VolumeFrom) -> acs::VolumeFrom {
    acs::VolumeFrom { source_container: given.source_container.clone(), read_only: given.read_only }
}

fn dependency(given: &api::ContainerDependency) -> acs::ContainerDependency {
    acs::ContainerDependency {
        container_name: given.container_name.clone(),
        condition: Some(acs::DependencyCondition::from(given.condition.as_str().to_owned())),
    }
}

fn restart_policy(given: &api::ContainerRestartPolicy) -> acs::RestartPolicy {
    acs::RestartPolicy {
        enabled: Some(given.enabled),
        ignored_exit_codes: given.ignored_exit_codes.iter().flatten().copied().map(i64::from).collect(),
        restart_attempt_period: given.restart_attempt_period.map(i64::from),
    }
}
