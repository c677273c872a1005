//! Programs, folders, and whether the installation that should run does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use berth_api::sts;
use berth_runtime::OciRuntimes;
use rustix::fs::statvfs;

use super::Finding;
use crate::connection::Connection;
use crate::node_file::{self, NodeConfig};
use crate::{installation, preflight};

/// Below that, images soon do not fit any more.
const ROOM: u64 = 5 << 30;

/// What there is to say.
pub(super) async fn examine(folder: &Path, shim: Option<&Path>) -> Vec<Finding> {
    let mut findings = vec![program(shim)];
    findings.extend(oci_runtimes(folder));
    findings.extend([file_system(folder), room(folder)]);
    findings.push(system(folder).await);
    findings
}

fn program(shim: Option<&Path>) -> Finding {
    match preflight::shim(shim) {
        Ok(path) => Finding::good("berth-shim", path.display().to_string()),
        Err(error) => Finding::lacking("berth-shim", "not usable", format!("{error:#}")),
    }
}

/// What else makes containers, if the operator has chosen something, with its version.
fn oci_runtimes(folder: &Path) -> Vec<Finding> {
    const WHAT: &str = "OCI runtime";
    let found = || {
        let chosen = node_file::settings(&NodeConfig { node_config: None }, folder)?.runtime.find()?;
        let programs: BTreeSet<_> = [chosen.usual, chosen.own_ids].into_iter().flatten().collect();
        let told = |program: PathBuf| {
            let version = OciRuntimes::version(&program)?;
            anyhow::Ok(Finding::good(WHAT, format!("{}, {version}", program.display())))
        };
        programs.into_iter().map(told).collect::<anyhow::Result<Vec<_>>>()
    };
    found().unwrap_or_else(|error| vec![Finding::lacking(WHAT, "not usable", format!("{error:#}"))])
}

/// The folder itself, or the one that it will be made in.
fn nearest(folder: &Path) -> &Path {
    folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"))
}

fn file_system(folder: &Path) -> Finding {
    match preflight::check_file_system(nearest(folder)) {
        Ok(()) => Finding::good("file system", format!("{} can hold what containers write", folder.display())),
        Err(error) => Finding::lacking("file system", folder.display().to_string(), format!("{error:#}")),
    }
}

fn room(folder: &Path) -> Finding {
    const WHAT: &str = "room";
    let Ok(found) = statvfs(nearest(folder)) else {
        return Finding::limited(WHAT, "not known", format!("the file system of {} does not say", folder.display()));
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let text = format!("{} free for {}", indicatif::DecimalBytes(free), folder.display());
    if free >= ROOM {
        return Finding::good(WHAT, text);
    }
    Finding::limited(WHAT, text, "images may not fit: free some, or choose another folder with --data-dir")
}

/// Whether the installation answers.
async fn system(folder: &Path) -> Finding {
    const WHAT: &str = "berth";
    if let Err(error) = installation::running(folder) {
        return Finding::limited(WHAT, "does not run", error.to_string());
    }
    let answered = async {
        let connection = Connection::open(folder)?;
        anyhow::Ok(connection.client.call(&sts::GetCallerIdentityRequest::default()).await?)
    };
    match answered.await {
        Ok(_) => Finding::good(WHAT, format!("runs in {} and answers", folder.display())),
        Err(error) => Finding::lacking(WHAT, "runs and does not answer", format!("{error:#}; its log says more")),
    }
}
