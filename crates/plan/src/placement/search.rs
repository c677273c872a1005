//! The best place for one task.

use std::collections::BTreeMap;

use berth_model::node;

use super::check::has_room;
use super::pool::Pool;
use super::ranks::Measure;
use super::spot::{Spot, mix, own_number};
use super::{Field, Sieve, Strategy, Want};

/// A search for places of tasks that are all alike. The orders that a pool keeps answer the usual strategies (zones first, then
/// the fullest that fits, the one with fewest of the group, or any); for others all that can have the task are compared.
pub(super) struct Search<'a> {
    want: &'a Want<'a>,
    sieve: &'a mut Sieve,
    chain: &'a [Strategy],
    seed: u64,
    round: u64,
    /// The number of the tasks' group.
    group: Option<u32>,
    /// Zones without a place: putting tasks of the same kind elsewhere makes none.
    barren: Vec<u32>,
    /// By zone, what an instance has to have left at least: those with less were looked at, and have no room.
    floors: BTreeMap<u32, u32>,
    /// What the floors are about.
    measure: Measure,
}

/// Of no more instances than this, chance decides among all that fit. Of more, it chooses where on the ring of instances to begin.
const FEW: u64 = 64;

/// A zone to look in.
#[derive(Clone, Copy)]
struct Zone {
    number: u32,
    tasks: u32,
}

/// Where to begin to look.
struct Start {
    zones: Vec<Zone>,
    from: u64,
    steps: usize,
}

impl Start {
    fn slots(&self, pool: &Pool) -> impl Iterator<Item = u32> {
        let round = move |zone: &Zone| pool.ranks.round(zone.number, self.from);
        self.zones.iter().flat_map(move |zone| round(zone).skip(self.steps).chain(round(zone).take(self.steps)))
    }
}

fn size(pool: &Pool, zones: &[Zone]) -> u64 {
    zones.iter().map(|zone| u64::from(pool.ranks.size(zone.number))).sum()
}

impl<'a> Search<'a> {
    pub(super) fn new(want: &'a Want<'a>, sieve: &'a mut Sieve, seed: u64) -> Self {
        // Chance ends every comparison: what comes after it is never asked.
        let end = want.strategies.iter().position(|strategy| *strategy == Strategy::Random);
        let chain = &want.strategies[..end.unwrap_or(want.strategies.len())];
        Self {
            want,
            sieve,
            chain,
            seed,
            round: 0,
            group: None,
            barren: Vec::new(),
            floors: BTreeMap::new(),
            measure: Measure::Memory,
        }
    }

    /// The slot of the best place for one task more.
    pub(super) fn best(&mut self, pool: &Pool) -> Option<u32> {
        self.sieve.follow(pool);
        self.round += 1;
        self.group = pool.group(self.want.group);
        let live = pool.live_zones(self.want.group).filter(|(number, _)| !self.barren.contains(number));
        let mut zones: Vec<Zone> = live.map(|(number, tasks)| Zone { number, tasks }).collect();
        let (over_zones, rest) = match self.chain {
            [Strategy::Spread(Field::Attribute(name)), rest @ ..] if *name == *node::ZONE => (true, rest),
            chain => (false, chain),
        };
        if !over_zones {
            return self.within(pool, &zones, rest);
        }
        // Stable: zones that are even stay in the order of their names.
        zones.sort_by_key(|zone| zone.tasks);
        for even in zones.chunk_by(|a, b| a.tasks == b.tasks) {
            let found = self.within(pool, even, rest);
            if found.is_some() {
                return found;
            }
            self.barren.extend(even.iter().map(|zone| zone.number));
        }
        None
    }

    /// Takes note that a task was put in a slot, of which so much less is left.
    pub(super) fn has_put(&mut self, pool: &Pool, slot: u32) {
        if let Some(spot) = pool.spot(slot)
            && let Some(floor) = self.floors.get_mut(&spot.zone)
        {
            let left = match self.measure {
                Measure::Cpu => spot.free_cpu(),
                Measure::Memory => spot.free_memory(),
            };
            *floor = left.min(*floor);
        }
    }

    fn within(&mut self, pool: &Pool, zones: &[Zone], chain: &[Strategy]) -> Option<u32> {
        match chain {
            [] => self.any(pool, zones),
            [Strategy::BinpackCpu, rest @ ..] => self.fullest(pool, zones, Measure::Cpu, rest),
            [Strategy::BinpackMemory, rest @ ..] => self.fullest(pool, zones, Measure::Memory, rest),
            [Strategy::Spread(Field::Instance), ..] => self.fewest(pool, zones, chain),
            [Strategy::Spread(Field::Attribute(_)) | Strategy::Random, ..] => self.compared(pool, zones, chain),
        }
    }

    /// Any place, by chance.
    fn any(&mut self, pool: &Pool, zones: &[Zone]) -> Option<u32> {
        if size(pool, zones) <= FEW {
            return self.compared(pool, zones, &[]);
        }
        let start = self.start(pool, zones);
        start.slots(pool).find(|&slot| self.fits(pool, slot))
    }

