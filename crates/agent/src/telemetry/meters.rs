//! Looks at what containers take. Meters are kept from one look to the next.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use berth_api::acs;
use berth_runtime::{Meter, Runtime, Usage, cgroup};
use rustix::process::{Resource, getrlimit};
use tracing::debug;

use super::sample::Look;
use crate::control::task_id;
use crate::machine::uptime;
use crate::network::{SlotTraffic, Wiring};
use crate::node::Sighting;
use crate::task::TaskFolder;

/// A part of the files that this process may have open: so much is for meters.
const SHARE_OF_FILES: u64 = 4;
/// Files that a process may have open where nothing limits it, as far as meters go.
const MANY_FILES: u64 = 1 << 16;

/// The meters of this machine's containers.
pub(super) struct Meters {
    runtime: Arc<dyn Runtime>,
    wiring: Arc<Wiring>,
    tasks: PathBuf,
    kept: HashMap<PathBuf, Kept>,
    /// How many are kept; those of more containers are opened anew for each look.
    most: u64,
    round: u64,
    /// What meters read into.
    text: Vec<u8>,
}

/// A meter, and when it was last read.
#[derive(Debug)]
struct Kept {
    meter: Box<dyn Meter>,
    round: u64,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").field("kept", &self.kept.len()).field("most", &self.most).finish_non_exhaustive()
    }
}

impl Meters {
    pub(super) fn new(runtime: Arc<dyn Runtime>, wiring: Arc<Wiring>, tasks: PathBuf) -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(MANY_FILES);
        let most = files / SHARE_OF_FILES / u64::try_from(cgroup::FILES).unwrap_or(u64::MAX);
        Self { runtime, wiring, tasks, kept: HashMap::new(), most, round: 0, text: Vec::new() }
    }

    /// Looks at all containers of tasks, in their order; nothing for those that do not run. Blocks.
    pub(super) fn look(&mut self, sightings: &[Sighting]) -> Vec<Vec<Look>> {
        self.round += 1;
        let traffic = self.wiring.traffic().unwrap_or_else(|error| {
            debug!(%error, "what went through the networks of tasks is not known");
            SlotTraffic::default()
        });
        let looks = sightings.iter().map(|sighting| self.look_at(&sighting.task, &traffic)).collect();
        let round = self.round;
        self.kept.retain(|_, kept| kept.round == round);
        looks
    }

    fn look_at(&mut self, task: &acs::Task, traffic: &SlotTraffic) -> Vec<Look> {
        let id = task_id(&task.arn).unwrap_or_default();
        let of_task = TaskFolder::of(&self.tasks, id);
        let containers = task.containers.len();
        let mut look = |(place, container): (usize, &acs::Container)| {
            let folder = of_task.runtime(&container.name);
            let usage = self.usage(&folder)?;
            let traffic = traffic.of(id, place, containers);
            let (name, arn) = (container.name.clone(), container.container_arn.clone());
            Some(Look { folder, name, arn, at: uptime().0, usage, traffic })
        };
        task.containers.iter().enumerate().filter_map(&mut look).collect()
    }

    /// What does not run uses nothing, and what cannot be looked at now can be the next time.
    fn usage(&mut self, folder: &Path) -> Option<Usage> {
        if let Some(kept) = self.kept.get_mut(folder) {
            kept.round = self.round;
            match kept.meter.read(&mut self.text) {
                Ok(Some(usage)) if usage.pids > 0 => return Some(usage),
                // It is over, or it is another one since it was started again.
                Ok(_) | Err(_) => drop(self.kept.remove(folder)),
            }
        }
        let meter = self.runtime.meter(folder).ok().flatten()?;
        let usage = meter.read(&mut self.text).ok().flatten()?;
        if u64::try_from(self.kept.len()).is_ok_and(|kept| kept < self.most) {
            self.kept.insert(folder.to_owned(), Kept { meter, round: self.round });
        }
        Some(usage)
    }
}
