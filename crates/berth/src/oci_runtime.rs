//! The OCI runtimes that an operator chose for a node: found, and fit to be run as root.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use berth_runtime::OciRuntimes;
use serde::Deserialize;

/// Where a name without a path is looked for.
const FOLDERS: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// Berth's own.
const EMBEDDED: &str = "embedded";

/// What `node.toml` says: names or paths; [`EMBEDDED`] is Berth's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RuntimeNames {
    /// For all containers.
    name: Option<String>,
    /// For those of Fargate tasks; the same if nothing is said.
    fargate: Option<String>,
}

impl RuntimeNames {
    /// Finds the programs.
    pub(crate) fn find(&self) -> Result<OciRuntimes> {
        let found = |name: Option<&String>| match name.map(String::as_str) {
            None | Some(EMBEDDED) => Ok(None),
            Some(name) => find(name).map(Some),
        };
        Ok(OciRuntimes { usual: found(self.name.as_ref())?, own_ids: found(self.fargate.as_ref().or(self.name.as_ref()))? })
    }
}

fn find(name: &str) -> Result<PathBuf> {
    let path = match name.contains('/') {
        true => Some(PathBuf::from(name)).filter(|path| path.is_absolute()),
        false => FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file()),
    };
    let Some(path) = path else {
        bail!(
            "there is no OCI runtime `{name}`: install it (Debian's package `runc`), or name it by an absolute path in [runtime] of node.toml"
        );
    };
    let path = path.canonicalize().with_context(|| format!("looking for the OCI runtime {}", path.display()))?;
    for part in path.ancestors() {
        check(part, part == path)?;
    }
    Ok(path)
}

/// It is run as root: nobody else may be able to change it.
fn check(part: &Path, is_program: bool) -> Result<()> {
    let found = part.metadata().with_context(|| format!("looking at {}", part.display()))?;
    if is_program && !(found.is_file() && found.mode() & 0o111 != 0) {
        bail!("the OCI runtime {} is not a program", part.display());
    }
    // Folders for software of the machine's own belong to a group of administrators on some distributions.
    let writable = if is_program { 0o022 } else { 0o002 };
    if found.uid() != 0 || found.mode() & writable != 0 {
        bail!(
            "{} can be changed by others than root, who would be root on this machine: an OCI runtime is not run from there",
            part.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, chown};

    use super::*;

    fn names(name: Option<&str>, fargate: Option<&str>) -> RuntimeNames {
        RuntimeNames { name: name.map(str::to_owned), fargate: fargate.map(str::to_owned) }
    }

    #[test]
    fn one_name_is_for_all_containers_unless_those_of_fargate_have_their_own() {
        let shell = Some(PathBuf::from("/bin/sh").canonicalize().unwrap());
        let chosen = |usual, own_ids| OciRuntimes { usual, own_ids };
        assert_eq!(names(None, None).find().unwrap(), OciRuntimes::default());
        assert_eq!(names(Some("sh"), None).find().unwrap(), chosen(shell.clone(), shell.clone()));
        assert_eq!(names(Some("sh"), Some("embedded")).find().unwrap(), chosen(shell.clone(), None));
        assert_eq!(names(None, Some("/bin/sh")).find().unwrap(), chosen(None, shell));
    }

    #[test]
    fn what_is_not_there_or_no_program_or_others_can_change_is_refused() {
        let folder = tempfile::tempdir_in("/var/lib").unwrap();
        let program = folder.path().join("runtime");
        fs::write(&program, "#!/bin/sh\n").unwrap();
        let refusal = || find(program.to_str().unwrap()).unwrap_err().to_string();
        assert!(refusal().contains("is not a program"));
        for (mode, owner) in [(0o775, 0), (0o757, 0), (0o755, 1000)] {
            fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
            chown(&program, Some(owner), None).unwrap();
            assert!(refusal().contains("others than root"), "{mode:o} {owner}");
        }
        chown(&program, Some(0), None).unwrap();
        assert_eq!(find(program.to_str().unwrap()).unwrap(), program.canonicalize().unwrap());
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(refusal().contains("others than root"));
        for missing in ["not-there", "bin/sh", "/not/there"] {
            assert!(format!("{:#}", find(missing).unwrap_err()).contains("OCI runtime"), "{missing}");
        }
    }
}
