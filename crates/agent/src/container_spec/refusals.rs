//! What a task may ask for, and this agent does not do yet. A field that begins to act leaves this list.

use berth_api::acs::Task;

use super::connection::{Connection, is_fargate};
use super::docker::Wanted;
use super::error::FieldError;
use super::process;

/// The first field that asks for what is not done.
pub(super) fn check(task: &Task, wanted: &Wanted<'_>) -> Result<(), FieldError> {
    let refused = of_task(task).into_iter().chain(of_container(wanted)).chain(of_docker(wanted));
    refused.into_iter().find(|(_, asked)| *asked).map_or(Ok(()), |(field, _)| Err(FieldError::not_done(field)))
}

/// A Fargate task with anything of the machine's does not run, whoever sent it.
pub(super) fn check_fargate(task: &Task, wanted: &Wanted<'_>, connection: &Connection) -> Result<(), FieldError> {
    if !is_fargate(task) {
        return Ok(());
    }
    if connection.ids.is_none() {
        return Err(FieldError::new("launchType", "this machine takes no Fargate tasks: there are no ids of their own for them"));
    }
    if wanted.host.privileged == Some(true) {
        return Err(FieldError::new("privileged", "no container of a Fargate task is privileged"));
    }
    Ok(())
}

fn of_task(task: &Task) -> [(&'static str, bool); 4] {
    [
        ("proxyConfiguration", task.proxy_configuration.is_some()),
        ("resourceRequirements", !task.associations.is_empty()),
        ("volumes", task.attachments.iter().any(|attachment| attachment.attachment_type.is_some())),
        ("enableFaultInjection", task.enable_fault_injection == Some(true)),
    ]
}

fn of_container(wanted: &Wanted<'_>) -> [(&'static str, bool); 6] {
    let container = wanted.container;
    [
        ("logConfiguration with the execution role", container.logs_auth_strategy.is_some()),
        ("secrets", !container.secrets.is_empty()),
        ("firelensConfiguration", container.firelens_configuration.is_some()),
        ("enableExecuteCommand", !container.managed_agents.is_empty()),
        ("credentialSpecs", !container.credential_specs.is_empty()),
        ("networkInterfaceNames", !container.network_interface_names.is_empty()),
    ]
}

fn is_known(option: &str) -> bool {
    process::no_new_privileges(option).is_some() || process::apparmor(option).is_some()
}

fn of_docker(wanted: &Wanted<'_>) -> [(&'static str, bool); 3] {
    let host = &wanted.host;
    let own = |mode: &Option<String>| mode.as_deref().is_some_and(|mode| !mode.is_empty() && mode != "private");
    [
        ("pidMode", own(&host.pid_mode)),
        ("ipcMode", own(&host.ipc_mode)),
        ("dockerSecurityOptions", !host.security_opt.iter().all(|option| is_known(option))),
    ]
}
