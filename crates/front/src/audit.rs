//! What happened, for whoever asks later.

use std::fmt;
use std::sync::Arc;

use berth_api::Caller;

/// Takes one record for every request to an AWS service, refused ones included.
pub trait AuditSink: Send + Sync + fmt::Debug {
    /// Takes a record; must not block.
    fn record(&self, record: &AuditRecord<'_>);
}

/// One request and its outcome.
#[derive(Debug, Clone)]
pub struct AuditRecord<'a> {
    /// The request's id.
    pub request_id: &'a str,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// The IAM prefix of the service, once known.
    pub service: Option<&'static str>,
    /// The operation, once known.
    pub operation: Option<&'static str>,
    /// The region signed for, once known.
    pub region: Option<&'a str>,
    /// Who signed, once verified.
    pub caller: Option<&'a Arc<Caller>>,
    /// The peer's address.
    pub source: &'a str,
    /// The `User-Agent` header.
    pub user_agent: &'a str,
    /// The HTTP status answered.
    pub status: u16,
    /// The error code answered, if any.
    pub error: Option<&'a str>,
}
