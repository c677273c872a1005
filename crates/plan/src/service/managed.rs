//! One task on each instance of a daemon's capacity providers.

use std::collections::BTreeMap;

use berth_model::{Deployment, InstanceId, Name, Resources, Rollout, TaskId, node};

use super::member::Member;
use super::replica::{count, group, is_taken, until_images_are_known};
use super::rollout::Draft;
use super::{Bounds, Plan, Revision, Start};
use crate::IdSource;
use crate::placement::{GroupKey, Placement, Pool, Rejection, Sieve, Want, start, suited};

/// An instance that is to have the daemon's task.
#[derive(Debug)]
struct Host<'m, 'a> {
    provider: Name,
    /// The task it is to have, if that is there.
    own: Option<&'m Member<'a>>,
    /// Tasks that are not to stay.
    others: Vec<&'m Member<'a>>,
    /// A task that was told to stop is still there.
    is_left: bool,
}

impl Host<'_, '_> {
    fn is_served(&self) -> bool {
        self.own.iter().chain(&self.others).any(|member| member.is_healthy())
    }

    fn is_empty(&self) -> bool {
        self.own.is_none() && self.others.is_empty() && !self.is_left
    }
}

impl Draft<'_> {
    /// Starts and stops tasks of a daemon. Whether each of its instances has the one it is to have, and none another.
    pub(super) fn managed(&mut self, members: &[Member<'_>], ids: &mut dyn IdSource) -> bool {
        let Some((revision, primary)) = self.view.revision.zip(self.service.primary().cloned()) else { return false };
        let (reservation, group) = (revision.facts.reservation(), group(self));
        let want = Want { rules: revision.rules, ..Want::new(revision.facts, &reservation, &group) };
        let nowhere = Pool::default();
        let pool = self.view.pool.unwrap_or(&nowhere);
        let mut hosts = hosts(&revision, &group, pool, members);
        for task in self.view.tasks.iter().filter(|task| !task.desired.is_running() && !task.is_stopped()) {
            if let Some(host) = task.instance.and_then(|instance| hosts.get_mut(&instance)) {
                host.is_left = true;
            }
        }
        self.service.desired_count = count(&hosts);
        let bounds = Bounds::draining(self.service.desired_count, self.service.configuration.drain.unwrap_or(0));
        let given_up = primary.rollout == Rollout::Failed;
        if given_up {
            self.plan.why.push(format!("the deployment {} was given up: nothing of it is started", primary.id));
        } else {
            let most = self.most_starts(&revision, &primary, members);
            self.start_on(&hosts, &want, pool, &primary, most, ids);
        }
        let replaces = |instance: InstanceId, host: &Host<'_, '_>| {
            // Where the new one cannot be anyway, the old one stays.
            let found = start(&Want { provider: Some(&host.provider), ..want }, pool, instance);
            !given_up && found.is_some_and(|found| found.err().is_none_or(|lack| is_taken(&lack)))
        };
        let elsewhere = elsewhere(&revision, &hosts, pool, members);
        let victims = self.managed_victims(elsewhere, &hosts, bounds, replaces);
        self.halt(members, &victims, primary.id);
        let is_there = |host: &Host<'_, '_>| host.others.is_empty() && !host.is_left && host.own.is_some_and(Member::is_healthy);
        self.plan.starts.is_empty() && self.plan.stops.is_empty() && hosts.values().all(is_there)
    }

    /// How many tasks may be started now.
    fn most_starts(&mut self, revision: &Revision<'_>, primary: &Deployment, members: &[Member<'_>]) -> u32 {
        if self.waits_to_retry(primary) {
            return 0;
        }
        until_images_are_known(revision, primary, members).map_or(Plan::MOST_STARTS, |most| most.min(Plan::MOST_STARTS))
    }

    /// Starts a task on the instances that have none.
    fn start_on(
        &mut self,
        hosts: &BTreeMap<InstanceId, Host<'_, '_>>,
        want: &Want<'_>,
        pool: &Pool,
        primary: &Deployment,
        most: u32,
        ids: &mut dyn IdSource,
    ) {
        let mut rejections = Vec::new();
        let mut left = most;
        for (&instance, host) in hosts.iter().filter(|(_, host)| host.is_empty()) {
            match start(&Want { provider: Some(&host.provider), ..*want }, pool, instance) {
                Some(Ok(placed)) if left > 0 => {
                    left -= 1;
                    self.plan.starts.push(Start {
                        task: TaskId::from_bytes(ids.next()),
                        deployment: primary.id,
                        revision: primary.revision,
                        instance,
                        reservation: placed.reservation,
                        zone: pool.with_subject(instance, |subject| node::zone(&subject.instance.attributes).cloned()).flatten(),
                        provider: Some(host.provider.clone()),
                    });
                }
                Some(Ok(_)) if most == Plan::MOST_STARTS => self.plan.wake(self.now),
                Some(Err(lack)) => rejections.push(Rejection { instance, lack }),
                Some(Ok(_)) | None => {}
            }
        }
        if !rejections.is_empty() {
            let placement = Placement { placed: Vec::new(), unplaced: count(&rejections), rejections };
            self.plan.why.push(format!("{} tasks find no place: {}", placement.unplaced, placement.summary()));
        }
    }

    /// Tasks that are where none is to be, second ones, and replaced ones as far as the bounds allow.
    fn managed_victims<'m, 'a>(
        &mut self,
        elsewhere: Vec<&'m Member<'a>>,
        hosts: &BTreeMap<InstanceId, Host<'m, 'a>>,
        bounds: Bounds,
        replaces: impl Fn(InstanceId, &Host<'_, '_>) -> bool,
    ) -> Vec<TaskId> {
        let mut victims = elsewhere;
        let mut served = count(hosts.values().filter(|host| host.is_served()));
        for (&instance, host) in hosts.iter().filter(|(_, host)| !host.others.is_empty()) {
            if host.own.is_some() {
                victims.extend(&host.others);
            } else if host.others.iter().all(|member| !member.is_protected) && replaces(instance, host) {
                if !host.is_served() {
                    victims.extend(&host.others);
                } else if served > bounds.least {
                    served -= 1;
                    victims.extend(&host.others);
                }
            }
        }
        victims.retain(|member| !member.is_protected);
        if victims.len() > Plan::MOST_STOPS {
            victims.truncate(Plan::MOST_STOPS);
            self.plan.wake(self.now);
        }
        victims.into_iter().map(Member::id).collect()
    }
}

