//! What a caller may take of the door's time and memory.

use std::time::Duration;

/// Limits on connections and requests. Bodies are limited by each operation's table entry.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; more wait in the kernel's queue.
    pub connections: usize,
    /// Bytes of a request's line and headers together.
    pub head_bytes: usize,
    /// Headers of a request.
    pub headers: usize,
    /// Time for a request's line and headers, from its first byte or from the connection's start.
    pub head_time: Duration,
    /// Time for a request's body.
    pub body_time: Duration,
    /// Time for an operation, from its complete request to its answer.
    pub operation_time: Duration,
    /// Time that running requests get when the door closes.
    pub closing_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            head_bytes: 64 * 1024,
            headers: 100,
            head_time: Duration::from_secs(20),
            body_time: Duration::from_secs(30),
            operation_time: Duration::from_secs(60),
            closing_time: Duration::from_secs(10),
        }
    }
}
