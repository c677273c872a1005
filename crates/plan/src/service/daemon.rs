//! One task on each instance that suits.

use std::collections::{BTreeMap, BTreeSet};

use berth_model::{InstanceId, Matter, Name, Rollout, TaskId, node};

use super::addresses::Left;
use super::member::Member;
use super::replica::{count, group, is_taken, until_images_are_known};
use super::rollout::Draft;
use super::{Bounds, Plan, Start, event};
use crate::IdSource;
use crate::placement::{Placement, Pool, Rejection, Sieve, Want, start, suited};

impl Draft<'_> {
    /// Starts and stops tasks of a daemon. Whether each instance has the one it is to have.
    pub(super) fn daemon(&mut self, members: &[Member<'_>], sieve: &mut Sieve, ids: &mut dyn IdSource) -> bool {
        let Some((revision, primary)) = self.view.revision.zip(self.service.primary().cloned()) else { return false };
        let (reservation, group) = (revision.facts.reservation(), group(self));
        let zones: Option<Vec<Name>> = revision.zones.map(|zones| zones.keys().cloned().collect());
        let want = Want { rules: revision.rules, zones: zones.as_deref(), ..Want::new(revision.facts, &reservation, &group) };
        let nowhere = Pool::default();
        let pool = self.view.pool.unwrap_or(&nowhere);
        let targets: BTreeSet<InstanceId> = suited(&want, pool, sieve).into_iter().collect();
        self.service.desired_count = count(&targets);
        let configuration = &self.service.configuration;
        let bounds = Bounds::of(self.service.desired_count, configuration.minimum_healthy_percent, configuration.maximum_percent);
        // The oldest of an instance is the one it is to have.
        let mut own: Vec<&Member<'_>> = members.iter().filter(|member| member.stays()).collect();
        own.sort_by_key(|member| (member.task.times.created_at, member.id()));
        let mut kept: BTreeMap<InstanceId, &Member<'_>> = BTreeMap::new();
        for member in own {
            if let Some(instance) = member.instance().filter(|instance| targets.contains(instance)) {
                kept.entry(instance).or_insert(member);
            }
        }
        let (mut starts, mut without_address, mut crowded) = (0, 0, BTreeSet::new());
        let mut addresses = Left::of(&revision);
        let mut rejections = Vec::new();
        let is_waiting = primary.retry_at.filter(|&retry_at| self.now < retry_at);
        if let Some(retry_at) = is_waiting {
            self.plan.wake(retry_at);
        }
        let mut left = bounds.most.saturating_sub(count(members));
        left = until_images_are_known(&revision, &primary, members).map_or(left, |most| left.min(most));
        if primary.rollout == Rollout::Failed || is_waiting.is_some() {
            left = 0;
        }
        for &instance in targets.iter().filter(|instance| !kept.contains_key(instance)) {
            match start(&want, pool, instance) {
                Some(Ok(placed)) if starts < left.min(Plan::MOST_STARTS) => {
                    let zone = pool.with_subject(instance, |subject| node::zone(&subject.instance.attributes).cloned()).flatten();
                    if !addresses.take(zone.as_ref()) {
                        without_address += 1;
                        continue;
                    }
                    starts += 1;
                    self.plan.starts.push(Start {
                        task: TaskId::from_bytes(ids.next()),
                        deployment: primary.id,
                        revision: primary.revision,
                        instance,
                        reservation: placed.reservation,
                        zone,
                        provider: None,
                    });
                }
                Some(Ok(_)) => drop(crowded.insert(instance)),
                Some(Err(lack)) => {
                    if is_taken(&lack) {
                        crowded.insert(instance);
                    }
                    rejections.push(Rejection { instance, lack });
                }
                None => {}
            }
        }
        if starts == Plan::MOST_STARTS {
            self.plan.wake(self.now);
        }
        if without_address == 0 {
            self.tell_unplaced(rejections);
        } else {
            self.tell_no_address(without_address);
        }
        let victims = self.daemon_victims(members, &targets, &kept, &crowded, bounds, primary.rollout == Rollout::Failed);
        self.halt(members, &victims, primary.id);
        let all_run = count(kept.values().filter(|member| member.is_healthy())) == bounds.desired;
        self.plan.starts.is_empty() && self.plan.stops.is_empty() && all_run && kept.len() == members.len()
    }

    fn tell_unplaced(&mut self, rejections: Vec<Rejection>) {
        if rejections.is_empty() {
            event::settle(&mut self.service, Matter::Placement);
            return;
        }
        let placement = Placement { placed: Vec::new(), unplaced: count(&rejections), rejections };
        self.plan.why.push(format!("{} tasks find no place: {}", placement.unplaced, placement.summary()));
        let message = event::unplaced(&self.label, &placement);
        event::notice(&mut self.plan, &mut self.service, Matter::Placement, message, self.now);
    }

    /// Those on other instances, second ones, and replaced ones as far as the minimum allows.
    fn daemon_victims(
        &mut self,
        members: &[Member<'_>],
        targets: &BTreeSet<InstanceId>,
        kept: &BTreeMap<InstanceId, &Member<'_>>,
        crowded: &BTreeSet<InstanceId>,
        bounds: Bounds,
        is_given_up: bool,
    ) -> Vec<TaskId> {
        let at = |member: &Member<'_>| member.instance().filter(|instance| targets.contains(instance));
        let mut healthy = count(members.iter().filter(|member| member.is_healthy() && at(member).is_some()));
        let mut victims = Vec::new();
        for member in members.iter().filter(|member| !member.is_protected) {
            let is_victim = match at(member) {
                None => !member.is_healthy() || healthy >= bounds.least || member.is_leaving,
                Some(instance) => match kept.get(&instance) {
                    Some(kept) if kept.id() == member.id() => false,
                    _ if is_given_up => false,
                    Some(kept) => !member.is_healthy() || kept.is_healthy() && healthy > bounds.least,
                    None => crowded.contains(&instance) && (!member.is_healthy() || healthy > bounds.least),
                },
            };
            if is_victim && victims.len() < Plan::MOST_STOPS {
                healthy -= u32::from(member.is_healthy() && at(member).is_some());
                victims.push(member.id());
            } else if is_victim {
                self.plan.wake(self.now);
            }
        }
        victims
    }
}
