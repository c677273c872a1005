//! Who may do what. Policy documents come with roles; until then the only principals are root and nodes.
//!
//! Never here: I/O, a clock, a signature, an AWS shape. A decision is a function of its arguments and says its reason.

mod decision;
mod node;
mod principal;

pub use decision::{Decision, Resource, decide};
pub use node::OWNER_KEY;
pub use principal::Principal;

#[cfg(test)]
mod tests;
