//! Images on a node: a content store, import of archives and layouts, unpacking of layers into folders that overlayfs takes.
//!
//! Everything here reads bytes from strangers, as root. What must never happen:
//!
//! - Nothing outside the store's folder is changed, whatever an image says. No path of an image is ever resolved by name: every
//!   component is opened relative to its parent, and links are followed by the kernel with the layer's folder as root.
//! - No amount of memory, files or disk is taken because an image asks for it: `Limits` bounds all of it.
//! - What is half there never counts: blobs and layers are made aside, verified, and moved into place whole.
//! - No runtime and no network: callers bring threads and streams.

mod archive;
mod decode;
mod digest;
mod error;
mod image;
mod import;
mod limits;
mod manifest;
mod memory;
mod parallel;
mod platform;
mod pull;
mod reference;
mod store;
mod unpack;
mod watch;

#[cfg(test)]
mod fixture;

pub use archive::{Archive, ArchiveError, Entry, Extent, Kind};
pub use digest::{Digest, DigestError};
pub use error::{Fault, ImportError, PullError, StoreError, UnpackError, UnpackProblem};
pub use image::{Image, ImageConfig, Layer};
pub use import::{Imported, Part, import_archive, import_layout, import_unpacked};
pub use limits::Limits;
pub use platform::Platform;
pub use pull::{Pulled, Remote, pull};
pub use reference::{Reference, ReferenceError};
pub use store::{Collected, ContentStore, InUse, Origin, Pins, StoredReference};
pub use unpack::{Left, UnpackedImage};
pub use watch::{Progress, Watch};
