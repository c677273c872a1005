//! Who may knock: access keys and the identities behind them.

use std::fmt;
use std::sync::Arc;

use berth_api::Caller;
use berth_iam::Principal;
use berth_wire::Sensitive;

/// Finds the identity behind an access key.
pub trait Callers: Send + Sync + fmt::Debug {
    /// The credential with this access key id.
    fn find(&self, key_id: &str) -> Option<Credential>;
}

/// An access key's secret and whose it is.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The secret access key.
    pub secret: Arc<Sensitive<String>>,
    /// The identity, as operations and audit see it.
    pub caller: Arc<Caller>,
    /// The identity, as policies see it.
    pub principal: Arc<Principal>,
}
