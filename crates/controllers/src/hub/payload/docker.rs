//! What goes to the container runtime as it is: the members of a definition that the agent protocol has none for.

use berth_api::acs;
use berth_api::acs::docker::{Config, Device, Healthcheck, HostConfig, LogConfig, Ulimit};
use berth_api::ecs::{self as api, ContainerDefinition, LinuxParameters};
use berth_model::NetworkMode;
use berth_wire::EnumShape as _;
use serde::Serialize;

use super::{LogMode, Scene};

const MIB: i64 = 1024 * 1024;
const NANOSECONDS: i64 = 1_000_000_000;

/// The oldest version of Docker's API that agents speak.
const OLDEST_API: (u32, u32) = (1, 17);
const API_ATTRIBUTE: &str = "com.amazonaws.ecs.capability.docker-remote-api.";

pub(super) fn config(scene: Scene<'_>, given: &ContainerDefinition) -> acs::DockerConfig {
    acs::DockerConfig {
        config: Some(json(&inside(given))),
        host_config: Some(json(&outside(scene, given))),
        version: Some(version(scene)),
    }
}

fn json<T: Serialize>(value: &T) -> String {
    // The shapes have text keys and nothing that refuses to be written.
    serde_json::to_string(value).unwrap_or_default()
}

/// The version that registering the definition found to be needed.
fn version(scene: Scene<'_>) -> String {
    let of = |name: &str| {
        let (major, minor) = name.strip_prefix(API_ATTRIBUTE)?.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    };
    let needed = scene.facts.requires_attributes.iter().filter_map(|attribute| of(&attribute.name)).max();
    let (major, minor) = needed.unwrap_or(OLDEST_API).max(OLDEST_API);
    format!("{major}.{minor}")
}

fn inside(given: &ContainerDefinition) -> Config {
    Config {
        user: given.user.clone(),
        working_dir: given.working_directory.clone(),
        hostname: given.hostname.clone(),
        tty: given.pseudo_terminal,
        open_stdin: given.interactive,
        network_disabled: given.disable_networking,
        labels: given.docker_labels.clone().unwrap_or_default(),
        stop_signal: None,
        healthcheck: given.health_check.as_ref().map(healthcheck),
    }
}

fn healthcheck(given: &api::HealthCheck) -> Healthcheck {
    let seconds = |value: Option<i32>| value.map(|seconds| i64::from(seconds) * NANOSECONDS);
    Healthcheck {
        test: given.command.clone(),
        interval: seconds(given.interval),
        timeout: seconds(given.timeout),
        retries: given.retries.map(i64::from),
        start_period: seconds(given.start_period),
    }
}

fn outside(scene: Scene<'_>, given: &ContainerDefinition) -> HostConfig {
    let nothing = LinuxParameters::default();
    let linux = given.linux_parameters.as_ref().unwrap_or(&nothing);
    let capabilities = |pick: fn(&api::KernelCapabilities) -> Option<&Vec<String>>| {
        linux.capabilities.as_ref().and_then(pick).cloned().unwrap_or_default()
    };
    HostConfig {
        // With an interface of the task's own the agent sets it.
        network_mode: (scene.facts.network_mode != NetworkMode::Awsvpc).then(|| scene.facts.network_mode.as_str().to_owned()),
        log_config: given.log_configuration.as_ref().map(|log| log_config(scene, given, log)),
        cap_add: capabilities(|capabilities| capabilities.add.as_ref()),
        cap_drop: capabilities(|capabilities| capabilities.drop.as_ref()),
        privileged: given.privileged,
        readonly_rootfs: given.readonly_root_filesystem,
        security_opt: given.docker_security_options.clone().unwrap_or_default(),
        ulimits: given.ulimits.iter().flatten().map(ulimit).collect(),
        dns: given.dns_servers.clone().unwrap_or_default(),
        dns_search: given.dns_search_domains.clone().unwrap_or_default(),
        extra_hosts: given.extra_hosts.iter().flatten().map(|host| format!("{}:{}", host.hostname, host.ip_address)).collect(),
        sysctls: given.system_controls.iter().flatten().filter_map(sysctl).collect(),
        devices: linux.devices.iter().flatten().map(device).collect(),
        tmpfs: linux.tmpfs.iter().flatten().map(tmpfs).collect(),
        shm_size: linux.shared_memory_size.map(|mib| i64::from(mib) * MIB),
        memory_reservation: given.memory_reservation.map(|mib| i64::from(mib) * MIB),
        memory_swap: linux.max_swap.and_then(|swap| memory_swap(given.memory, swap)),
        memory_swappiness: linux.swappiness.map(i64::from),
        init: linux.init_process_enabled,
        ..HostConfig::default()
    }
}

/// Docker counts swap on top of memory.
fn memory_swap(memory: Option<i32>, swap: i32) -> Option<i64> {
    Some((i64::from(memory?) + i64::from(swap)) * MIB)
}

/// What waits for a driver that nobody waits for, as ECS has it where nothing is said.
const LOG_BUFFER: &str = "10m";

/// Docker's awslogs driver knows no prefix: the name of the stream is made of it here, as AWS makes it. And where the definition has no
/// mode, the account's holds.
fn log_config(scene: Scene<'_>, container: &ContainerDefinition, given: &api::LogConfiguration) -> LogConfig {
    let mut config = given.options.clone().unwrap_or_default();
    if given.log_driver == api::LogDriver::Awslogs
        && let Some(prefix) = config.remove("awslogs-stream-prefix")
    {
        let name = container.name.as_deref().unwrap_or_default();
        config.insert("awslogs-stream".to_owned(), format!("{prefix}/{name}/{}", scene.task.id));
    }
    if given.log_driver == api::LogDriver::Awslogs && !config.contains_key("mode") {
        let mode = match scene.log_mode {
            LogMode::Blocking => "blocking",
            LogMode::NonBlocking => {
                config.entry("max-buffer-size".to_owned()).or_insert_with(|| LOG_BUFFER.to_owned());
                "non-blocking"
            }
        };
        config.insert("mode".to_owned(), mode.to_owned());
    }
    LogConfig { r#type: given.log_driver.as_str().to_owned(), config }
}

fn ulimit(given: &api::Ulimit) -> Ulimit {
    Ulimit { name: given.name.as_str().to_owned(), soft: i64::from(given.soft_limit), hard: i64::from(given.hard_limit) }
}

fn sysctl(given: &api::SystemControl) -> Option<(String, String)> {
    Some((given.namespace.clone()?, given.value.clone()?))
}

fn device(given: &api::Device) -> Device {
    let letter = |permission: &api::DeviceCgroupPermission| match permission {
        api::DeviceCgroupPermission::Read => "r",
        api::DeviceCgroupPermission::Write => "w",
        api::DeviceCgroupPermission::Mknod => "m",
        api::DeviceCgroupPermission::Unlisted(_) => "",
    };
    let letters: String = given.permissions.iter().flatten().map(letter).collect();
    Device {
        path_on_host: given.host_path.clone(),
        path_in_container: given.container_path.clone().unwrap_or_else(|| given.host_path.clone()),
        cgroup_permissions: if letters.is_empty() { "rwm".to_owned() } else { letters },
    }
}

fn tmpfs(given: &api::Tmpfs) -> (String, String) {
    let options = given.mount_options.iter().flatten().map(String::as_str);
    let options: Vec<&str> = options.collect();
    let size = format!("size={}m", given.size);
    let options = if options.is_empty() { size } else { format!("{size},{}", options.join(",")) };
    (given.container_path.clone(), options)
}
