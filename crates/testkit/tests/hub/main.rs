//! The hub behind the real door, with agents that have the official agent's habits.

mod connecting;
mod fixture;
mod life;
mod presence;
mod telemetry;
mod verification;
