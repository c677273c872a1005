//! What expressions and placement ask of an instance.

use std::collections::BTreeMap;

use berth_model::{ContainerInstance, Name};

/// A container instance and what is on it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its record.
    pub instance: &'a ContainerInstance,
    /// How many tasks run on it.
    pub running: u32,
    /// The groups of the tasks on it.
    pub groups: &'a dyn Groups,
}

/// The groups of the tasks on an instance. Only tasks that are meant to run count: AWS places a task beside one of the
/// same group that is being stopped, whatever the constraints say.
pub trait Groups: std::fmt::Debug {
    /// How many tasks of the group there are.
    fn count(&self, group: &str) -> u32;

    /// Whether the test holds for the group of any task.
    fn any(&self, test: &mut dyn FnMut(&str) -> bool) -> bool;
}

/// Counts by group.
impl Groups for BTreeMap<Name, u32> {
    fn count(&self, group: &str) -> u32 {
        self.get(group).copied().unwrap_or(0)
    }

    fn any(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.iter().any(|(group, &count)| count > 0 && test(group))
    }
}
