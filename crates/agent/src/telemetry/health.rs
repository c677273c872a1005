//! What is said of the health of containers.

use std::collections::HashMap;

use berth_api::acs::{ContainerHealth, HealthStatus, TaskHealth};
use berth_model::Health;

use super::stream::seconds;
use crate::node::Sighting;
use crate::task::{ContainerView, View};

/// What was said on a stream so far, by the task's ARN.
#[derive(Debug, Default)]
pub(super) struct Told(HashMap<String, View>);

impl Told {
    /// What there is to say of all tasks whose health is checked.
    pub(super) fn all(&mut self, sightings: &[Sighting]) -> Vec<TaskHealth> {
        self.0.clear();
        self.unsaid(sightings)
    }

    /// What there is to say of those of which it was not said yet.
    pub(super) fn unsaid(&mut self, sightings: &[Sighting]) -> Vec<TaskHealth> {
        let mut said = Vec::new();
        for sighting in sightings.iter().filter(|sighting| sighting.view.is_checked()) {
            let before = self.0.insert(sighting.task.arn.clone(), sighting.view.clone());
            if before.as_ref() != Some(&sighting.view) {
                said.push(of(sighting));
            }
        }
        said
    }
}

fn of(Sighting { task, view }: &Sighting) -> TaskHealth {
    TaskHealth {
        task_arn: Some(task.arn.clone()),
        cluster_arn: task.task_cluster_arn.clone(),
        task_definition_family: Some(task.family.clone()),
        task_definition_version: Some(task.version.clone()),
        containers: view.containers.iter().filter_map(container).collect(),
    }
}

fn container(view: &ContainerView) -> Option<ContainerHealth> {
    let health = view.health.as_ref()?;
    Some(ContainerHealth {
        container_name: Some(view.name.clone()),
        health_status: Some(match health.health {
            Health::Healthy => HealthStatus::Healthy,
            Health::Unhealthy => HealthStatus::Unhealthy,
            Health::Unknown => HealthStatus::Unknown,
        }),
        status_since: health.since.map(seconds),
        status_message: Some(health.said.clone()),
    })
}
