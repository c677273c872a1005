//! What a container used between two looks.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use berth_api::acs::{ContainerMetric, StatsSet};
use berth_runtime::Usage;

const MIB: u64 = 1 << 20;

/// What was used up to the last look, by container.
#[derive(Debug, Default)]
pub(super) struct Samples {
    before: HashMap<PathBuf, (Duration, Usage)>,
}

/// A look at a container.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) folder: PathBuf,
    pub(super) name: String,
    pub(super) arn: Option<String>,
    /// When, from any moment on.
    pub(super) at: Duration,
    pub(super) usage: Usage,
}

impl Samples {
    /// What a container used since the last look, in percent of all processors; nothing at the first.
    pub(super) fn metric(&mut self, look: &Look, processors: u32) -> Option<ContainerMetric> {
        let (at, before) = self.before.insert(look.folder.clone(), (look.at, look.usage))?;
        let passed = look.at.saturating_sub(at);
        if passed.is_zero() {
            return None;
        }
        let used = Duration::from_nanos(look.usage.cpu_nanos.saturating_sub(before.cpu_nanos));
        let percent = used.as_secs_f64() / passed.as_secs_f64() * 100.0 / f64::from(processors.max(1));
        let memory = u32::try_from(look.usage.memory / MIB).unwrap_or(u32::MAX);
        Some(ContainerMetric {
            container_name: Some(look.name.clone()),
            container_arn: look.arn.clone(),
            cpu_stats_set: Some(one(percent)),
            memory_stats_set: Some(one(f64::from(memory))),
            restart_stats_set: None,
        })
    }

    /// Forgets containers that were not looked at since.
    pub(super) fn forget_before(&mut self, at: Duration) {
        self.before.retain(|_, (looked, _)| *looked >= at);
    }
}

fn one(value: f64) -> StatsSet {
    StatsSet { min: Some(value), max: Some(value), sample_count: Some(1), sum: Some(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at: u64, cpu: Duration, memory: u64) -> Look {
        let usage = Usage { cpu_nanos: u64::try_from(cpu.as_nanos()).unwrap(), memory, ..Usage::default() };
        Look { folder: "/c".into(), name: "main".to_owned(), arn: None, at: Duration::from_secs(at), usage }
    }

    #[test]
    fn processor_time_is_a_share_of_the_whole_machine() {
        let mut samples = Samples::default();
        assert!(samples.metric(&look(0, Duration::ZERO, 0), 2).is_none(), "from one look nothing follows");
        let metric = samples.metric(&look(20, Duration::from_secs(10), 3 * MIB + 5), 2).unwrap();
        assert_eq!(metric.cpu_stats_set.unwrap().sum, Some(25.0));
        assert_eq!(metric.memory_stats_set.unwrap().max, Some(3.0));
        let metric = samples.metric(&look(40, Duration::from_secs(5), 0), 2).unwrap();
        assert_eq!(metric.cpu_stats_set.unwrap().sum, Some(0.0), "a counter that began anew is no negative use");
    }

    #[test]
    fn containers_that_are_gone_are_forgotten() {
        let mut samples = Samples::default();
        samples.metric(&look(0, Duration::ZERO, 0), 1);
        samples.forget_before(Duration::from_secs(1));
        assert!(samples.metric(&look(20, Duration::ZERO, 0), 1).is_none());
    }
}
