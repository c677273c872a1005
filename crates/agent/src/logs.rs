//! Log drivers: from what the runtime kept of the output to where the task definition wants it.
