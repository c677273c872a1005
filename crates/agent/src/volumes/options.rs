//! Options of Docker's `local` driver: those of a mount.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// What lies behind a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Backing {
    /// A folder of its own.
    Folder,
    /// Memory.
    Memory {
        /// As the kernel's tmpfs has them: `size=64m,mode=1777`.
        options: String,
    },
    /// A folder of the host, which has to be there.
    Bind(PathBuf),
}

/// Reads `type`, `device` and `o`. Others, and other file systems, are refused by name.
pub(crate) fn backing(options: &BTreeMap<String, String>) -> Result<Backing, String> {
    if let Some(unknown) = options.keys().find(|key| !["type", "device", "o"].contains(&key.as_str())) {
        return Err(format!("driverOpts.{unknown}: the local driver has type, device and o"));
    }
    let said = |name: &str| options.get(name).map_or("", String::as_str);
    let (kind, device) = (said("type"), said("device"));
    let flags: Vec<&str> = said("o").split(',').map(str::trim).filter(|flag| !flag.is_empty()).collect();
    match kind {
        "" | "none" if options.is_empty() => Ok(Backing::Folder),
        "tmpfs" => memory(&flags),
        "" | "none" | "bind" if flags.contains(&"bind") || flags.contains(&"rbind") => {
            if let Some(other) = flags.iter().find(|flag| !["bind", "rbind", "rw"].contains(flag)) {
                return Err(format!(
                    "driverOpts.o {other}: a bind has no such option here; make its mount points readOnly instead"
                ));
            }
            host_path(device).map(Backing::Bind).map_err(|problem| format!("driverOpts.device: {problem}"))
        }
        "" | "none" => Err("driverOpts: a device without o=bind".to_owned()),
        other => Err(format!("driverOpts.type {other}: the local driver does tmpfs, and none with o=bind, here")),
    }
}

/// What the kernel is told. It knows the sizes; flags that are no file system's own are few.
fn memory(flags: &[&str]) -> Result<Backing, String> {
    const KNOWN: [&str; 8] = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "huge", "mpol"];
    for flag in flags {
        let name = flag.split('=').next().unwrap_or_default();
        let harmless = ["rw", "nosuid", "nodev"].contains(flag);
        if !harmless && !KNOWN.contains(&name) {
            return Err(format!("driverOpts.o {flag}: tmpfs has no such option here"));
        }
    }
    let told: Vec<&str> = flags.iter().copied().filter(|flag| flag.contains('=')).collect();
    Ok(Backing::Memory { options: told.join(",") })
}

/// A path of the host's that says where it leads.
pub(crate) fn host_path(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if path.is_absolute() && plain && !text.contains('\0') {
        return Ok(path.to_owned());
    }
    Err(format!("{text:?} has to be an absolute path without .."))
}
