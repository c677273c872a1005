//! Services in a world of their own: the real store, the real plan, the service loop's own agenda and passes, and around them nodes
//! whose agents start, stop and fail tasks as they are told, and a clock that is turned by hand.
//!
//! Everything that happens is a step, and with the same steps everything happens the same. What must hold whatever happens is checked
//! after every pass (`promises`); a story can be told as a script (`script`).

#![expect(clippy::panic, reason = "a world whose promises are broken ends its test")]

mod agents;
mod promises;
mod records;
mod script;
mod step;
mod world;

pub use records::Kind;
pub use script::transcript;
pub use step::Step;
pub use world::World;
