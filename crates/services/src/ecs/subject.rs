//! Instances as placement and queries see them.

use std::collections::BTreeMap;

use berth_model::{ContainerInstance, InstanceId, LaunchType, Name, Task};
use berth_plan::query::{Groups, Subject};
use berth_store::{State, TaskIndex};

/// The groups of the tasks on an instance, looked up when a rule asks for them.
#[derive(Debug, Clone, Copy)]
pub(super) struct TasksByGroup<'a> {
    pub(super) state: &'a State,
    pub(super) instance: InstanceId,
}

impl TasksByGroup<'_> {
    fn counted(&self) -> BTreeMap<Name, u32> {
        let mut groups = BTreeMap::new();
        let tasks = self.state.with::<Task>(&TaskIndex::Instance(self.instance, true), ..);
        for task in tasks.filter(|task| task.launch != LaunchType::Fargate) {
            *groups.entry(task.group.clone()).or_default() += 1;
        }
        groups
    }
}

impl Groups for TasksByGroup<'_> {
    fn count(&self, group: &str) -> u32 {
        self.counted().get(group).copied().unwrap_or_default()
    }

    fn any(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.counted().keys().any(|group| test(group))
    }
}

/// An instance with what runs there.
pub(super) fn of<'a>(state: &State, instance: &'a ContainerInstance, groups: &'a TasksByGroup<'a>) -> Subject<'a> {
    let running = u32::try_from(state.counts().instance(instance.id).running).unwrap_or_default();
    Subject { instance, running, groups }
}
