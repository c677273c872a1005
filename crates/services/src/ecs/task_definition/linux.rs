//! Kernel settings of a container: capabilities, memory, limits, system controls, devices.

use berth_api::ecs::{ContainerDefinition, LinuxParameters, ResourceType, Tmpfs, Ulimit};
use berth_model::CAPABILITIES;
use berth_wire::EnumShape;

use super::rule::{Checked, all, duplicate, number, refusal, require, require_setting, text};

/// Docker's word for all capabilities.
const ALL: &str = "ALL";

/// Mount options of a tmpfs that stand alone; those with a value follow.
const MOUNT_OPTIONS: [&str; 32] = [
    "defaults",
    "ro",
    "rw",
    "suid",
    "nosuid",
    "dev",
    "nodev",
    "exec",
    "noexec",
    "sync",
    "async",
    "dirsync",
    "remount",
    "mand",
    "nomand",
    "atime",
    "noatime",
    "diratime",
    "nodiratime",
    "bind",
    "rbind",
    "unbindable",
    "runbindable",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "relatime",
    "norelatime",
    "strictatime",
];
const MOUNT_OPTIONS_WITH_VALUE: [&str; 7] = ["mode=", "uid=", "gid=", "nr_inodes=", "nr_blocks=", "mpol=", "size="];

/// System controls that have a namespace, besides `net.*` and `fs.mqueue.*`.
const KERNEL_CONTROLS: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
];

/// The rules about one container's kernel settings.
pub(super) fn check(container: &ContainerDefinition) -> Checked {
    if let Some(parameters) = &container.linux_parameters {
        check_parameters(container, parameters)?;
    }
    check_ulimits(all(container.ulimits.as_ref()))?;
    let controls = all(container.system_controls.as_ref());
    let known = controls.iter().all(|control| {
        let namespace = text(control.namespace.as_ref());
        let prefixes = ["net.", "fs.mqueue."];
        (KERNEL_CONTROLS.contains(&namespace) || prefixes.iter().any(|prefix| namespace.starts_with(prefix)))
            && !text(control.value.as_ref()).is_empty()
    });
    require_setting(known, "systemControls", container)?;
    let requirements = all(container.resource_requirements.as_ref());
    let gpus = requirements.iter().all(|need| need.r#type == ResourceType::Gpu && gpu_count(&need.value) > 0);
    require_setting(gpus && requirements.len() <= 1, "resourceRequirements", container)
}

/// How many GPUs a requirement asks for; 0 if it is no number.
pub(in crate::ecs) fn gpu_count(value: &str) -> u32 {
    number(value).unwrap_or(0)
}

fn check_parameters(container: &ContainerDefinition, parameters: &LinuxParameters) -> Checked {
    if let Some(capabilities) = &parameters.capabilities {
        let lists = [capabilities.add.as_ref(), capabilities.drop.as_ref()];
        if let Some(unknown) = lists.into_iter().flat_map(all).find(|name| *name != ALL && !CAPABILITIES.contains(&name.as_str()))
        {
            return Err(refusal(format!("{unknown} is not a valid Linux capability.")));
        }
    }
    let at_least = |value: Option<i32>, least: i32| value.is_none_or(|value| value >= least);
    require_setting(at_least(parameters.shared_memory_size, 1), "sharedMemorySize", container)?;
    require_setting(at_least(parameters.max_swap, 0), "maxSwap", container)?;
    require_setting(parameters.swappiness.is_none_or(|value| (0..=100).contains(&value)), "swappiness", container)?;
    let tmpfs = all(parameters.tmpfs.as_ref());
    require_setting(tmpfs.iter().all(is_tmpfs), "tmpfs", container)?;
    let devices = all(parameters.devices.as_ref());
    require_setting(devices.iter().all(|device| !device.host_path.is_empty()), "devices", container)
}

fn is_tmpfs(mount: &Tmpfs) -> bool {
    let known = |option: &String| {
        MOUNT_OPTIONS.contains(&option.as_str())
            || matches!(option.as_str(), "nostrictatime")
            || MOUNT_OPTIONS_WITH_VALUE.iter().any(|prefix| option.starts_with(prefix))
    };
    mount.size > 0 && mount.container_path.starts_with('/') && all(mount.mount_options.as_ref()).iter().all(known)
}

fn check_ulimits(limits: &[Ulimit]) -> Checked {
    // -1 is no limit at all.
    let height = |limit: i32| if limit == -1 { i64::MAX } else { i64::from(limit) };
    for limit in limits {
        require(height(limit.soft_limit) <= height(limit.hard_limit), || {
            format!("Soft limit exceeds hard limit for ulimit {}", limit.name.as_str())
        })?;
    }
    if let Some(twice) = duplicate(limits, |limit| &limit.name) {
        let name = twice.name.as_str();
        return Err(refusal(format!("Duplicate ulimit names found: {name}. Each ulimit name must be unique.")));
    }
    Ok(())
}
