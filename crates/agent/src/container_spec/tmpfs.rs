//! File systems in memory.

use std::path::PathBuf;

use berth_api::acs::docker::HostConfig;
use berth_runtime::Tmpfs;

use super::error::FieldError;

const FIELD: &str = "linuxParameters.tmpfs";
/// As Docker mounts them where nothing else is said.
const DEFAULT: [&str; 3] = ["noexec", "nosuid", "nodev"];
/// They make a mount of another kind.
const OTHER: [&str; 3] = ["remount", "bind", "rbind"];

pub(super) fn of(host: &HostConfig) -> Result<Vec<Tmpfs>, FieldError> {
    let tmpfs = |(target, options): (&String, &String)| {
        if !target.starts_with('/') || target.contains('\0') || target.split('/').any(|name| name == "..") {
            return Err(FieldError::new(FIELD, format!("'{target}' is not an absolute path")));
        }
        let given = || options.split(',').filter(|option| !option.is_empty());
        if let Some(other) = given().find(|option| OTHER.contains(option) || option.contains('\0')) {
            return Err(FieldError::new(FIELD, format!("'{other}' is not an option of a file system in memory")));
        }
        let options = DEFAULT.into_iter().chain(given()).map(str::to_owned).collect();
        Ok(Tmpfs { target: PathBuf::from(target), options })
    };
    host.tmpfs.iter().map(tmpfs).collect()
}
