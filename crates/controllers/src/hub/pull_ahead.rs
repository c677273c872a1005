//! What nodes are asked to pull before tasks come: kept by the store's changes, seen by every control stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use berth_api::ecs as api;
use berth_model::{ResolvedImage, Service, TaskDefinition, TaskSet};
use berth_plan::service::PullAhead;
use berth_store::{ServiceIndex, ServiceKey, Touched, View};
use tokio::sync::watch;
use tracing::warn;

use super::{definition, payload};
use crate::service_loop::Wish;

/// What all services ask for, as control streams see it.
pub(super) type Board = watch::Sender<Arc<[PullAhead]>>;

/// Nothing is asked for.
pub(super) fn empty_board() -> Board {
    watch::Sender::new(Arc::from([]))
}

/// What each service asks for. It has one owner, who hears of changes.
#[derive(Debug, Default)]
pub(super) struct Wishes(BTreeMap<ServiceKey, (Wish, Vec<PullAhead>)>);

impl Wishes {
    /// Heeds a change.
    pub(super) fn heed(&mut self, view: &View, touched: &Touched, board: &Board) {
        let mut has_changed = false;
        for key in touched.keys::<Service>() {
            has_changed |= self.look(view, key);
        }
        // A set that is deleted does not say any more whose it was.
        if !touched.keys::<TaskSet>().is_empty() {
            for key in self.0.keys().cloned().collect::<Vec<_>>() {
                has_changed |= self.look(view, &key);
            }
        }
        if has_changed {
            self.publish(board);
        }
    }

    /// Finds out everything anew.
    pub(super) fn heed_all(&mut self, view: &View, board: &Board) {
        self.0.clear();
        for service in view.with::<Service>(&ServiceIndex::PullAhead, ..) {
            let key = ServiceKey { region: service.region, cluster: service.cluster.clone(), name: service.name.clone() };
            self.look(view, &key);
        }
        self.publish(board);
    }

    /// Looks at a service; whether it asks for something else than before.
    fn look(&mut self, view: &View, key: &ServiceKey) -> bool {
        let asking = view.get::<Service>(key).and_then(|service| Some((service, Wish::of(view, service)?)));
        let Some((service, wish)) = asking else { return self.0.remove(key).is_some() };
        if self.0.get(key).is_some_and(|(known, _)| *known == wish) {
            return false;
        }
        let granted = wish.grant(view, service, images).unwrap_or_else(|trouble| {
            warn!(service = %key.name, cluster = %key.cluster, %trouble, "no node is asked to pull the images of a service");
            Vec::new()
        });
        self.0.insert(key.clone(), (wish, granted));
        true
    }

    fn publish(&self, board: &Board) {
        let all: Arc<[PullAhead]> = self.0.values().flat_map(|(_, granted)| granted).cloned().collect();
        board.send_if_modified(|known| {
            let is_new = *known != all;
            *known = all;
            is_new
        });
    }
}

/// The images of a definition's containers, as payloads name them.
fn images(definition: &TaskDefinition, settled: &[ResolvedImage]) -> Vec<Box<str>> {
    let read: api::TaskDefinition = match definition::read_whole(definition) {
        Ok(read) => read,
        Err(error) => {
            warn!(family = %definition.family, revision = definition.revision, %error, "a task definition cannot be read");
            return Vec::new();
        }
    };
    let containers = read.container_definitions.unwrap_or_default();
    containers.iter().map(|container| payload::image_of(container, settled).into()).collect()
}

#[cfg(test)]
mod tests;
