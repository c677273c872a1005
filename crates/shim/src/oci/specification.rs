//! The specification of a container for a runtime that does everything itself: what the library is told, and besides it what is done
//! here otherwise, or by the executor.

use std::path::Path;

use berth_runtime::{ContainerSpec, ProcessSpec};
use rustix::thread::CapabilitySet;
use serde_json::{Value, json};

use super::filter;
use super::making::{FAILURE, INIT};
use crate::confinement::{self, Confinement};
use crate::devices::Node;
use crate::failure::Result;
use crate::identity::Identity;
use crate::init;
use crate::program::Program;

/// Where containers see their groups.
const GROUPS: &str = "/sys/fs/cgroup";

/// What a runtime has to know besides.
pub(crate) struct Last<'a> {
    pub(crate) confinement: &'a Confinement,
    pub(crate) program: &'a Program,
    pub(crate) devices: &'a [Node],
    /// The container's, which is there.
    pub(crate) cgroup: &'a str,
}

/// Completes what the library is told.
pub(crate) fn complete(config: &mut Value, spec: &ContainerSpec, last: &Last<'_>) {
    let process = &mut config["process"];
    process["args"] = arguments(spec).into();
    process["env"] = last.program.environment_text().into();
    process["capabilities"] = capabilities(last.confinement.capabilities);
    process["noNewPrivileges"] = spec.process.no_new_privileges.into();
    process["apparmorProfile"] = spec.process.apparmor.clone().unwrap_or_default().into();
    show_groups(&mut config["mounts"], spec.privileged);
    let linux = &mut config["linux"];
    if let Some(paths) = linux["readonlyPaths"].as_array_mut() {
        // Beside version 1's groups, what they are mounted in can be written.
        paths.push(GROUPS.into());
    }
    for namespace in linux["namespaces"].as_array_mut().into_iter().flatten() {
        if let Some(path) = namespace["path"].as_str().map(reachable) {
            namespace["path"] = path.into();
        }
    }
    if let Some(map) = spec.id_map {
        let ids = json!([{ "containerID": 0, "hostID": map.first, "size": map.count }]);
        linux["uidMappings"] = ids.clone();
        linux["gidMappings"] = ids;
    }
    linux["cgroupsPath"] = last.cgroup.into();
    linux["resources"] = json!({ "devices": device_rules(spec, last.devices) });
    if !spec.privileged {
        linux["seccomp"] = filter::of(wanted(spec, last.confinement));
    }
}

/// The specification of one more process.
pub(super) fn process(spec: &ProcessSpec, identity: &Identity, cwd: &Path, confinement: &Confinement) -> Result<Value> {
    let program = Program::new(&spec.args, &spec.env, &identity.home)?;
    Ok(json!({
        "terminal": false,
        "user": { "uid": identity.user, "gid": identity.group, "additionalGids": identity.groups, "umask": 0o022 },
        "args": spec.args,
        "env": program.environment_text(),
        "cwd": cwd,
        "capabilities": capabilities(confinement.capabilities),
        "rlimits": confinement::limits_text(&spec.resource_limits)?,
        "noNewPrivileges": spec.no_new_privileges,
        "apparmorProfile": spec.apparmor.as_deref().unwrap_or_default(),
    }))
}

/// With an init the container's process is this program, which is handed to it.
fn arguments(spec: &ContainerSpec) -> Vec<String> {
    if !spec.init {
        return spec.process.args.clone();
    }
    let own = [format!("/proc/self/fd/{INIT}"), init::MODE.to_owned(), FAILURE.to_string()];
    own.into_iter().chain(spec.process.args.iter().cloned()).collect()
}

/// What the first process is given; for anybody but root the runtime clears the rest.
fn capabilities(of: CapabilitySet) -> Value {
    let names: Vec<String> = of.iter_names().map(|(name, _)| format!("CAP_{name}")).collect();
    json!({ "bounding": names, "permitted": names, "effective": names, "inheritable": [], "ambient": [] })
}

/// What a filter is made for: what was asked for, as far as it is known.
fn wanted(spec: &ContainerSpec, confinement: &Confinement) -> CapabilitySet {
    confinement::capability_set(&spec.process.capabilities).unwrap_or(confinement.capabilities)
}

/// A path that is good in this process, for one that is not its child's child.
fn reachable(path: &str) -> String {
    path.replacen("/proc/self/", &format!("/proc/{}/", std::process::id()), 1)
}

/// The container's groups, in the place where containers look for them.
fn show_groups(mounts: &mut Value, writable: bool) {
    let Some(mounts) = mounts.as_array_mut() else { return };
    if mounts.iter().any(|mount| mount["destination"] == GROUPS) {
        return;
    }
    let options = ["nosuid", "noexec", "nodev", "relatime", if writable { "rw" } else { "ro" }];
    mounts.push(json!({ "destination": GROUPS, "type": "cgroup", "source": "cgroup", "options": options }));
    mounts.sort_by_key(|mount| Path::new(mount["destination"].as_str().unwrap_or_default()).components().count());
}

fn device_rules(spec: &ContainerSpec, devices: &[Node]) -> Vec<Value> {
    if spec.privileged {
        return vec![json!({ "allow": true, "access": "rwm" })];
    }
    let none = json!({ "allow": false, "access": "rwm" });
    [none].into_iter().chain(devices.iter().map(Node::allowed)).collect()
}
