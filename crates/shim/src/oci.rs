//! Containers that another program makes, by the rules of the Open Container Initiative: runc, crun and their like. The shim is what it
//! always is: it puts the file system together, makes the groups, takes the output, waits for the end. What it has the library do
//! otherwise, it has that program do, and tells it in an OCI specification all that it would do itself.

mod exec;
mod filter;
mod making;
mod program;
mod refusal;
mod specification;

pub(crate) use exec::{Joining, begin};
pub(crate) use making::{Making, make, start};
pub(crate) use specification::{Last, complete};
