//! Containers on this machine: what one is made of, and the trait behind which they are made, held and ended.
//!
//! - Nothing here knows AWS, tasks or images: a container is a specification and a folder.
//! - No async runtime: calls block for as long as the kernel takes, and the caller brings the thread.
//! - The process that calls is never forked. Containers belong to shims (`berth-shim`), which outlive the caller.
//! - A container's folder is the truth about it. Whatever dies, the folder tells the next process what there is.

pub mod cgroup;
mod embedded;
mod error;
pub mod folder;
mod oci;
mod outcome;
pub mod output;
mod process;
pub mod protocol;
mod runtime;
mod spec;

pub use embedded::{Embedded, EmbeddedOptions, remove_tree};
pub use error::RuntimeError;
pub use folder::{Folder, Holder, Phase};
pub use oci::OciRuntimes;
pub use outcome::{Ended, Standing, Step, Usage};
pub use output::{Chunk, Position, SegmentReader, Stream};
pub use process::{Mark, boot_id};
pub use runtime::{ExecStdio, Executed, Meter, Runtime, TIMED_OUT};
pub use spec::{
    Bind, Capability, ContainerSpec, Device, Group, IdMap, Limits, Network, Output, ProcessSpec, ResourceLimit, Rootfs, Space,
    Tmpfs, WhenFull,
};
