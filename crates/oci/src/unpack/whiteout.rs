//! What a layer takes away, in the form that overlayfs reads.

use std::os::fd::BorrowedFd;

use rustix::fs::{FileType, Mode, OFlags, Stat, XattrFlags, fgetxattr, fsetxattr, mknodat, openat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::tree::io;
use crate::error::UnpackProblem;

/// A name of a layer that says something about other names.
pub(super) enum Mark<'a> {
    /// What lower layers have under this name is gone.
    Gone(&'a [u8]),
    /// What lower layers have in this folder is gone.
    Opaque,
    /// Left over from AUFS; means nothing.
    Meaningless,
}

impl<'a> Mark<'a> {
    /// What the last component of a path says; nothing if it is just a name.
    pub(super) fn of(name: &'a [u8]) -> Result<Option<Self>, UnpackProblem> {
        let Some(rest) = name.strip_prefix(b".wh.") else { return Ok(None) };
        if rest == b".wh..opq" {
            return Ok(Some(Self::Opaque));
        }
        if rest.starts_with(b".wh.") {
            return Ok(Some(Self::Meaningless));
        }
        if matches!(rest, b"" | b"." | b"..") {
            return Err(UnpackProblem::Name("it would take away its own folder or the one around it"));
        }
        Ok(Some(Self::Gone(rest)))
    }
}

/// The two dialects of overlayfs: with root's rights, and in a user namespace (mount option `userxattr`).
#[derive(Debug, Clone, Copy)]
pub(super) struct Overlay {
    opaque: &'static str,
    whiteout: &'static str,
}

impl Overlay {
    pub(super) fn new() -> Self {
        if geteuid().is_root() {
            Self { opaque: "trusted.overlay.opaque", whiteout: "trusted.overlay.whiteout" }
        } else {
            Self { opaque: "user.overlay.opaque", whiteout: "user.overlay.whiteout" }
        }
    }

    pub(super) fn make_opaque(self, folder: BorrowedFd<'_>) -> Result<(), UnpackProblem> {
        fsetxattr(folder, self.opaque, b"y", XattrFlags::empty()).map_err(io("marking a folder as opaque"))
    }

    /// Makes a whiteout; false if something is there.
    pub(super) fn make_whiteout(self, parent: BorrowedFd<'_>, name: &[u8]) -> Result<bool, UnpackProblem> {
        match mknodat(parent, name, FileType::CharacterDevice, Mode::empty(), 0) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(Errno::PERM) => self.write_whiteout(parent, name),
            Err(error) => Err(io("making a whiteout")(error)),
        }
    }

    /// The form without a device node: an empty file with a mark, in a folder with a mark (since Linux 6.7).
    fn write_whiteout(self, parent: BorrowedFd<'_>, name: &[u8]) -> Result<bool, UnpackProblem> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let file = match openat(parent, name, flags, Mode::RUSR) {
            Ok(file) => file,
            Err(Errno::EXIST) => return Ok(false),
            Err(error) => return Err(io("making a whiteout")(error)),
        };
        fsetxattr(&file, self.whiteout, b"y", XattrFlags::empty()).map_err(io("marking a whiteout"))?;
        let mut mark = [0; 1];
        if fgetxattr(parent, self.opaque, &mut mark).is_err() {
            fsetxattr(parent, self.opaque, b"x", XattrFlags::empty()).map_err(io("marking a folder with whiteouts"))?;
        }
        Ok(true)
    }
}

/// Whether this is a whiteout in the form of a device node.
pub(super) fn is_whiteout(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}
