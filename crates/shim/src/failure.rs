//! Failures on their way to whoever asked.

use std::fmt::Display;
use std::io;
use std::path::Path;

use berth_runtime::cgroup::CgroupError;
use berth_runtime::protocol::Failure;
use rustix::io::Errno;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// The kernel refused.
pub(crate) fn refused(doing: impl Into<String>) -> impl FnOnce(Errno) -> Failure {
    move |errno| Failure::System { doing: doing.into(), errno: errno.raw_os_error() }
}

/// The kernel refused, says the standard library.
pub(crate) fn failed(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::system(doing, &error)
}

/// Something was done with a file, and the kernel refused.
pub(crate) fn at(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let doing = format!("{verb} {}", path.display());
    move |error| Failure::system(doing, &error)
}

/// The specification asks for what cannot be.
pub(crate) fn wrong(what: impl Into<String>) -> Failure {
    Failure::Specification { what: what.into() }
}

pub(crate) fn of_cgroup(error: &CgroupError) -> Failure {
    Failure::system(format!("{} {}", error.verb, error.path.display()), &error.source)
}

/// An error of a library, with all its causes, of which the last is often the only one that says something.
pub(crate) fn of_library(doing: &str, error: &dyn std::error::Error) -> Failure {
    let mut problem = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !problem.ends_with(&text) {
            problem = format!("{problem}: {text}");
        }
        cause = error.source();
    }
    Failure::Shim { doing: doing.to_owned(), problem }
}

/// For places where only the text of an error matters.
pub(crate) fn broken(doing: &str, problem: &impl Display) -> Failure {
    Failure::Shim { doing: doing.to_owned(), problem: problem.to_string() }
}
