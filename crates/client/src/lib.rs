//! A client of AWS APIs: typed calls and websockets to one endpoint, signed with one key. Nodes and the operator's commands call the
//! control plane through it, as any AWS client would.
//!
//! - It retries nothing: what a call means when its answer was lost, only the caller knows. [`CallError::is_retryable`] says what may help.
//! - It reads no configuration and no environment.
//! - Plain HTTP alone: the control plane is on this machine, or behind a proxy that does TLS.

mod call;
mod endpoint;
mod error;
mod stream;

pub use call::Client;
pub use endpoint::{Endpoint, EndpointError};
pub use error::CallError;
pub use stream::{Socket, StreamError};
