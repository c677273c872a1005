//! As many tasks as are wanted.

use std::sync::LazyLock;

use berth_model::{Deployment, DeploymentId, LaunchType, Matter, Name, Rollout, StopCode, StrategyItem, TaskId, node};

use super::addresses::Left;
use super::member::{Condition, Member};
use super::rollout::Draft;
use super::scale_in::{Candidate, Rank, order_of_scale_in};
use super::{Bounds, Halt, Plan, Revision, Start, event, zones};
use crate::placement::{Field, GroupKey, Lack, Placement, Pool, Sieve, Strategy, Want, place, place_into};
use crate::{IdSource, capacity};

/// Where a service's tasks go that has no strategy of its own.
static DEFAULT: LazyLock<[Strategy; 2]> =
    LazyLock::new(|| [Strategy::Spread(Field::Attribute(node::ZONE.into())), Strategy::Spread(Field::Instance)]);

/// What is to be reached, and from where.
#[derive(Debug)]
pub(super) struct Goal<'a> {
    pub(super) revision: Revision<'a>,
    pub(super) primary: Deployment,
    pub(super) members: &'a [Member<'a>],
    pub(super) bounds: Bounds,
}

/// What keeps tasks that are wanted from being started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Blocked {
    /// So many by the maximum.
    by_maximum: u32,
    /// So many for lack of what other tasks have.
    by_room: u32,
}

