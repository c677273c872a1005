//! Task networks with real namespaces: every test has a node of its own, a network and mount namespace that end with it.
//! They need root, `ip`, `nft` and `iptables`; without root they say so and pass.

#![cfg(test)]

mod connections;
mod firewalls;
mod harness;
mod life;
mod ports;
mod traffic;
