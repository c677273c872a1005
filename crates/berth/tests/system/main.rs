//! The real binary, as an operator uses it.

#![cfg(test)]

mod agent_streams;
mod installation;
mod looks;
mod node_commands;
mod operator_commands;
mod run_options;
mod services;
mod side_by_side;
mod top;
mod up_and_down;
