//! What an instance must have to run a task.

use berth_api::ecs::{
    ContainerDefinition, EFSTransitEncryption, LinuxParameters, LogConfiguration, LogDriver, NetworkMode,
    RegisterTaskDefinitionRequest, Secret, Volume,
};
use berth_model::{Attribute, Name};
use berth_wire::EnumShape;

use super::environment::Place;
use super::firelens::config_file;
use super::logging::option;
use super::rule::{all, text};

/// The attributes gathered so far, each once, in the order of their reasons.
#[derive(Debug, Default)]
struct Needs(Vec<Attribute>);

impl Needs {
    /// An ability of the agent.
    fn ability(&mut self, name: &str) {
        self.attribute(&format!("ecs.capability.{name}"));
    }

    /// An ability of the agent that is named in the older way.
    fn old_ability(&mut self, name: &str) {
        self.attribute(&format!("com.amazonaws.ecs.capability.{name}"));
    }

    /// A version of Docker's API.
    fn docker(&mut self, version: &str) {
        self.old_ability(&format!("docker-remote-api.{version}"));
    }

    fn attribute(&mut self, name: &str) {
        if !self.0.iter().any(|known| known.name == *name) {
            self.0.push(Attribute { name: Name::new(name), value: None });
        }
    }
}

/// The attributes that a container instance needs, as the agent names them.
pub(super) fn required(request: &RegisterTaskDefinitionRequest) -> Vec<Attribute> {
    let mut needs = Needs::default();
    let execution_role = request.execution_role_arn.is_some();
    for container in &request.container_definitions {
        container_needs(container, execution_role, &mut needs);
    }
    if request.task_role_arn.is_some() {
        needs.old_ability(if request.network_mode == Some(NetworkMode::Host) {
            "task-iam-role-network-host"
        } else {
            "task-iam-role"
        });
    }
    if request.network_mode == Some(NetworkMode::Awsvpc) {
        needs.docker("1.18");
        needs.ability("task-eni");
    }
    if request.pid_mode.is_some() || request.ipc_mode.is_some() {
        needs.ability("pid-ipc-namespace-sharing");
    }
    if request.proxy_configuration.is_some() {
        needs.ability("aws-appmesh");
    }
    if request.enable_fault_injection == Some(true) {
        needs.ability("fault-injection");
    }
    for volume in all(request.volumes.as_ref()) {
        volume_needs(volume, &mut needs);
    }
    needs.0
}

fn container_needs(container: &ContainerDefinition, execution_role: bool, needs: &mut Needs) {
    if let Some(log) = &container.log_configuration {
        log_needs(log, execution_role, needs);
    }
    if is_ecr(text(container.image.as_ref())) {
        needs.old_ability("ecr-auth");
        if execution_role {
            needs.ability("execution-role-ecr-pull");
        }
    }
    if container.repository_credentials.is_some() {
        needs.ability("private-registry-authentication.secretsmanager");
    }
    secret_needs(all(container.secrets.as_ref()), "environment-variables", needs);
    if !all(container.environment_files.as_ref()).is_empty() {
        needs.ability("env-files.s3");
    }
    let timed = container.start_timeout.is_some() || container.stop_timeout.is_some();
    if timed || !all(container.depends_on.as_ref()).is_empty() {
        needs.ability("container-ordering");
        needs.docker("1.17");
    }
    if container.health_check.is_some() {
        needs.ability("container-health-check");
        needs.docker("1.24");
    }
    if container.restart_policy.as_ref().is_some_and(|policy| policy.enabled) {
        needs.ability("container-restart-policy");
    }
    if container.privileged == Some(true) {
        needs.old_ability("privileged-container");
    }
    if container.memory_reservation.is_some() {
        needs.docker("1.21");
    }
    if container.docker_labels.as_ref().is_some_and(|labels| !labels.is_empty()) || !all(container.ulimits.as_ref()).is_empty() {
        needs.docker("1.18");
    }
    if !all(container.system_controls.as_ref()).is_empty() {
        needs.docker("1.24");
    }
    if all(container.port_mappings.as_ref()).iter().any(|mapping| mapping.container_port_range.is_some()) {
        needs.ability("network.container-port-range");
    }
    special_needs(container, needs);
}