    /// The place with least of something left; of several, the best by the other strategies.
    fn fullest(&mut self, pool: &Pool, zones: &[Zone], measure: Measure, rest: &[Strategy]) -> Option<u32> {
        let least = match measure {
            Measure::Cpu => self.want.reservation.cpu,
            Measure::Memory => self.want.reservation.memory,
        };
        self.measure = measure;
        let mut best: Option<u32> = None;
        let mut equals = Vec::new();
        for zone in zones {
            let least = self.floors.get(&zone.number).map_or(least, |&floor| floor.max(least));
            let mut floor = u32::MAX;
            for (left, slot) in pool.ranks.with_at_least(zone.number, measure, least) {
                floor = left;
                // One is enough of a zone where nothing else is asked.
                if best.is_some_and(|best| left > best || left == best && rest.is_empty() && zones.len() == 1) {
                    break;
                }
                if self.fits(pool, slot) {
                    if best.is_none_or(|best| left < best) {
                        equals.clear();
                    }
                    best = Some(left);
                    equals.push(slot);
                    if rest.is_empty() {
                        break;
                    }
                }
            }
            self.floors.insert(zone.number, best.map_or(floor, |best| best.min(floor)));
        }
        match equals.as_slice() {
            [] => None,
            [only] => Some(*only),
            _ => self.chosen(pool, &equals, rest),
        }
    }

    /// The place with fewest tasks of the group, the chain's first strategy; of several, the best by the others.
    fn fewest(&mut self, pool: &Pool, zones: &[Zone], chain: &[Strategy]) -> Option<u32> {
        if size(pool, zones) <= FEW {
            return self.compared(pool, zones, chain);
        }
        let start = self.start(pool, zones);
        let rest = chain.get(1..).unwrap_or_default();
        let group = self.group;
        let mut best: Option<u32> = None;
        let mut equals = Vec::new();
        for slot in start.slots(pool) {
            let Some(spot) = pool.spot(slot) else { continue };
            let tasks = group.map_or(0, |group| spot.groups.get(group));
            if best.is_some_and(|best| tasks > best || tasks == best && rest.is_empty()) || !self.fits(pool, slot) {
                continue;
            }
            if best.is_none_or(|best| tasks < best) {
                equals.clear();
            }
            best = Some(tasks);
            equals.push(slot);
            if tasks == 0 && rest.is_empty() {
                break;
            }
        }
        if rest.is_empty() { equals.first().copied() } else { self.chosen(pool, &equals, rest) }
    }

    /// The best of all places by every strategy.
    fn compared(&mut self, pool: &Pool, zones: &[Zone], chain: &[Strategy]) -> Option<u32> {
        let slots = zones.iter().flat_map(|zone| pool.ranks.round(zone.number, 0));
        let fitting: Vec<u32> = slots.filter(|&slot| self.fits(pool, slot)).collect();
        self.chosen(pool, &fitting, chain)
    }

    /// Where to begin, by chance.
    fn start(&self, pool: &Pool, zones: &[Zone]) -> Start {
        let chance = mix(self.seed ^ mix(self.round));
        let mut left = chance.checked_rem(size(pool, zones)).unwrap_or(0);
        let first = zones.iter().position(|zone| {
            let size = u64::from(pool.ranks.size(zone.number));
            let is_here = left < size;
            left = left.saturating_sub(size);
            is_here
        });
        let mut zones = zones.to_vec();
        zones.rotate_left(first.unwrap_or(0));
        // Instances are not at even distances on the ring: some steps more make up for it.
        Start { zones, from: mix(chance), steps: (chance >> 58) as usize }
    }

    /// The best of some places by strategies, then by chance.
    fn chosen(&self, pool: &Pool, slots: &[u32], chain: &[Strategy]) -> Option<u32> {
        let spots = slots.iter().filter_map(|&slot| Some((slot, pool.spot(slot)?)));
        let measures: Vec<Option<BTreeMap<Option<&str>, u32>>> =
            chain.iter().map(|strategy| self.tasks_by_value(pool, strategy)).collect();
        let group = self.group;
        let measure = |at: usize, spot: &Spot| match (&chain[at], &measures[at]) {
            (Strategy::BinpackCpu, _) => spot.free_cpu(),
            (Strategy::BinpackMemory, _) => spot.free_memory(),
            (Strategy::Spread(field @ Field::Attribute(_)), Some(tasks)) => {
                spot.fixed.as_ref().and_then(|fixed| tasks.get(&field.value(fixed)).copied()).unwrap_or(0)
            }
            (Strategy::Spread(_), _) => group.map_or(0, |group| spot.groups.get(group)),
            (Strategy::Random, _) => 0,
        };
        let compare = |a: &Spot, b: &Spot| {
            let by_strategy = (0..chain.len()).map(|at| measure(at, a).cmp(&measure(at, b)));
            let chance = |spot: &Spot| (mix(self.seed ^ mix(self.round) ^ own_number(spot.id)), spot.id);
            by_strategy.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| chance(a).cmp(&chance(b)))
        };
        spots.min_by(|(_, a), (_, b)| compare(a, b)).map(|(slot, _)| slot)
    }

    /// How many tasks of the group are on instances with each value of an attribute: also those that take none count.
    fn tasks_by_value<'p>(&self, pool: &'p Pool, strategy: &Strategy) -> Option<BTreeMap<Option<&'p str>, u32>> {
        let Strategy::Spread(field @ Field::Attribute(_)) = strategy else { return None };
        let group = self.group?;
        let mut tasks = BTreeMap::new();
        for (_, spot) in pool.spots() {
            if let Some(fixed) = &spot.fixed {
                *tasks.entry(field.value(fixed)).or_default() += spot.groups.get(group);
            }
        }
        Some(tasks)
    }

    /// Whether a place can have one task more: what is cheap to ask first.
    fn fits(&mut self, pool: &Pool, slot: u32) -> bool {
        let Some(spot) = pool.spot(slot) else { return false };
        let needs = self.want.reservation;
        if spot.free_cpu() < needs.cpu || spot.free_memory() < needs.memory || !self.sieve.passes(self.want, pool, slot) {
            return false;
        }
        let groups = pool.groups_on(spot);
        let of_group = self.group.map_or(0, |group| spot.groups.get(group));
        spot.subject(&groups).is_some_and(|subject| has_room(self.want, &subject, of_group, &spot.used).is_ok())
    }
}
