//! What a task on Fargate may not have, and the sizes it comes in.

use berth_api::ecs::{
    CPUArchitecture, ContainerDefinition, LinuxParameters, NetworkMode, OSFamily, PidMode, RegisterTaskDefinitionRequest,
    ResourceType,
};
use berth_plan::fargate;

use super::firelens::config_file;
use super::logging::{option, require_driver};
use super::rule::{Checked, all, refusal, require};
use super::sizes::task_size;

/// CPU units of a Windows task.
const WINDOWS_CPU: std::ops::RangeInclusive<u32> = 1024..=4096;
/// Seconds that a container may take to stop.
const LONGEST_STOP: i32 = 120;

/// Whether a task can run on Fargate.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    require(request.network_mode == Some(NetworkMode::Awsvpc), || "Fargate only supports network mode ‘awsvpc’.")?;
    check_size(request)?;
    require(request.ipc_mode.is_none(), || "Tasks using the Fargate launch type do not support ipcMode.")?;
    if let Some(mode) = request.pid_mode.as_ref().filter(|&mode| *mode != PidMode::Task) {
        let mode = berth_wire::EnumShape::as_str(mode);
        return Err(refusal(format!(
            "Tasks using the Fargate launch type do not support pidMode '{mode}'. The supported value for pidMode is 'task'."
        )));
    }
    require(all(request.placement_constraints.as_ref()).is_empty(), || unsupported("constraints"))?;
    for volume in all(request.volumes.as_ref()) {
        require(volume.docker_volume_configuration.is_none(), || unsupported("dockerVolumeConfiguration"))?;
        require(volume.host.as_ref().is_none_or(|host| host.source_path.is_none()), || unsupported("sourcePath"))?;
        require(volume.fsx_windows_file_server_volume_configuration.is_none(), || {
            unsupported("fsxWindowsFileServerVolumeConfiguration")
        })?;
    }
    request
        .container_definitions
        .iter()
        .try_for_each(|container| check_container(container, request.execution_role_arn.is_some()))
}

fn unsupported(field: &str) -> String {
    format!("Fargate compatible task definitions do not support {field}")
}

fn check_size(request: &RegisterTaskDefinitionRequest) -> Checked {
    let (cpu, memory) = task_size(request);
    let (Some(cpu), Some(memory)) = (cpu, memory) else {
        let missing = if cpu.is_none() { "cpu" } else { "memory" };
        return Err(refusal(format!("Fargate requires that '{missing}' be defined at the task level.")));
    };
    require(fargate::allowed(cpu, memory) && fits_platform(request, cpu), || {
        format!(
            "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation for \
             the valid values."
        )
    })
}

/// Windows is there for Intel processors alone, and for fewer sizes.
fn fits_platform(request: &RegisterTaskDefinitionRequest, cpu: u32) -> bool {
    let Some(platform) = &request.runtime_platform else { return true };
    let windows = platform.operating_system_family.as_ref().is_some_and(|family| *family != OSFamily::Linux);
    !windows || (WINDOWS_CPU.contains(&cpu) && platform.cpu_architecture != Some(CPUArchitecture::Arm64))
}

fn check_container(container: &ContainerDefinition, execution_role: bool) -> Checked {
    require(
        container.privileged != Some(true),
        || "Fargate requires that the ‘privileged’ setting be ‘false’ at the container level.",
    )?;
    require(all(container.docker_security_options.as_ref()).is_empty(), || unsupported("dockerSecurityOptions"))?;
    if let Some(parameters) = &container.linux_parameters {
        check_parameters(parameters)?;
    }
    let needs = all(container.resource_requirements.as_ref());
    require(
        !needs.iter().any(|need| need.r#type == ResourceType::Gpu),
        || "Tasks using the Fargate launch type do not support GPU resource requirements.",
    )?;
    require(container.stop_timeout.is_none_or(|seconds| seconds <= LONGEST_STOP), || {
        format!("Tasks using the Fargate launch type must have a container stop timeout of less than {LONGEST_STOP} seconds.")
    })?;
    let image = container.image.as_deref().unwrap_or_default();
    require(execution_role || !super::attributes::is_ecr(image), || needs_role("ECR images"))?;
    let router = container.firelens_configuration.as_ref();
    require(
        router.and_then(config_file) != Some("s3"),
        || "Fargate launch type does not support FirelensConfiguration config file from 's3'",
    )?;
    check_logs(container, execution_role)
}

fn check_logs(container: &ContainerDefinition, execution_role: bool) -> Checked {
    let Some(log) = &container.log_configuration else { return Ok(()) };
    require_driver(log, &["awslogs", "splunk", "awsfirelens"])?;
    if log.log_driver != berth_api::ecs::LogDriver::Awslogs {
        return Ok(());
    }
    require(execution_role, || needs_role("log driver awslogs"))?;
    require(
        !option(log, "awslogs-stream-prefix").is_empty(),
        || "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.",
    )
}

fn needs_role(what: &str) -> String {
    format!("Fargate requires task definition to have execution role ARN to support {what}.")
}

fn check_parameters(parameters: &LinuxParameters) -> Checked {
    let added = parameters.capabilities.as_ref().and_then(|capabilities| capabilities.add.as_ref());
    if let Some(other) = all(added).iter().find(|capability| *capability != "SYS_PTRACE") {
        return Err(refusal(format!("{other} is not allowed on Fargate.")));
    }
    require(all(parameters.devices.as_ref()).is_empty(), || unsupported("devices"))?;
    require(parameters.shared_memory_size.is_none(), || unsupported("sharedMemorySize"))?;
    require(parameters.max_swap.is_none(), || unsupported("maxSwap"))?;
    require(parameters.swappiness.is_none(), || unsupported("swappiness"))
}
