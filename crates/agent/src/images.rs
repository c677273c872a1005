//! The images of this node: resolved for tasks, imported and listed through a socket of its own.
