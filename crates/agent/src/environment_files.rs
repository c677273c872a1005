//! Environment files: variables of a container that lie in an S3-compatible store, which the node's configuration names.

mod fetch;
mod format;
mod http;
mod settings;

pub use settings::S3Settings;

pub(crate) use fetch::variables;

#[cfg(test)]
mod tests;