/// What few containers have.
fn special_needs(container: &ContainerDefinition, needs: &mut Needs) {
    for option in all(container.docker_security_options.as_ref()) {
        match option.split(':').next() {
            Some("label") => needs.old_ability("selinux"),
            Some("apparmor") => needs.old_ability("apparmor"),
            Some("credentialspec") => needs.ability("gmsa"),
            _ => {}
        }
    }
    for spec in all(container.credential_specs.as_ref()) {
        needs.ability(if spec.starts_with("credentialspecdomainless:") { "gmsa-domainless" } else { "gmsa" });
    }
    if let Some(router) = &container.firelens_configuration {
        needs.ability(&format!("firelens.{}", router.r#type.as_str()));
        if let Some(kind) = config_file(router) {
            needs.ability(&format!("firelens.options.config.{kind}"));
        }
    }
    if let Some(parameters) = &container.linux_parameters {
        parameter_needs(parameters, needs);
    }
}

fn parameter_needs(parameters: &LinuxParameters, needs: &mut Needs) {
    if parameters.shared_memory_size.is_some() || !all(parameters.tmpfs.as_ref()).is_empty() {
        needs.docker("1.22");
    }
    if parameters.max_swap.is_some() || parameters.swappiness.is_some() {
        needs.docker("1.24");
    }
    if parameters.init_process_enabled == Some(true) {
        needs.docker("1.25");
    }
}

fn log_needs(log: &LogConfiguration, execution_role: bool, needs: &mut Needs) {
    let driver = log.log_driver.as_str();
    needs.old_ability(&format!("logging-driver.{driver}"));
    match log.log_driver {
        LogDriver::JsonFile | LogDriver::Syslog => needs.docker("1.18"),
        LogDriver::Awslogs | LogDriver::Journald => needs.docker("1.19"),
        LogDriver::Gelf | LogDriver::Fluentd => needs.docker("1.20"),
        LogDriver::Splunk => needs.docker("1.22"),
        LogDriver::Awsfirelens | LogDriver::None | LogDriver::Unlisted(_) => {}
    }
    if log.log_driver == LogDriver::Awslogs {
        if execution_role {
            needs.ability("execution-role-awslogs");
        }
        let newer = ["awslogs-create-group", "awslogs-datetime-format", "awslogs-multiline-pattern"];
        if newer.iter().any(|name| !option(log, name).is_empty()) {
            needs.docker("1.29");
        }
    }
    if !option(log, "mode").is_empty() || !option(log, "max-buffer-size").is_empty() {
        needs.docker("1.28");
    }
    if !option(log, "log-driver-buffer-limit").is_empty() {
        needs.ability("logging-driver.awsfirelens.log-driver-buffer-limit");
    }
    secret_needs(all(log.secret_options.as_ref()), "bootstrap.log-driver", needs);
}

fn secret_needs(secrets: &[Secret], place: &str, needs: &mut Needs) {
    for secret in secrets {
        let service = match Place::of(secret) {
            Some(Place::SecretsManager) => "asm",
            Some(Place::Parameters) => "ssm",
            None => continue,
        };
        needs.ability(&format!("secrets.{service}.{place}"));
    }
}

fn volume_needs(volume: &Volume, needs: &mut Needs) {
    if let Some(efs) = &volume.efs_volume_configuration {
        needs.ability("efs");
        needs.docker("1.25");
        if efs.transit_encryption == Some(EFSTransitEncryption::Enabled) || efs.authorization_config.is_some() {
            needs.ability("efsAuth");
        }
    }
    if let Some(docker) = &volume.docker_volume_configuration {
        // The agent writes a plugin's tag after a dot.
        let driver = docker.driver.as_deref().unwrap_or("local").replace(':', ".");
        needs.ability(&format!("docker-plugin.{driver}"));
        needs.docker("1.25");
    }
    if volume.s3files_volume_configuration.is_some() {
        needs.ability("storage.s3-files");
    }
    if volume.fsx_windows_file_server_volume_configuration.is_some() {
        needs.ability("fsxWindowsFileServer");
    }
    if volume.configured_at_launch == Some(true) {
        needs.ability("storage.ebs-task-volume-attach");
    }
}

/// Whether an image is in a private ECR registry: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/...`.
pub(super) fn is_ecr(image: &str) -> bool {
    let host = image.split('/').next().unwrap_or_default();
    let (account, rest) = host.split_once('.').unwrap_or_default();
    let in_aws = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with("dkr.ecr") && in_aws
}