impl Draft<'_> {
    /// Starts and stops tasks of a service that wants a number of them. Whether it has what it is to have.
    pub(super) fn replica(&mut self, members: &[Member<'_>], sieve: &mut Sieve, ids: &mut dyn IdSource) -> bool {
        let Some((revision, primary)) = self.view.revision.zip(self.service.primary().cloned()) else { return false };
        let configuration = &self.service.configuration;
        let bounds = Bounds::of(self.service.desired_count, configuration.minimum_healthy_percent, configuration.maximum_percent);
        let staying = count(members.iter().filter(|member| member.stays()));
        let wanted = bounds.desired.saturating_sub(staying);
        let goal = Goal { revision, primary, members, bounds };
        let blocked = self.start(&goal, wanted, sieve, ids);
        self.stop(&goal, blocked);
        let is_quiet = self.plan.starts.is_empty() && self.plan.stops.is_empty();
        let all_stay = members.iter().all(|member| member.stays() && member.is_healthy());
        let is_there = is_quiet && all_stay && staying == bounds.desired;
        if is_quiet && wanted > 0 && blocked.by_maximum > 0 && !members.iter().any(|member| member.condition == Condition::Coming)
        {
            let message = event::deadlock(&self.label);
            event::notice(&mut self.plan, &mut self.service, Matter::Deadlock, message, self.now);
        } else if is_there {
            event::settle(&mut self.service, Matter::Deadlock);
        }
        if is_there {
            self.rebalance(&goal, ids);
        }
        is_there
    }

    /// Finds places for what is wanted, as far as the maximum allows.
    fn start(&mut self, goal: &Goal<'_>, wanted: u32, sieve: &mut Sieve, ids: &mut dyn IdSource) -> Blocked {
        let Goal { revision, primary, members, bounds } = goal;
        if wanted == 0 {
            event::settle(&mut self.service, Matter::Placement);
            return Blocked::default();
        }
        if primary.rollout == Rollout::Failed {
            self.plan.why.push(format!("the deployment {} was given up: {wanted} tasks are not started", primary.id));
            return Blocked::default();
        }
        if self.waits_to_retry(primary) {
            return Blocked::default();
        }
        let room = bounds.most.saturating_sub(count(*members));
        let by_maximum = wanted.saturating_sub(room);
        let mut starts = wanted.min(room);
        if let Some(most) = until_images_are_known(revision, primary, members).filter(|&most| most < starts) {
            starts = most;
            self.plan.why.push(
                "the first task of the deployment settles the images that all of them run: the others wait for it".to_owned(),
            );
        }
        if starts > Plan::MOST_STARTS {
            starts = Plan::MOST_STARTS;
            self.plan.wake(self.now);
        }
        if by_maximum > 0 {
            self.plan.why.push(format!("{by_maximum} tasks wait: there are never more than {}", bounds.most));
        }
        if starts == 0 {
            return Blocked { by_maximum, by_room: 0 };
        }
        if Left::of(revision).is_nothing() {
            self.tell_no_address(starts);
            return Blocked { by_maximum, by_room: starts };
        }
        let placement = self.place(goal, starts, None, sieve, ids);
        if placement.unplaced == 0 {
            event::settle(&mut self.service, Matter::Placement);
        } else {
            self.plan.why.push(format!("{} tasks find no place: {}", placement.unplaced, placement.summary()));
            let message = event::unplaced(&self.label, &placement);
            event::notice(&mut self.plan, &mut self.service, Matter::Placement, message, self.now);
        }
        let is_crowded = placement.rejections.iter().any(|rejection| is_taken(&rejection.lack));
        Blocked { by_maximum, by_room: if is_crowded { placement.unplaced } else { 0 } }
    }

    /// Tells that tasks find no address.
    pub(super) fn tell_no_address(&mut self, tasks: u32) {
        self.plan.why.push(format!("{tasks} tasks wait: no subnet of the service has a free address"));
        let message = event::no_address(&self.label);
        event::notice(&mut self.plan, &mut self.service, Matter::Placement, message, self.now);
    }

    /// Finds places for tasks and puts them into the plan.
    pub(super) fn place(
        &mut self,
        goal: &Goal<'_>,
        starts: u32,
        zones: Option<&[Name]>,
        sieve: &mut Sieve,
        ids: &mut dyn IdSource,
    ) -> Placement {
        let Goal { revision, primary, members, .. } = goal;
        let (reservation, group) = (revision.facts.reservation(), group(self));
        let strategies = if revision.strategies.is_empty() { &*DEFAULT as &[Strategy] } else { revision.strategies };
        let mut left = Left::of(revision);
        let with_addresses = left.zones();
        let want = Want {
            count: starts,
            rules: revision.rules,
            strategies,
            zones: zones.or(with_addresses.as_deref()),
            ..Want::new(revision.facts, &reservation, &group)
        };
        let source = &revision.record.source;
        let came_by = |member: &&Member<'_>, item: &StrategyItem| {
            member.is_primary && member.task.capacity_provider.as_ref() == Some(&item.provider)
        };
        let have = |item: &StrategyItem| count(members.iter().filter(|member| came_by(member, item)));
        let have: Vec<u32> = source.strategy.iter().map(have).collect();
        let providers = capacity::split_further(&source.strategy, &have, starts);
        let pool = self.view.pool.cloned().unwrap_or_default();
        let (placement, providers) = if source.launch == LaunchType::Fargate || providers.is_empty() {
            (place(&want, &pool, sieve, ids), providers)
        } else {
            place_by_provider(&want, pool.clone(), providers, ids)
        };
        let mut providers = providers.into_iter();
        for placed in &placement.placed {
            let zone = pool.with_subject(placed.instance, |subject| node::zone(&subject.instance.attributes).cloned()).flatten();
            let provider = providers.next();
            if !left.take(zone.as_ref()) {
                // The zones look different without it: the next pass goes elsewhere, or says why not.
                self.plan.wake(self.now);
                continue;
            }
            self.plan.starts.push(Start {
                task: TaskId::from_bytes(ids.next()),
                deployment: primary.id,
                revision: primary.revision,
                instance: placed.instance,
                reservation: placed.reservation.clone(),
                zone,
                provider,
            });
        }
        placement
    }

    /// Stops what was replaced, what is too much, and what has to make room.
    fn stop(&mut self, goal: &Goal<'_>, blocked: Blocked) {
        let &Goal { ref primary, members, bounds, .. } = goal;
        let total = count(members) + count(&self.plan.starts);
        let overflow = total.saturating_sub(bounds.most);
        let mut need = (blocked.by_maximum + blocked.by_room).max(overflow);
        let mut healthy = count(members.iter().filter(|member| member.is_healthy()));
        let is_given_up = primary.rollout == Rollout::Failed;
        let mut victims: Vec<TaskId> = Vec::new();
        let going: Vec<&Member<'_>> = members.iter().filter(|member| !member.stays() && !member.is_protected).collect();
        for member in going.iter().filter(|member| member.is_pending()) {
            if is_given_up && need == 0 {
                break;
            }
            victims.push(member.id());
            need = need.saturating_sub(1);
        }
        // Those that run and are not well, or of which nobody knows: stopping them takes nothing away.
        for member in going.iter().filter(|member| !member.is_pending() && !member.is_healthy()) {
            let is_replaced = healthy >= bounds.desired && !is_given_up;
            if is_replaced || need > 0 {
                victims.push(member.id());
                need = need.saturating_sub(1);
            }
        }
        let well = going.iter().filter(|member| member.is_healthy()).copied();
        let replaced = if is_given_up { 0 } else { healthy.saturating_sub(bounds.desired) };
        let to_make_room = need.min(healthy.saturating_sub(bounds.least));
        let most = replaced.max(to_make_room) as usize;
        for id in order_of_scale_in(&candidates(well), most) {
            victims.push(id);
            healthy -= 1;
        }
        victims.extend(self.surplus(members, bounds, &mut healthy));
        if victims.len() > Plan::MOST_STOPS {
            victims.truncate(Plan::MOST_STOPS);
            self.plan.wake(self.now);
        }
        self.halt(members, &victims, primary.id);
    }

    /// Which of the tasks that stay are too many.
    fn surplus(&self, members: &[Member<'_>], bounds: Bounds, healthy: &mut u32) -> Vec<TaskId> {
        let staying: Vec<_> = members.iter().filter(|member| member.stays()).collect();
        let mut extra = count(&staying).saturating_sub(bounds.desired);
        let candidates = candidates(staying.iter().copied());
        let order = order_of_scale_in(&candidates, if extra == 0 { 0 } else { candidates.len() });
        let mut gone = Vec::new();
        for id in order {
            if extra == 0 {
                break;
            }
            let Some(candidate) = candidates.iter().find(|candidate| candidate.task == id) else { continue };
            if candidate.rank == Rank::Healthy {
                if *healthy <= bounds.desired.max(bounds.least) {
                    // One that moves to another zone stays until the other runs.
                    if zones::moves(&self.service, &staying) {
                        break;
                    }
                    continue;
                }
                *healthy -= 1;
            }
            gone.push(id);
            extra -= 1;
        }
        gone
    }

    /// Puts tasks to stop into the plan.
    pub(super) fn halt(&mut self, members: &[Member<'_>], victims: &[TaskId], by: DeploymentId) {
        let is_running = |member: &&Member<'_>| !member.is_pending() && victims.contains(&member.id());
        let running: Vec<TaskId> = members.iter().filter(is_running).map(Member::id).collect();
        for member in members.iter().filter(|member| victims.contains(&member.id())) {
            let is_unhealthy = member.condition == Condition::Unhealthy;
            let reason = if is_unhealthy {
                let message = event::unhealthy(&self.label, member.id());
                self.plan.events.push(message.into());
                let failing =
                    self.service.deployments.iter_mut().find(|deployment| member.task.deployment() == Some(deployment.id));
                if let Some(deployment) = failing.filter(|deployment| deployment.rollout == Rollout::InProgress) {
                    deployment.failed_tasks = deployment.failed_tasks.saturating_add(1);
                }
                "Task failed container health checks".into()
            } else {
                format!("Scaling activity initiated by (deployment {by})").into()
            };
            self.plan.stops.push(Halt { task: member.id(), code: StopCode::ServiceSchedulerInitiated, reason });
        }
        if !running.is_empty() {
            let message = event::stopped(&self.label, &running);
            self.plan.events.push(message.into());
        }
    }
}

/// Finds places on the instances of each capacity provider for its share of the tasks. With the provider of each place.
fn place_by_provider(want: &Want<'_>, mut pool: Pool, mut shares: Vec<Name>, ids: &mut dyn IdSource) -> (Placement, Vec<Name>) {
    let mut all = Placement { placed: Vec::new(), unplaced: 0, rejections: Vec::new() };
    let mut providers = Vec::new();
    while let Some(provider) = shares.first().cloned() {
        let whole = shares.len();
        shares.retain(|other| *other != provider);
        let share = count(shares.len()..whole);
        // A sieve for each: which instances suit depends on the provider.
        let want = Want { provider: Some(&provider), count: share, ..*want };
        let found = place_into(&want, &mut pool, &mut Sieve::default(), ids);
        providers.extend(found.placed.iter().map(|_| provider.clone()));
        all.placed.extend(found.placed);
        all.unplaced += found.unplaced;
        all.rejections.extend(found.rejections);
    }
    (all, providers)
}

/// The group of the service's tasks.
pub(super) fn group(draft: &Draft<'_>) -> GroupKey {
    GroupKey { cluster: draft.service.cluster.clone(), name: draft.service.group() }
}

/// How many tasks may be started before the first of the deployment has said which images it runs; none if it need not.
pub(super) fn until_images_are_known(revision: &Revision<'_>, primary: &Deployment, members: &[Member<'_>]) -> Option<u32> {
    let is_named_by_tag = revision.facts.containers.iter().any(|container| !container.image.contains("@sha256:"));
    if !primary.consistent || !primary.digests.is_empty() || !is_named_by_tag {
        return None;
    }
    let mut own = members.iter().filter(|member| member.is_primary).peekable();
    match own.peek() {
        None => Some(1),
        // An agent that does not say it by then never will.
        Some(_) => own.all(Member::is_pending).then_some(0),
    }
}

