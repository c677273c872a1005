//! The folders of a layer while it is unpacked.
//!
//! No path is resolved by name. Each component is opened relative to its parent without following links, and the folders of the
//! last entry stay open for the next. Where an earlier entry of the same layer is a link to a folder, the kernel follows it with
//! the layer's root as its root (`RESOLVE_IN_ROOT`), as Docker does; `..` and absolute links then end at that root.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat, mkdirat, open, openat, openat2, statat, unlinkat};
use rustix::io::Errno;

use super::attributes::Attributes;
use super::whiteout::{Overlay, is_whiteout};
use crate::error::UnpackProblem;
use crate::store::remove_tree;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Of a folder that no entry describes.
const IMPLIED_MODE: u32 = 0o755;

/// The layer's folders.
pub(super) struct Tree {
    root: OwnedFd,
    /// The folders of the last entry that were opened, outermost first.
    open: Vec<(Vec<u8>, OwnedFd)>,
    /// What folders get at the end: making things in a folder changes its time, and needs rights that it may not give.
    folders: BTreeMap<Vec<u8>, Attributes>,
    pub(super) overlay: Overlay,
}

impl Tree {
    pub(super) fn new(folder: &Path) -> Result<Self, UnpackProblem> {
        let root = open(folder, FOLDER, Mode::empty()).map_err(io("opening the layer's folder"))?;
        let overlay = Overlay::new();
        Ok(Self { root, open: Vec::new(), folders: BTreeMap::new(), overlay })
    }

