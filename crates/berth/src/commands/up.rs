//! `berth up`: the whole system on this machine.

use std::path::Path;

use anyhow::{Result, bail};

use super::server::{announcement, bind};
use crate::cli::Up;
use crate::installation::Installation;
use crate::{keys, logging, server, supervisor};

pub(super) fn run(arguments: &Up) -> Result<()> {
    let plane = &arguments.plane;
    logging::start(&plane.log_level, plane.log_format)?;
    if !arguments.no_agent {
        bail!("this version has no node agent yet: start the control plane alone with `berth up --no-agent`");
    }
    server::Settings::of(plane)?;
    let installation = Installation::open(&plane.data.data_dir)?;
    keys::prepare(&installation)?;
    let listener = bind(plane.listen)?;
    let run = announcement(plane, &listener)?;
    let _announced = installation.announce(&run)?;
    tracing::info!(installation = installation.id, listen = %run.listen, folder = %installation.folder().display(), "berth is starting");
    super::print(&welcome(&run, installation.folder()))?;
    supervisor::run(plane, installation.folder(), &listener)
}

fn welcome(run: &crate::installation::Run, folder: &Path) -> String {
    let data = if folder == Path::new("/var/lib/berth") { String::new() } else { format!(" --data-dir {}", folder.display()) };
    format!(
        "Berth {version} listens on http://{listen} (region {region}, account {account}, data in {folder}).\n\
         In another shell:\n\n    eval \"$(berth env{data})\"\n    aws ecs describe-clusters\n\nCtrl-C stops it; data stays.\n",
        version = run.version,
        listen = run.listen,
        region = run.region,
        account = run.account_id,
        folder = folder.display(),
    )
}
