//! Services in a simulated world: what they promise, and the stories people know.

#![cfg(test)]

mod promises;
mod scenarios;