    pub(super) fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    /// The folder with these components, opened; folders on the way that are not there are made.
    pub(super) fn folder(&mut self, components: &[&[u8]]) -> Result<BorrowedFd<'_>, UnpackProblem> {
        let same = self.open.iter().zip(components).take_while(|((name, _), component)| name == *component).count();
        self.open.truncate(same);
        for depth in same..components.len() {
            let parent = self.open.last().map_or(self.root.as_fd(), |(_, folder)| folder.as_fd());
            let name = components[depth];
            let folder = match openat(parent, name, FOLDER, Mode::empty()) {
                Ok(folder) => folder,
                Err(Errno::NOENT) => {
                    make_folder(parent, name)?;
                    self.folders.entry(components[..=depth].join(&b'/')).or_insert_with(|| Attributes::of_mode(IMPLIED_MODE));
                    openat(parent, name, FOLDER, Mode::empty()).map_err(io("opening a folder"))?
                }
                Err(Errno::NOTDIR | Errno::LOOP) => {
                    let there = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(io("looking at a parent folder"))?;
                    if is_whiteout(&there) {
                        unlinkat(parent, name, AtFlags::empty()).map_err(io("replacing a whiteout"))?;
                        make_folder(parent, name)?;
                        self.folders.insert(components[..=depth].join(&b'/'), Attributes::of_mode(IMPLIED_MODE));
                        let folder = openat(parent, name, FOLDER, Mode::empty()).map_err(io("opening a folder"))?;
                        self.overlay.make_opaque(folder.as_fd())?;
                        folder
                    } else if FileType::from_raw_mode(there.st_mode) == FileType::Symlink {
                        self.follow(&components[..=depth])?
                    } else {
                        return Err(UnpackProblem::Link("a part of its path is not a folder"));
                    }
                }
                Err(error) => return Err(io("opening a parent folder")(error)),
            };
            self.open.push((name.to_vec(), folder));
        }
        Ok(self.open.last().map_or(self.root.as_fd(), |(_, folder)| folder.as_fd()))
    }

    /// Opens a folder through links, which never lead out of the layer.
    pub(super) fn follow(&self, components: &[&[u8]]) -> Result<OwnedFd, UnpackProblem> {
        let flags = FOLDER.difference(OFlags::NOFOLLOW);
        self.resolve(components, flags).map_err(|error| match error {
            Errno::NOENT | Errno::LOOP | Errno::NOTDIR => {
                UnpackProblem::Link("a part of its path is a link to nothing in this layer")
            }
            error => io("following a link within the layer")(error),
        })
    }

    fn resolve(&self, components: &[&[u8]], flags: OFlags) -> Result<OwnedFd, Errno> {
        let path = if components.is_empty() { b".".to_vec() } else { components.join(&b'/') };
        let within = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV;
        openat2(&self.root, path, flags, Mode::empty(), within)
    }

    /// Removes what is there, if anything is; nothing below it is remembered.
    pub(super) fn clear(&mut self, components: &[&[u8]], there: &Stat) -> Result<(), UnpackProblem> {
        let Some((name, parents)) = components.split_last() else { return Ok(()) };
        let parent = self.folder(parents)?;
        if FileType::from_raw_mode(there.st_mode) == FileType::Directory {
            let mut budget = usize::MAX;
            remove_tree(parent, name, &mut budget).map_err(|cause| UnpackProblem::Io { doing: "replacing a folder", cause })?;
            let path = components.join(&b'/');
            let below = [path.as_slice(), b"/"].concat();
            self.folders.remove(&path);
            let gone: Vec<Vec<u8>> = self
                .folders
                .range(below.clone()..)
                .map(|(path, _)| path.clone())
                .take_while(|path| path.starts_with(&below))
                .collect();
            gone.iter().for_each(|path| {
                self.folders.remove(path);
            });
        } else {
            unlinkat(parent, *name, AtFlags::empty()).map_err(io("replacing an earlier entry"))?;
        }
        // Open folders may have been reached through what is gone.
        self.open.clear();
        Ok(())
    }

    /// Makes a folder, or takes the one that is there; what it is like is set at the end.
    pub(super) fn add_folder(&mut self, components: &[&[u8]], attributes: Attributes) -> Result<(), UnpackProblem> {
        if let Some((name, parents)) = components.split_last() {
            let parent = self.folder(parents)?;
            match mkdirat(parent, *name, Mode::RWXU) {
                Ok(()) => {}
                Err(Errno::EXIST) => {
                    let there = statat(parent, *name, AtFlags::SYMLINK_NOFOLLOW).map_err(io("looking at an earlier entry"))?;
                    if FileType::from_raw_mode(there.st_mode) != FileType::Directory {
                        self.clear(components, &there)?;
                        make_folder(self.folder(parents)?, name)?;
                        if is_whiteout(&there) {
                            // The layer says that what lies below is gone.
                            self.make_opaque(components)?;
                        }
                    }
                }
                Err(error) => return Err(io("making a folder")(error)),
            }
        }
        self.folders.insert(components.join(&b'/'), attributes);
        Ok(())
    }

    /// Hides what lower layers have in a folder.
    pub(super) fn make_opaque(&mut self, components: &[&[u8]]) -> Result<(), UnpackProblem> {
        let overlay = self.overlay;
        overlay.make_opaque(self.folder(components)?)
    }

    /// Gives folders their attributes, innermost first; answers what of them was left out.
    pub(super) fn finish(
        &mut self,
        apply: &mut dyn FnMut(BorrowedFd<'_>, &Attributes) -> Result<(), UnpackProblem>,
    ) -> Result<(), UnpackProblem> {
        self.open.clear();
        for (path, attributes) in std::mem::take(&mut self.folders).into_iter().rev() {
            let components: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).collect();
            match self.resolve(&components, FOLDER) {
                Ok(folder) => apply(folder.as_fd(), &attributes)?,
                // It was reached through a link that a later entry replaced.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                Err(error) => return Err(io("opening a folder")(error)),
            }
        }
        Ok(())
    }
}

fn make_folder(parent: BorrowedFd<'_>, name: &[u8]) -> Result<(), UnpackProblem> {
    mkdirat(parent, name, Mode::RWXU).map_err(io("making a folder"))
}

/// Makes an error say what was being done.
pub(super) fn io(doing: &'static str) -> impl FnOnce(Errno) -> UnpackProblem {
    move |cause| UnpackProblem::Io { doing, cause: cause.into() }
}
