//! Owners, modes, times and extended attributes.

use std::os::fd::BorrowedFd;

use rustix::fs::{
    AtFlags, Gid, Mode, OFlags, RawMode, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags, chmodat, chownat, fchmod, fchown,
    fsetxattr, fstat, futimens, openat, unlinkat, utimensat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::Left;
use super::tree::io;
use crate::archive::Entry;
use crate::error::UnpackProblem;

/// What an entry is like, beside its content.
#[derive(Debug, Clone)]
pub(super) struct Attributes {
    mode: u32,
    /// User and group; of root, which an implied folder belongs to.
    owner: (u32, u32),
    time: Option<(i64, u32)>,
    extended: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Attributes {
    /// Of a folder that no entry describes.
    pub(super) fn of_mode(mode: u32) -> Self {
        Self { mode, owner: (0, 0), time: None, extended: Vec::new() }
    }

    pub(super) fn of(entry: &mut Entry) -> Self {
        Self {
            mode: entry.mode,
            owner: (entry.uid, entry.gid),
            time: Some((entry.mtime, entry.mtime_nanos)),
            extended: std::mem::take(&mut entry.attributes),
        }
    }

    pub(super) fn mode(&self) -> u32 {
        self.mode
    }

    fn times(&self) -> Option<Timestamps> {
        let (seconds, nanos) = self.time?;
        let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        Some(Timestamps { last_access: omit, last_modification: Timespec { tv_sec: seconds, tv_nsec: nanos.into() } })
    }
}

/// Gives files their attributes, with as few calls as it takes.
#[derive(Debug)]
pub(super) struct Setter {
    /// Whom new files belong to.
    own: (u32, u32),
    /// The permissions that new files get at most.
    granted: u32,
    may_give_away: bool,
}

impl Setter {
    /// Looks at what a new file in the folder is like.
    pub(super) fn new(folder: BorrowedFd<'_>) -> Result<Self, UnpackProblem> {
        const PROBE: &str = "probe";
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let all = Mode::RWXU | Mode::RWXG | Mode::RWXO;
        let probe = openat(folder, PROBE, flags, all).map_err(io("making a file"))?;
        let stat = fstat(&probe).map_err(io("looking at a file"))?;
        unlinkat(folder, PROBE, AtFlags::empty()).map_err(io("removing a file"))?;
        Ok(Self { own: (stat.st_uid, stat.st_gid), granted: stat.st_mode & 0o777, may_give_away: geteuid().is_root() })
    }

    /// For an open file or folder that was made with the mode `asked`.
    pub(super) fn set(
        &self,
        file: BorrowedFd<'_>,
        attributes: &Attributes,
        asked: u32,
        left: &mut Left,
    ) -> Result<(), UnpackProblem> {
        if let Some((uid, gid)) = self.new_owner(attributes, left) {
            fchown(file, Some(uid), Some(gid)).map_err(io("giving it to its owner"))?;
        }
        // After the owner: changing that takes set-user-id bits and capabilities away.
        if attributes.mode != asked & self.granted {
            fchmod(file, mode(attributes.mode)).map_err(io("setting its mode"))?;
        }
        for (name, value) in &attributes.extended {
            if !is_kept(name) {
                left.attributes += 1;
                continue;
            }
            match fsetxattr(file, name.as_slice(), value, XattrFlags::empty()) {
                Ok(()) => {}
                Err(Errno::PERM) if !self.may_give_away => left.attributes += 1,
                Err(Errno::OPNOTSUPP) if name.starts_with(b"user.") => left.attributes += 1,
                Err(error) => return Err(io("setting its extended attributes")(error)),
            }
        }
        attributes.times().map_or(Ok(()), |times| futimens(file, &times)).map_err(io("setting its time"))
    }

    /// For what cannot be opened: symbolic links, which have no mode, and pipes, whose mode is `pipe_mode`.
    pub(super) fn set_at(
        &self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        attributes: &Attributes,
        pipe_mode: Option<u32>,
        left: &mut Left,
    ) -> Result<(), UnpackProblem> {
        left.attributes += attributes.extended.len() as u64;
        if let Some((uid, gid)) = self.new_owner(attributes, left) {
            chownat(parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW).map_err(io("giving it to its owner"))?;
        }
        if let Some(wanted) = pipe_mode {
            chmodat(parent, name, mode(wanted), AtFlags::empty()).map_err(io("setting its mode"))?;
        }
        let set = |times| utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW);
        attributes.times().map_or(Ok(()), set).map_err(io("setting its time"))
    }

    fn new_owner(&self, attributes: &Attributes, left: &mut Left) -> Option<(Uid, Gid)> {
        let (uid, gid) = attributes.owner;
        if attributes.owner == self.own {
            return None;
        }
        if !self.may_give_away {
            left.owners += 1;
            return None;
        }
        Some((Uid::from_raw(uid), Gid::from_raw(gid)))
    }
}

/// File capabilities, and what users' programs note about their files. All else means something to the kernel of the machine:
/// access lists name its users, `trusted` and `user.overlay` steer overlayfs, labels are its security module's.
fn is_kept(name: &[u8]) -> bool {
    name == b"security.capability" || (name.starts_with(b"user.") && !name.starts_with(b"user.overlay."))
}

pub(super) fn mode(bits: u32) -> Mode {
    Mode::from_raw_mode(bits as RawMode & 0o7777)
}
