//! Whether a request's values keep the limits of their schemas, said in the words of AWS's own framework.
//!
//! Never here: rules between members, and those that stand only in prose; handlers check them.

mod constraint;
mod pattern;
mod validator;
mod violation;

#[cfg(test)]
mod tests;

pub use pattern::{PatternError, compile_pattern};
pub use validator::violations;
pub use violation::{ShownValue, Violation, message};
