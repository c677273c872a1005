//! The control stream: what the control plane says, and what is answered.
//!
//! [`Session`] decides and does no I/O; [`stream`](self::stream) holds the websocket; the node between them carries out.

mod acceptance;
mod session;
mod stream;

pub(crate) use acceptance::task_id;
pub(crate) use session::{Reaction, Refused, Session};
pub(crate) use stream::{ControlStream, Heard};
