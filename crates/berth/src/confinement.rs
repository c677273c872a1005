//! The control plane is never root when it parses requests, and sees no file but its own.

use std::path::Path;

use anyhow::{Context, Result, bail};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{self, Gid, Pid, Uid, User};

/// The user that packages and administrators may make for the control plane.
const USER: &str = "berth";

/// Where a user id is looked for if there is no such user: above what distributions hand out, below systemd's dynamic range.
const FREE_IDS: std::ops::Range<u32> = 60_600..61_000;

pub(crate) fn is_root() -> bool {
    Uid::effective().is_root()
}

/// The user and group for a control plane: `berth`, or else ids that no user of this machine has.
pub(crate) fn choose_user() -> Result<(u32, u32)> {
    if let Some(user) = User::from_name(USER).context("looking up the user berth")? {
        return Ok((user.uid.as_raw(), user.gid.as_raw()));
    }
    for id in FREE_IDS {
        if User::from_uid(Uid::from_raw(id)).context("looking up users")?.is_none() {
            return Ok((id, id));
        }
    }
    bail!("no free user id in {FREE_IDS:?} for the control plane; make a user named {USER}")
}

/// Makes `folder` this process's root and gives up root's rights for good. For the time before a second thread exists:
/// the kernel keeps these per thread, and threads made later inherit them.
pub(crate) fn enter(folder: &Path, (user, group): (u32, u32)) -> Result<()> {
    unistd::chroot(folder).with_context(|| format!("making {} the server's root", folder.display()))?;
    unistd::chdir("/").context("entering the server's root")?;
    unistd::setgroups(&[]).context("giving up supplementary groups")?;
    let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
    unistd::setresgid(group, group, group).context("becoming the server's group")?;
    unistd::setresuid(user, user, user).context("becoming the server's user")?;
    if unistd::setuid(Uid::from_raw(0)).is_ok() {
        bail!("root's rights came back after they were given up");
    }
    Ok(())
}

/// Has the kernel end this process with SIGTERM when its parent ends, however that ends. For the time after [`enter`], which
/// would undo it, and for a parent whose first thread started this process.
pub(crate) fn end_with(parent: Pid) -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGTERM).context("asking to be ended with the supervisor")?;
    if unistd::getppid() != parent {
        bail!("the supervisor ended while the server started");
    }
    Ok(())
}
