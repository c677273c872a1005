//! One entry of a layer after the other.

use std::fs::File;
use std::io::{BufRead, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, OFlags, linkat, mknodat, openat, statat, symlinkat};
use rustix::io::Errno;

use super::Left;
use super::attributes::{Attributes, Setter, mode};
use super::stream::Stream;
use super::tree::{Tree, io};
use super::whiteout::{Mark, is_whiteout};
use crate::archive::{Archive, ArchiveError, Entry, Extent, Kind};
use crate::error::UnpackProblem;
use crate::limits::Limits;

const LONGEST_NAME: usize = 255;
/// Of an entry's name, in messages.
const SHOWN: usize = 200;

/// What is wrong, and at which entry.
pub(super) type At = (Option<String>, UnpackProblem);

/// Turns entries into files of a folder.
pub(super) struct Unpacker {
    tree: Tree,
    setter: Setter,
    limits: Limits,
    pub(super) left: Left,
}

/// Why an entry's data did not become a file.
enum Failure {
    Archive(ArchiveError),
    Problem(UnpackProblem),
}

impl Unpacker {
    pub(super) fn new(folder: &Path, limits: &Limits) -> Result<Self, UnpackProblem> {
        let mut tree = Tree::new(folder)?;
        let setter = Setter::new(tree.root())?;
        // What a layer without an entry for its root gets.
        tree.add_folder(&[], Attributes::of_mode(0o755))?;
        Ok(Self { tree, setter, limits: limits.clone(), left: Left::default() })
    }

    /// Unpacks all entries; the stream is answered, because its rest is hashed too.
    pub(super) fn run<'a>(&mut self, stream: Stream<'a>) -> Result<Stream<'a>, At> {
        let mut archive = Archive::new(stream, &self.limits);
        loop {
            let mut entry = match archive.next_entry() {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) => return Err((None, archive.source_mut().problem(error))),
            };
            self.left.entries += 1;
            if self.left.entries > self.limits.layer_entries {
                let limit = self.limits.layer_entries;
                return Err((None, UnpackProblem::Limit { what: "the number of entries", limit }));
            }
            if let Err(failure) = self.entry(&mut entry, &mut archive) {
                let problem = match failure {
                    Failure::Problem(problem) => problem,
                    Failure::Archive(error) => archive.source_mut().problem(error),
                };
                return Err((Some(shown(&entry.path)), problem));
            }
        }
        let (setter, left) = (&self.setter, &mut self.left);
        // Folders were made for their owner alone.
        let finished = self.tree.finish(&mut |folder, attributes| setter.set(folder, attributes, 0o700, left));
        finished.map_err(|problem| (None, problem))?;
        Ok(archive.into_source())
    }

    fn entry(&mut self, entry: &mut Entry, archive: &mut Archive<impl BufRead>) -> Result<(), Failure> {
        let attributes = Attributes::of(entry);
        let components = components(&entry.path, self.limits.depth)?;
        let Some((name, parents)) = components.split_last() else {
            return match entry.kind {
                Kind::Folder => Ok(self.tree.add_folder(&[], attributes)?),
                _ => Err(UnpackProblem::Name("the root of an image can only be a folder").into()),
            };
        };
        if let Some(mark) = Mark::of(name)? {
            return Ok(self.mark(&mark, parents)?);
        }
        match entry.kind {
            Kind::File => self.file(entry, &components, &attributes, archive)?,
            Kind::Folder => self.tree.add_folder(&components, attributes)?,
            Kind::Symlink => {
                if entry.link.is_empty() {
                    return Err(UnpackProblem::Link("a symbolic link to nothing").into());
                }
                self.create(&components, "making a symbolic link", |parent| symlinkat(&*entry.link, parent, *name))?;
                let parent = self.tree.folder(parents)?;
                self.setter.set_at(parent, name, &attributes, None, &mut self.left)?;
            }
            Kind::HardLink => self.hard_link(&entry.link, &components)?,
            Kind::Fifo => {
                let bits = mode(attributes.mode());
                self.create(&components, "making a pipe", |parent| mknodat(parent, *name, FileType::Fifo, bits, 0))?;
                let parent = self.tree.folder(parents)?;
                self.setter.set_at(parent, name, &attributes, Some(attributes.mode()), &mut self.left)?;
            }
            Kind::Device => {
                // Whatever is there, here or below, is not what the image means either.
                self.left.devices += 1;
                let overlay = self.tree.overlay;
                if !overlay.make_whiteout(self.tree.folder(parents)?, name)? {
                    self.clear(&components)?;
                    overlay.make_whiteout(self.tree.folder(parents)?, name)?;
                }
            }
        }
        Ok(())
    }

    fn mark(&mut self, mark: &Mark<'_>, parents: &[&[u8]]) -> Result<(), UnpackProblem> {
        match mark {
            Mark::Meaningless => Ok(()),
            Mark::Opaque if parents.is_empty() => {
                Err(UnpackProblem::Name("it would take away all lower layers, which overlayfs cannot express"))
            }
            Mark::Opaque => self.tree.make_opaque(parents),
            Mark::Gone(name) => {
                let overlay = self.tree.overlay;
                let parent = self.tree.folder(parents)?;
                if overlay.make_whiteout(parent, name)? {
                    return Ok(());
                }
                // A whiteout is about lower layers: what this layer has stays. Of that, only a folder lets lower layers through.
                let there = statat(parent, *name, AtFlags::SYMLINK_NOFOLLOW).map_err(io("looking at an earlier entry"))?;
                if FileType::from_raw_mode(there.st_mode) == FileType::Directory {
                    self.tree.make_opaque(&[parents, &[*name]].concat())?;
                }
                Ok(())
            }
        }
    }

    fn file(
        &mut self,
        entry: &Entry,
        components: &[&[u8]],
        attributes: &Attributes,
        archive: &mut Archive<impl BufRead>,
    ) -> Result<(), Failure> {
        let Some(name) = components.last() else { return Ok(()) };
        let asked = attributes.mode() & 0o777;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file: OwnedFd = self.create(components, "making a file", |parent| openat(parent, *name, flags, mode(asked)))?;
        let mut file = File::from(file);
        match &entry.sparse {
            None => write(&mut file, archive)?,
            Some((extents, length)) => {
                write_sparse(&file, extents, archive)?;
                file.set_len(*length).map_err(|cause| UnpackProblem::Io { doing: "setting its length", cause })?;
            }
        }
        self.left.bytes += entry.size;
        Ok(self.setter.set(file.as_fd(), attributes, asked, &mut self.left)?)
    }

    fn hard_link(&mut self, link: &[u8], components: &[&[u8]]) -> Result<(), UnpackProblem> {
        let target = self::components(link, self.limits.depth)?;
        let (Some((target_name, target_parents)), Some((name, _))) = (target.split_last(), components.split_last()) else {
            return Err(UnpackProblem::Link("a hard link to the image's root"));
        };
        let target_folder = self.tree.follow(target_parents)?;
        let there = match statat(&target_folder, *target_name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(there) => there,
            Err(Errno::NOENT) => return Err(UnpackProblem::Link("a hard link to a file that this layer does not have")),
            Err(error) => return Err(io("looking at the target of a hard link")(error)),
        };
        if is_whiteout(&there) || FileType::from_raw_mode(there.st_mode) == FileType::Directory {
            return Err(UnpackProblem::Link("a hard link to something that is no file"));
        }
        let parent = self.tree.folder(&components[..components.len() - 1])?;
        match statat(parent, *name, AtFlags::SYMLINK_NOFOLLOW) {
            // It is that file already; to make room for it would lose it.
            Ok(own) if (own.st_dev, own.st_ino) == (there.st_dev, there.st_ino) => return Ok(()),
            _ => {}
        }
        self.create(components, "making a hard link", |parent| {
            linkat(&target_folder, *target_name, parent, *name, AtFlags::empty())
        })
    }

    /// Makes something, in place of what is there.
    fn create<T>(
        &mut self,
        components: &[&[u8]],
        doing: &'static str,
        make: impl Fn(std::os::fd::BorrowedFd<'_>) -> Result<T, Errno>,
    ) -> Result<T, UnpackProblem> {
        let parents = &components[..components.len().saturating_sub(1)];
        match make(self.tree.folder(parents)?) {
            Ok(made) => Ok(made),
            Err(Errno::EXIST) => {
                self.clear(components)?;
                make(self.tree.folder(parents)?).map_err(io(doing))
            }
            Err(error) => Err(io(doing)(error)),
        }
    }

    fn clear(&mut self, components: &[&[u8]]) -> Result<(), UnpackProblem> {
        let Some((name, parents)) = components.split_last() else { return Ok(()) };
        let parent = self.tree.folder(parents)?;
        let there = statat(parent, *name, AtFlags::SYMLINK_NOFOLLOW).map_err(io("looking at an earlier entry"))?;
        self.tree.clear(components, &there)
    }
}

