//! The drivers against segments as the runtime writes them, and a control plane's real Logs.

mod awslogs;
mod json_file;
mod lines;
mod options;
mod retained;
mod scene;
