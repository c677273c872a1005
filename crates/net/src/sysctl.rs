//! `/proc/sys/net`: it shows the settings of the calling thread's network namespace.

use std::path::PathBuf;

use crate::NetError;

/// Writes a setting, named as `sysctl` names it but with slashes (interfaces have dots).
pub(crate) fn set(name: &str, value: &str) -> Result<(), NetError> {
    std::fs::write(path(name), value).map_err(NetError::kernel(format!("setting net/{name} to {value}")))
}

/// Reads one.
pub(crate) fn get(name: &str) -> Result<String, NetError> {
    let text = std::fs::read_to_string(path(name)).map_err(NetError::kernel(format!("reading net/{name}")))?;
    Ok(text.trim_end().to_owned())
}

/// As `set`, where the kernel may have been built without what is set.
pub(crate) fn set_if_there(name: &str, value: &str) -> Result<(), NetError> {
    if path(name).exists() { set(name, value) } else { Ok(()) }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from("/proc/sys/net").join(name)
}
