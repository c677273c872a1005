//! The decision.

use std::fmt;

use berth_model::{InstanceId, Resources};

use super::board::Board;
use super::check::check;
use super::{Lack, Strategy, Want};
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
        /// Of how many that could have it.
        eligible: usize,
        /// Of how many instances in all.
        instances: usize,
        /// By these strategies.
        strategies: Box<[Strategy]>,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named => f.write_str("named by the caller"),
            Self::Best { eligible, instances, strategies } => {
                write!(f, "best by ")?;
                if strategies.is_empty() {
                    write!(f, "{}", Strategy::Random)?;
                }
                for (at, strategy) in strategies.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{strategy}")?;
                }
                write!(f, " of {eligible} that could have it, of {instances} in all")
            }
        }
    }
}

impl Placement {
    /// The instance that came nearest to having one task more; of several, the one with the lowest id.
    #[must_use]
    pub fn nearest(&self) -> Option<&Rejection> {
        self.rejections.iter().rev().max_by_key(|rejection| rejection.lack.nearness())
    }
}

/// Finds a place for each task of `want` among the instances. What one task takes, the next one of the call finds taken.
pub fn place<'a>(want: &'a Want<'a>, instances: impl IntoIterator<Item = Subject<'a>>, ids: &mut dyn IdSource) -> Placement {
    let seed = ids.next().into_iter().fold(0_u64, |sum, byte| sum.rotate_left(8) ^ u64::from(byte));
    let mut board = Board::new(want, instances.into_iter(), seed);
    let mut placed = Vec::new();
    let mut unplaced = want.count;
    while unplaced > 0
        && let Some(at) = board.best()
    {
        let eligible = board.eligible();
        let Ok(reservation) = board.put(at) else { break };
        let why = Why::Best { eligible, instances: board.len(), strategies: want.strategies.into() };
        placed.push(Placed { instance: board.instance(at).id, reservation, why });
        unplaced -= 1;
    }
    let lacks = if unplaced == 0 { Vec::new() } else { board.lacks() };
    let rejections = lacks.into_iter().map(|(instance, lack)| Rejection { instance, lack }).collect();
    Placement { placed, unplaced, rejections }
}

/// Puts one task on a named instance. StartTask leaves the choice to its caller: give it no rules to have none checked.
///
/// # Errors
/// What the instance lacks.
pub fn start(want: &Want<'_>, instance: &Subject<'_>) -> Result<Placed, Lack> {
    let used = &instance.instance.used;
    check(want, instance, used)?;
    let reservation = want.reservation_on(&instance.instance.registered, used);
    Ok(Placed { instance: instance.instance.id, reservation, why: Why::Named })
}
