//! Moving tasks until zones are even.

use std::collections::BTreeMap;

use berth_model::{Matter, Name, Rollout, Scheduling, Service, node};

use super::member::Member;
use super::replica::{Goal, count, group};
use super::rollout::Draft;
use super::{Bounds, Revision, event};
use crate::IdSource;
use crate::placement::{Field, Sieve, Strategy};

/// Of how many tasks are in each zone, a zone that has too many and one that has too few: one more task in this and one less in that
/// makes them more even.
#[must_use]
pub fn uneven<Z: Copy + Ord>(zones: &[(Z, u32)]) -> Option<(Z, Z)> {
    let fewest = zones.iter().min_by_key(|&&(zone, tasks)| (tasks, zone))?;
    let most = zones.iter().min_by_key(|&&(zone, tasks)| (u32::MAX - tasks, zone))?;
    (most.1 > fewest.1 + 1).then_some((most.0, fewest.0))
}

/// Whether one of the tasks that stay is on its way to another zone: there is one too many, and it stands for one of the fullest zone.
pub(super) fn moves(service: &Service, staying: &[&Member<'_>]) -> bool {
    let is_settled = service.primary().is_some_and(|primary| primary.rollout == Rollout::Completed);
    if service.zone_rebalancing != Some(true) || !is_settled || count(staying) != service.desired_count + 1 {
        return false;
    }
    let mut tasks: BTreeMap<&Option<Name>, u32> = BTreeMap::new();
    for member in staying {
        *tasks.entry(&member.task.zone).or_default() += 1;
    }
    let most = tasks.values().max().copied().unwrap_or(0);
    staying.iter().any(|member| !member.is_healthy() && tasks[&member.task.zone] < most)
}

impl Draft<'_> {
    /// Starts a task in the zone that has fewest, if the zones are uneven: it is then one too many, and one of the fullest zone goes.
    pub(super) fn rebalance(&mut self, goal: &Goal<'_>, ids: &mut dyn IdSource) {
        let &Goal { revision, ref primary, bounds, .. } = goal;
        let Some(pool) = self.view.pool.filter(|_| applies(&self.service, &revision, bounds)) else { return };
        let zones: Vec<(&Name, u32)> = pool
            .spread(&group(self))
            .filter_map(|(zone, tasks)| Some((zone?, tasks)))
            .filter(|(zone, _)| is_allowed(&revision, zone))
            .collect();
        let told: Vec<(String, u32)> = zones.iter().map(|(zone, tasks)| (zone.to_string(), *tasks)).collect();
        let Some((_, to)) = uneven(&zones) else {
            if self.service.notices.iter().any(|notice| notice.matter == Matter::Zones) {
                event::settle(&mut self.service, Matter::Zones);
                let message = event::balanced(&self.label, &told);
                self.plan.events.push(message.into());
            }
            return;
        };
        if primary.rollout != Rollout::Completed {
            return;
        }
        // Another sieve: that of the service is for all its zones.
        let placement = self.place(goal, 1, Some(std::slice::from_ref(to)), &mut Sieve::default(), ids);
        if self.plan.starts.is_empty() {
            self.plan.why.push(format!("zones are uneven, and {to} has no room: {}", placement.summary()));
            return;
        }
        let message = event::not_balanced(&self.label, &told);
        event::notice(&mut self.plan, &mut self.service, Matter::Zones, message, self.now);
        let started: Vec<_> = self.plan.starts.iter().map(|start| start.task).collect();
        let message = event::started_to_rebalance(&self.label, to, &started);
        self.plan.events.push(message.into());
    }
}

fn applies(service: &Service, revision: &Revision<'_>, bounds: Bounds) -> bool {
    let over_zones = |strategy: &Strategy| matches!(strategy, Strategy::Spread(Field::Attribute(name)) if *name == *node::ZONE);
    service.zone_rebalancing == Some(true)
        && service.scheduling == Scheduling::Replica
        && bounds.most > bounds.desired
        && revision.strategies.first().is_none_or(over_zones)
}

fn is_allowed(revision: &Revision<'_>, zone: &Name) -> bool {
    revision.zones.is_none_or(|zones| zones.contains_key(zone))
}