/// The instances that are to have a task, with those they have: of several that may stay, the oldest does. Whether it can be there is
/// not asked: an instance that lacks something is one that waits.
fn hosts<'m, 'a>(
    revision: &Revision<'_>,
    group: &GroupKey,
    pool: &Pool,
    members: &'m [Member<'a>],
) -> BTreeMap<InstanceId, Host<'m, 'a>> {
    let nothing = Resources::default();
    let mut hosts = BTreeMap::new();
    for item in &revision.record.source.strategy {
        let anything =
            Want { attributes: &[], gpus: 0, provider: Some(&item.provider), ..Want::new(revision.facts, &nothing, group) };
        // A sieve for each: which instances suit depends on the provider.
        for instance in suited(&anything, pool, &mut Sieve::default()) {
            let host = Host { provider: item.provider.clone(), own: None, others: Vec::new(), is_left: false };
            hosts.entry(instance).or_insert(host);
        }
    }
    let mut by_age: Vec<&Member<'_>> = members.iter().collect();
    by_age.sort_by_key(|member| (member.task.times.created_at, member.id()));
    for member in by_age {
        let Some(host) = member.instance().and_then(|instance| hosts.get_mut(&instance)) else { continue };
        if member.stays() && host.own.is_none() {
            host.own = Some(member);
        } else {
            host.others.push(member);
        }
    }
    hosts
}

/// The tasks on instances that drain, or are not of the daemon's providers. One that is out of reach keeps its task: it is the daemon's
/// again once it is back.
fn elsewhere<'m, 'a>(
    revision: &Revision<'_>,
    hosts: &BTreeMap<InstanceId, Host<'_, '_>>,
    pool: &Pool,
    members: &'m [Member<'a>],
) -> Vec<&'m Member<'a>> {
    let own = |provider: &Name| revision.record.source.strategy.iter().any(|item| item.provider == *provider);
    let is_own = |instance: InstanceId| {
        pool.with_subject(instance, |subject| subject.instance.capacity_provider.as_ref().is_some_and(own)) == Some(true)
    };
    let stays = |member: &Member<'_>| {
        !member.is_leaving && member.instance().is_some_and(|instance| hosts.contains_key(&instance) || is_own(instance))
    };
    members.iter().filter(|member| !stays(member)).collect()
}
