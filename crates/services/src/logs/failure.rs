//! Refusals that several operations share.

use berth_api::Refusal;
use berth_api::logs::{self as api, errors};
use berth_telemetry::logs::WriteError;
use berth_wire::ReadError;

/// There is no such group.
pub(super) fn no_group() -> Refusal {
    errors::resource_not_found_exception("The specified log group does not exist.")
}

/// There is no such stream.
pub(super) fn no_stream() -> Refusal {
    errors::resource_not_found_exception("The specified log stream does not exist.")
}

/// The token is not one of this list.
pub(super) fn invalid_token() -> Refusal {
    errors::invalid_parameter_exception("The specified nextToken is invalid.")
}

/// A record that cannot be read.
pub(super) fn damaged(cause: ReadError) -> Refusal {
    Refusal::internal(&api::SERVICE, Box::new(cause))
}

/// A write that was not done, as its caller is told.
pub(super) fn not_written(error: WriteError) -> Refusal {
    match error {
        WriteError::StreamExists => errors::resource_already_exists_exception("The specified log stream already exists"),
        WriteError::NoStream => no_stream(),
        WriteError::NoGroup => no_group(),
        error @ (WriteError::Batch(_)
        | WriteError::NotWritten(_)
        | WriteError::Read(_)
        | WriteError::Failed(_)
        | WriteError::Closed) => Refusal::internal(&api::SERVICE, Box::new(error)),
    }
}
