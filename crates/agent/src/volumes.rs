//! Volumes: folders that outlive a container, or are the host's.
//!
//! What a task asks for is read in [`wanted`], without I/O; [`store`] makes it. A task with `ephemeralStorage` has a disk of its own ([`disk`]),
//! mounted where its own volumes lie, and what its containers change lies there too. A volume of a task's own lies in `volumes/task/ID/NAME` and
//! goes with the task; a shared one in `volumes/shared/NAME` until somebody removes it. In each folder, `data` is what containers
//! see, and `filled` says that it was given what an image has there; that is done by the runtime, which alone sees the image.

mod disk;
mod door;
mod mounted;
mod options;
mod shelf;
mod store;
mod wanted;

pub use shelf::ListedVolume;

pub(crate) use door::answer;
pub(crate) use shelf::Shelf;
pub(crate) use store::Volumes;
pub(crate) use wanted::{beside, mounts, shared_with};

#[cfg(test)]
mod tests;
