//! What is seen of a task from outside its actor: the health of its containers, and how often they were started again.

use berth_model::{Health, Timestamp};

/// What is seen of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// Its containers, in their order.
    pub(crate) containers: Vec<ContainerView>,
}

/// What is seen of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContainerView {
    pub(crate) name: String,
    /// If it is checked.
    pub(crate) health: Option<HealthView>,
    /// If it is started again at all.
    pub(crate) restarts: Option<u32>,
}

/// What is known of a container's health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HealthView {
    pub(crate) health: Health,
    /// Since when, once something is known.
    pub(crate) since: Option<Timestamp>,
    /// What the last check said.
    pub(crate) said: String,
}

impl View {
    /// Whether health is checked in it.
    pub(crate) fn is_checked(&self) -> bool {
        self.containers.iter().any(|container| container.health.is_some())
    }
}
