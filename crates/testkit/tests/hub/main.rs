//! The hub behind the real door, with agents that have the official agent's habits.

#![cfg(test)]

mod connecting;
mod fixture;
mod life;
mod networks;
mod presence;
mod telemetry;
mod usage;
mod verification;
mod why;
