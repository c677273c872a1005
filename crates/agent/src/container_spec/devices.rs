//! Devices of the host that a container sees.

use std::path::PathBuf;

use berth_api::acs::docker::HostConfig;
use berth_runtime::Device;

use super::error::FieldError;

const FIELD: &str = "linuxParameters.devices";
/// All that can be done with a device.
const ALL: &str = "rwm";

pub(super) fn of(host: &HostConfig) -> Result<Vec<Device>, FieldError> {
    let device = |given: &berth_api::acs::docker::Device| {
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        let source = given.path_on_host.clone();
        let target = or(&given.path_in_container, &source);
        let access = or(&given.cgroup_permissions, ALL);
        for path in [&source, &target] {
            if !path.starts_with('/') || path.contains('\0') || path.split('/').any(|name| name == "..") {
                return Err(FieldError::new(FIELD, format!("'{path}' is not an absolute path")));
            }
        }
        if !access.chars().all(|letter| ALL.contains(letter)) {
            return Err(FieldError::new(FIELD, format!("'{access}' are no permissions of a device")));
        }
        Ok(Device { source: PathBuf::from(source), target: PathBuf::from(target), access })
    };
    host.devices.iter().map(device).collect()
}