/// Whether other tasks have what the instance lacks.
pub(super) const fn is_taken(lack: &Lack) -> bool {
    match lack {
        Lack::DistinctInstance { .. }
        | Lack::Cpu { .. }
        | Lack::Memory { .. }
        | Lack::Port { kept: false, .. }
        | Lack::Gpu { .. }
        | Lack::Interface => true,
        Lack::NotActive(_)
        | Lack::Agent
        | Lack::Impaired(_)
        | Lack::CapacityProvider(_)
        | Lack::Attribute(_)
        | Lack::MemberOf(_)
        | Lack::Location(_)
        | Lack::Port { kept: true, .. } => false,
    }
}

pub(super) fn count<T>(of: impl IntoIterator<Item = T>) -> u32 {
    u32::try_from(of.into_iter().count()).unwrap_or(u32::MAX)
}

pub(super) fn candidates<'m, 'a: 'm>(members: impl Iterator<Item = &'m Member<'a>>) -> Vec<Candidate> {
    let candidate = |member: &Member<'_>| Candidate {
        task: member.id(),
        zone: member.task.zone.clone(),
        instance: member.instance(),
        rank: match member.condition {
            Condition::Unhealthy => Rank::Unhealthy,
            Condition::Coming => Rank::Coming,
            Condition::Healthy => Rank::Healthy,
        },
        created_at: member.task.times.created_at,
        stays: member.is_protected,
    };
    members.map(candidate).collect()
}
