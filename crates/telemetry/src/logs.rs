//! Log streams and their events, in segment files.
//!
//! ```text
//! FOLDER/lock                    held while the store is open
//! FOLDER/streams                 the stream table: every stream as it was at the last checkpoint, in two orders
//! FOLDER/0000000000000001.log    a segment: a header, then frames, appended by one thread
//! FOLDER/0000000000000001.idx    where the blocks of a full segment are, by stream
//! ```
//!
//! A frame is a length, a checksum and a record: a stream made, a stream or group deleted, or a block of events of one stream.
//! Every frame has a number, one higher than the one before; a stream is known by the number of the frame that made it, and an
//! event by its time, its block's number and its place in the block. That triple is its [`Position`], in which events are ordered.
//!
//! What is in memory: for each segment file 100 bytes; for the segment that is written, its streams and 40 bytes a block; for
//! each group its totals; and the streams that changed since the last checkpoint, 200 bytes each. Other streams are in the table
//! on disk, which is searched in place.

mod batch;
mod bytes;
mod error;
mod event;
mod expire;
mod frame;
mod index;
mod list;
mod payload;
mod position;
mod query;
mod reclaim;
mod recover;
mod scan;
mod seal;
mod segment;
mod segment_index;
mod store;
mod stream;
mod table;
mod walk;
mod writer;

pub use error::{Failure, LogError, WriteError};
pub use event::{Event, NewEvent};
pub use frame::{FrameError, read_block};
pub use list::{Listing, Order, Place};
pub use position::Position;
pub use query::{Found, Most, Range, Search, Selection};
pub use scan::Passed;
pub use store::{LogStore, Options};
pub use stream::{Span, Stream};
