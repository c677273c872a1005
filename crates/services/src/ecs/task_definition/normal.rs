//! The normal form: what AWS fills in, so that a description shows the same whoever wrote the definition.

use berth_api::Refusal;
use berth_api::ecs::{
    ContainerDefinition, HealthCheck, HostVolumeProperties, NetworkMode, RegisterTaskDefinitionRequest, TransportProtocol, Volume,
};
use berth_model::AccountId;
use berth_wire::Redacted;

use super::rule::{Checked, refusal};
use super::sizes::{cpu_units, memory_mib};

/// Brings a request into its normal form.
///
/// # Errors
/// A size or a role that no form can be made of.
pub(super) fn fill(request: &mut RegisterTaskDefinitionRequest, account: AccountId) -> Checked {
    size(&mut request.cpu, cpu_units, "cpu")?;
    size(&mut request.memory, memory_mib, "memory")?;
    role(&mut request.task_role_arn, account)?;
    role(&mut request.execution_role_arn, account)?;
    let mode = request.network_mode.clone().unwrap_or(NetworkMode::Bridge);
    for container in &mut request.container_definitions {
        fill_container(container, &mode);
    }
    request.volumes.get_or_insert_default().iter_mut().for_each(fill_volume);
    request.placement_constraints.get_or_insert_default();
    Ok(())
}

fn size(field: &mut Option<String>, read: fn(&str) -> Option<u32>, name: &str) -> Checked {
    let Some(text) = field else { return Ok(()) };
    let units = read(text).ok_or_else(|| refusal(format!("Invalid '{name}' setting for task.")))?;
    *text = units.to_string();
    Ok(())
}

/// A role by its full name; short names are those of this account's roles. An empty one is none.
fn role(field: &mut Option<String>, account: AccountId) -> Checked {
    let Some(text) = field else { return Ok(()) };
    if text.is_empty() {
        *field = None;
        return Ok(());
    }
    *text = full_role(text, account)?;
    Ok(())
}

/// The full name of a role.
pub(in crate::ecs) fn full_role(text: &str, account: AccountId) -> Result<String, Refusal> {
    let own = format!("arn:aws:iam::{account}:role/");
    let path = text.strip_prefix(&own).unwrap_or(text);
    let of_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/+=,.@-_".contains(&byte);
    let name = path.rsplit('/').next().unwrap_or_default();
    let valid = path.bytes().all(of_path) && (1..=64).contains(&name.len()) && !path.starts_with('/');
    if valid { Ok(format!("{own}{path}")) } else { Err(refusal("Role is not valid")) }
}

fn fill_container(container: &mut ContainerDefinition, mode: &NetworkMode) {
    container.cpu.get_or_insert(0);
    container.essential.get_or_insert(true);
    container.environment.get_or_insert_with(|| Redacted(Vec::new()));
    container.mount_points.get_or_insert_default();
    container.volumes_from.get_or_insert_default();
    container.system_controls.get_or_insert_default();
    for mapping in container.port_mappings.get_or_insert_default() {
        mapping.protocol.get_or_insert(TransportProtocol::Tcp);
        if mapping.container_port_range.is_none() && mapping.host_port.is_none() {
            // Without a network of the task's own or the host's, the agent chooses a port: AWS writes 0.
            let same = matches!(mode, NetworkMode::Awsvpc | NetworkMode::Host);
            mapping.host_port = if same { mapping.container_port } else { Some(0) };
        }
    }
    if let Some(health) = &mut container.health_check {
        fill_health(health);
    }
}

fn fill_health(health: &mut HealthCheck) {
    health.interval.get_or_insert(30);
    health.timeout.get_or_insert(5);
    health.retries.get_or_insert(3);
}

fn fill_volume(volume: &mut Volume) {
    if let Some(efs) = &mut volume.efs_volume_configuration {
        efs.root_directory.get_or_insert_with(|| "/".to_owned());
    }
    let bare = volume.docker_volume_configuration.is_none()
        && volume.efs_volume_configuration.is_none()
        && volume.s3files_volume_configuration.is_none()
        && volume.fsx_windows_file_server_volume_configuration.is_none()
        && volume.configured_at_launch != Some(true);
    if bare {
        volume.host.get_or_insert_with(HostVolumeProperties::default);
    }
}
