//! What a task definition asks for and nothing does yet, so that RunTask and StartTask can say so.
//!
//! A member that is absent, empty or has the value it would have anyway asks for nothing. When something begins to act, its
//! line goes from here and from `docs/compatibility-task-definition.md`.

use std::fmt;

use berth_api::ecs::{self as api, ContainerDefinition, TaskDefinition, TaskOverride};
use berth_wire::EnumShape;

/// Log drivers that act.
const LOG_DRIVERS: [&str; 3] = ["awslogs", "json-file", "none"];

/// Options of log drivers that do not act yet.
const LOG_OPTIONS: [&str; 1] = ["awslogs-format"];

/// A member that does not act yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// The container it belongs to; none for the task's own.
    pub(super) container: Option<String>,
    /// The member, and its value where only some values do not act.
    pub(super) field: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.container {
            Some(container) => write!(f, "{} of container '{container}'", self.field),
            None => f.write_str(&self.field),
        }
    }
}

/// All that does not act, in the order of the definition.
pub(super) fn refused(definition: &TaskDefinition, overrides: Option<&TaskOverride>) -> Vec<Refused> {
    let mut found = Found { container: None, list: Vec::new() };
    found.task(definition);
    for container in definition.container_definitions.iter().flatten() {
        found.container.clone_from(&container.name);
        found.container(container);
    }
    let Some(overrides) = overrides else { return found.list };
    found.container = None;
    found.text("overrides.taskRoleArn", overrides.task_role_arn.as_deref());
    found.list("overrides.inferenceAcceleratorOverrides", overrides.inference_accelerator_overrides.as_ref());
    found.list
}

/// The list as it grows, and the container that is looked at.
struct Found {
    container: Option<String>,
    list: Vec<Refused>,
}

impl Found {
    fn push(&mut self, field: impl Into<String>) {
        self.list.push(Refused { container: self.container.clone(), field: field.into() });
    }

    fn some(&mut self, field: &str, is_there: bool) {
        if is_there {
            self.push(field);
        }
    }

    fn list<T>(&mut self, field: &str, list: Option<&Vec<T>>) {
        self.some(field, list.is_some_and(|list| !list.is_empty()));
    }

    fn text(&mut self, field: &str, value: Option<&str>) {
        self.some(field, value.is_some_and(|value| !value.is_empty()));
    }

    fn task(&mut self, task: &TaskDefinition) {
        self.text("taskRoleArn", task.task_role_arn.as_deref());
        self.some("proxyConfiguration", task.proxy_configuration.is_some());
        self.some("enableFaultInjection", task.enable_fault_injection == Some(true));
        self.list("inferenceAccelerators", task.inference_accelerators.as_ref());
        for volume in task.volumes.iter().flatten() {
            self.volume(volume);
        }
        if let Some(platform) = &task.runtime_platform {
            self.platform(platform);
        }
    }

    fn volume(&mut self, volume: &api::Volume) {
        let of = |member: &str| format!("volumes.{member} of volume '{}'", volume.name.as_deref().unwrap_or_default());
        self.some(&of("efsVolumeConfiguration"), volume.efs_volume_configuration.is_some());
        self.some(&of("s3filesVolumeConfiguration"), volume.s3files_volume_configuration.is_some());
        let windows = &volume.fsx_windows_file_server_volume_configuration;
        self.some(&of("fsxWindowsFileServerVolumeConfiguration"), windows.is_some());
        self.some(&of("configuredAtLaunch"), volume.configured_at_launch == Some(true));
        let driver = volume.docker_volume_configuration.as_ref().and_then(|docker| docker.driver.as_deref());
        if let Some(driver) = driver.filter(|driver| *driver != "local") {
            self.push(of(&format!("dockerVolumeConfiguration.driver {driver}")));
        }
    }

    fn platform(&mut self, platform: &api::RuntimePlatform) {
        if let Some(family) = platform.operating_system_family.as_ref().filter(|&family| *family != api::OSFamily::Linux) {
            self.push(format!("runtimePlatform.operatingSystemFamily {}", family.as_str()));
        }
        if let Some(architecture) = platform.cpu_architecture.as_ref().filter(|&given| !is_this(given)) {
            self.push(format!("runtimePlatform.cpuArchitecture {}", architecture.as_str()));
        }
    }

    fn container(&mut self, container: &ContainerDefinition) {
        self.some("repositoryCredentials", container.repository_credentials.is_some());
        self.list("secrets", container.secrets.as_ref());
        self.some("firelensConfiguration", container.firelens_configuration.is_some());
        self.list("credentialSpecs", container.credential_specs.as_ref());
        let mut options = container.docker_security_options.iter().flatten();
        self.some("dockerSecurityOptions credentialspec", options.any(|option| option.starts_with("credentialspec:")));
        if let Some(log) = &container.log_configuration {
            let driver = log.log_driver.as_str();
            if !LOG_DRIVERS.contains(&driver) {
                self.push(format!("logConfiguration.logDriver {driver}"));
            }
            self.list("logConfiguration.secretOptions", log.secret_options.as_ref());
            let options = log.options.as_ref();
            for option in LOG_OPTIONS.iter().filter(|&&option| options.is_some_and(|options| options.contains_key(option))) {
                self.push(format!("logConfiguration.options.{option}"));
            }
        }
    }
}

/// Whether an architecture is that of this machine. Instances of another are not told apart yet.
fn is_this(architecture: &api::CPUArchitecture) -> bool {
    match architecture {
        api::CPUArchitecture::X8664 => cfg!(target_arch = "x86_64"),
        api::CPUArchitecture::Arm64 => cfg!(target_arch = "aarch64"),
        api::CPUArchitecture::Unlisted(_) => false,
    }
}

#[cfg(test)]
mod tests;
