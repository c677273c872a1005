//! The identities that can sign requests.

/// An identity behind a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The account's root: everything is allowed.
    Root,
    /// A node's agent, by the id of its access key: what it needs for its own instances and tasks, nothing else.
    Node {
        /// The access key id. An instance remembers the key that registered it.
        key_id: String,
    },
}
