//! The agent against a real control plane in this process, with a runtime that does what a test says.

#![cfg(test)]

mod again;
mod health;
mod image;
mod life;
mod machine;
mod restart;
mod scripted;
