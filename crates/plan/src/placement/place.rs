//! The decision.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use berth_model::{ContainerInstance, InstanceId, Resources};

use super::check::{self, check};
use super::pool::Pool;
use super::search::Search;
use super::{Lack, Sieve, Strategy, Summary, Want};
use crate::IdSource;
use crate::query::Subject;

/// Where the tasks of a call go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// One for each task that found a place.
    pub placed: Vec<Placed>,
    /// How many tasks found none.
    pub unplaced: u32,
    /// If some found none: what each instance lacks for one task more, ordered by id.
    pub rejections: Vec<Rejection>,
}

/// The place of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its instance.
    pub instance: InstanceId,
    /// What it takes of it, with the GPUs it gets.
    pub reservation: Resources,
    /// Why there.
    pub why: Why,
}

/// An instance that has no room for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The instance.
    pub instance: InstanceId,
    /// Why not.
    pub lack: Lack,
}

/// Why a task is where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The caller said so.
    Named,
    /// It was the best place.
    Best {
        /// Of how many instances.
        instances: usize,
        /// By these strategies.
        strategies: Arc<[Strategy]>,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named => f.write_str("named by the caller"),
            Self::Best { instances, strategies } => {
                write!(f, "best by ")?;
                if strategies.is_empty() {
                    write!(f, "{}", Strategy::Random)?;
                }
                for (at, strategy) in strategies.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{strategy}")?;
                }
                write!(f, " of {instances} instances")
            }
        }
    }
}

impl Placement {
    /// The instance that came nearest to having one task more; of several, the one with the lowest id.
    #[must_use]
    pub fn nearest(&self) -> Option<&Rejection> {
        nearest(&self.rejections)
    }

    /// What the instances lack, in short.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(&self.rejections)
    }
}

/// Of several that are as near, the one with the lowest id.
pub(super) fn nearest(rejections: &[Rejection]) -> Option<&Rejection> {
    rejections.iter().rev().max_by_key(|rejection| rejection.lack.nearness())
}

/// Finds a place for each task of `want` in the pool. What one task takes, the next one of the call finds taken. `sieve` has been
/// used for tasks of the same kind before, or is new.
pub fn place(want: &Want<'_>, pool: &Pool, sieve: &mut Sieve, ids: &mut dyn IdSource) -> Placement {
    // What the last one takes is of interest to nobody.
    let of_interest = want.count.saturating_sub(1);
    find(want, &mut pool.clone(), of_interest, sieve, ids)
}

/// The same, and the pool is as it is with the tasks: for a decision that goes on with tasks of another kind.
pub fn place_into(want: &Want<'_>, pool: &mut Pool, sieve: &mut Sieve, ids: &mut dyn IdSource) -> Placement {
    find(want, pool, want.count, sieve, ids)
}

fn find(want: &Want<'_>, pool: &mut Pool, of_interest: u32, sieve: &mut Sieve, ids: &mut dyn IdSource) -> Placement {
    let seed = ids.next().into_iter().fold(0_u64, |sum, byte| sum.rotate_left(8) ^ u64::from(byte));
    let why = Why::Best { instances: pool.len(), strategies: want.strategies.into() };
    let mut search = Search::new(want, sieve, seed);
    let mut placed = Vec::new();
    let mut unplaced = want.count;
    while unplaced > 0
        && let Some(slot) = search.best(pool)
        && let Some(spot) = pool.spot(slot)
        && let Some(fixed) = &spot.fixed
    {
        let (instance, reservation) = (spot.id, want.reservation_on(&fixed.registered, &spot.used));
        if want.count - unplaced < of_interest {
            if pool.put(slot, &reservation, want.group).is_err() {
                break;
            }
            search.has_put(pool, slot);
        }
        placed.push(Placed { instance, reservation, why: why.clone() });
        unplaced -= 1;
    }
    let rejections = if unplaced == 0 { Vec::new() } else { rejections(want, pool) };
    Placement { placed, unplaced, rejections }
}

/// What each instance lacks, ordered by their ids.
fn rejections(want: &Want<'_>, pool: &Pool) -> Vec<Rejection> {
    let group = pool.group(want.group);
    let rejection = |(_, spot): (u32, &super::spot::Spot)| {
        let groups = pool.groups_on(spot);
        let of_group = group.map_or(0, |group| spot.groups.get(group));
        let lack = check(want, &spot.subject(&groups)?, of_group, &spot.used).err()?;
        Some(Rejection { instance: spot.id, lack })
    };
    pool.spots().filter_map(rejection).collect()
}

/// Puts one task on a named instance. StartTask leaves the choice to its caller: give it no rules to have none checked. None if
/// the pool has no such instance.
#[must_use]
pub fn start(want: &Want<'_>, pool: &Pool, instance: InstanceId) -> Option<Result<Placed, Lack>> {
    let (used, of_group) = (pool.used(instance)?, pool.on(instance, want.group));
    pool.with_subject(instance, |subject| {
        check(want, subject, of_group, used)?;
        let reservation = want.reservation_on(&subject.instance.registered, used);
        Ok(Placed { instance, reservation, why: Why::Named })
    })
}

/// Whether an instance suits tasks of a kind, whatever is on it, whichever pool it is in.
#[must_use]
pub fn suits(want: &Want<'_>, instance: &ContainerInstance) -> bool {
    check::suits(want, &Subject { instance, running: 0, groups: &BTreeMap::new() }).is_ok()
}

/// The instances that suit tasks of a kind, whatever is on them, by their ids.
#[must_use]
pub fn suited(want: &Want<'_>, pool: &Pool, sieve: &mut Sieve) -> Vec<InstanceId> {
    sieve.follow(pool);
    pool.spots().filter(|&(slot, _)| sieve.passes(want, pool, slot)).map(|(_, spot)| spot.id).collect()
}