fn write(file: &mut File, archive: &mut Archive<impl BufRead>) -> Result<(), Failure> {
    loop {
        let data = archive.data().map_err(Failure::Archive)?;
        if data.is_empty() {
            return Ok(());
        }
        file.write_all(data).map_err(|cause| UnpackProblem::Io { doing: "writing", cause })?;
    }
}

/// Writes the data of a file with holes to where it belongs; the pieces are as long as the data.
fn write_sparse(file: &File, extents: &[Extent], archive: &mut Archive<impl BufRead>) -> Result<(), Failure> {
    let mut extents = extents.iter().copied();
    let mut extent = Extent { at: 0, length: 0 };
    loop {
        let mut data = archive.data().map_err(Failure::Archive)?;
        if data.is_empty() {
            return Ok(());
        }
        while !data.is_empty() {
            if extent.length == 0 {
                extent = extents.next().ok_or(UnpackProblem::Link("a sparse file with data that belongs nowhere"))?;
            }
            let now = data.len().min(usize::try_from(extent.length).unwrap_or(usize::MAX));
            file.write_all_at(&data[..now], extent.at).map_err(|cause| UnpackProblem::Io { doing: "writing", cause })?;
            extent = Extent { at: extent.at + now as u64, length: extent.length - now as u64 };
            data = &data[now..];
        }
    }
}

/// The parts of a path. A leading slash is the image's root; nothing goes up.
fn components(path: &[u8], depth: usize) -> Result<Vec<&[u8]>, UnpackProblem> {
    let components: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).collect();
    if components.iter().any(|part| *part == b"..") {
        return Err(UnpackProblem::Name("its path goes up with `..`"));
    }
    if components.iter().any(|part| part.len() > LONGEST_NAME) {
        return Err(UnpackProblem::Limit { what: "the length of a name", limit: LONGEST_NAME as u64 });
    }
    if components.len() > depth {
        return Err(UnpackProblem::Limit { what: "the depth of folders", limit: depth as u64 });
    }
    let parents = components.split_last().map_or(&[][..], |(_, parents)| parents);
    if parents.iter().any(|part| part.starts_with(b".wh.")) {
        return Err(UnpackProblem::Name("it lies in a whiteout"));
    }
    Ok(components)
}

fn shown(path: &[u8]) -> String {
    path[..path.len().min(SHOWN)].escape_ascii().to_string()
}

impl From<UnpackProblem> for Failure {
    fn from(problem: UnpackProblem) -> Self {
        Self::Problem(problem)
    }
}
