//! What can go wrong with a network.

use std::io;

use crate::Protocol;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// Something else on this machine has the port: the caller's fault, or bad luck.
    #[error("host port {port}/{protocol} is already in use")]
    PortTaken {
        /// Of which protocol.
        protocol: Protocol,
        /// Which one.
        port: u16,
    },
    /// No slot has this name.
    #[error("there is no network named {name}")]
    NoSuchSlot {
        /// As it was asked for.
        name: String,
    },
    /// What was asked for cannot be.
    #[error("{what}")]
    Invalid {
        /// What, and why not.
        what: String,
    },
    /// The node's own pool of addresses is used up.
    #[error("no address of {network} is free")]
    NoAddress {
        /// The pool.
        network: ipnet::Ipv4Net,
    },
    /// The kernel refused.
    #[error("{doing}: {source}")]
    Kernel {
        /// What was being done, and to what.
        doing: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// A program that had to be run for a firewall of the old kind.
    #[error("{program} {arguments}: {problem}")]
    Program {
        /// Which one.
        program: &'static str,
        /// How it was called.
        arguments: String,
        /// What it said, or why it did not run.
        problem: String,
    },
}

impl NetError {
    pub(crate) fn kernel(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Kernel { doing, source }
    }

    pub(crate) fn errno(doing: impl Into<String>) -> impl FnOnce(nix::errno::Errno) -> Self {
        let doing = doing.into();
        move |errno| Self::Kernel { doing, source: errno.into() }
    }
}
