//! How a container stands, from its folder and the kernel alone.

use std::fs;
use std::io;

use super::failed;
use crate::error::RuntimeError;
use crate::folder::{Exit, Folder, Holder, Phase, read_holder, read_record, time_of};
use crate::outcome::Standing;
use crate::process;
use crate::spec::ContainerSpec;

/// `waits`: whoever asks can start it, if it was created.
pub(super) fn look(folder: &Folder, waits: bool) -> Result<Standing, RuntimeError> {
    if let Some(exit) = read_record::<Exit>(&folder.exit())? {
        return Ok(Standing::Ended(exit.into()));
    }
    let Some(holder) = holder(folder)? else { return Ok(Standing::Absent) };
    let began = holder.phase >= Phase::Starting;
    let lost = |why: &str| if began { Standing::Lost { why: why.to_owned() } } else { Standing::Absent };
    if holder.boot_id != boot_id()? {
        return Ok(lost("the machine was started again"));
    }
    if holder.shim.alive().map_err(failed("looking at the shim of", folder.path()))?.is_none() {
        // It may have ended in the right way since the first look.
        return match read_record::<Exit>(&folder.exit())? {
            Some(exit) => Ok(Standing::Ended(exit.into())),
            None => match self::holder(folder)? {
                None => Ok(Standing::Absent),
                Some(_) => Ok(lost("the process that held the container was killed")),
            },
        };
    }
    Ok(match (holder.phase, holder.container) {
        (Phase::Created, _) if waits => Standing::Created,
        (Phase::Running, Some(container)) => {
            Standing::Running { pid: container.pid.unsigned_abs(), started_at: time_of(holder.started_nanos.unwrap_or_default()) }
        }
        _ => Standing::Unsettled,
    })
}

pub(super) fn holder(folder: &Folder) -> Result<Option<Holder>, RuntimeError> {
    read_holder(&folder.holder())
}

pub(super) fn boot_id() -> Result<String, RuntimeError> {
    process::boot_id().map_err(|source| RuntimeError::System { doing: "reading the boot id".to_owned(), source })
}

pub(super) fn spec(folder: &Folder) -> Result<Option<ContainerSpec>, RuntimeError> {
    let path = folder.spec();
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed("reading", &path)(source)),
    };
    let damaged = |error: serde_json::Error| RuntimeError::Record { path: path.clone(), problem: error.to_string() };
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

/// For messages.
pub(super) fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Absent => "not there",
        Standing::Unsettled => "being made",
        Standing::Created => "created",
        Standing::Running { .. } => "running",
        Standing::Ended(_) => "over",
        Standing::Lost { .. } => "lost",
    }
}
