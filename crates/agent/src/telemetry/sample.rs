//! What a container used between two looks.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use berth_api::acs::{ContainerMetric, CounterStatsSet, NetworkStatsSet, StatsSet, StorageStatsSet};
use berth_net::Traffic;
use berth_runtime::Usage;

const MIB: u64 = 1 << 20;

/// What was used up to the last look, by container.
#[derive(Debug, Default)]
pub(super) struct Samples {
    before: HashMap<PathBuf, Before>,
}

/// What a container had used at a look.
#[derive(Debug, Clone, Copy)]
struct Before {
    at: Duration,
    cpu_nanos: u64,
    traffic: Option<Traffic>,
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
    /// What went through its network, if it has one.
    pub(super) traffic: Option<Traffic>,
}

impl Samples {
    /// What a container used since the last look, in percent of all processors, and what else it has and took; nothing at the first look.
    pub(super) fn metric(&mut self, look: &Look, processors: u32) -> Option<ContainerMetric> {
        let now = Before { at: look.at, cpu_nanos: look.usage.cpu_nanos, traffic: look.traffic };
        let before = match self.before.get_mut(&look.folder) {
            Some(kept) => std::mem::replace(kept, now),
            None => {
                self.before.insert(look.folder.clone(), now);
                return None;
            }
        };
        let passed = look.at.saturating_sub(before.at);
        if passed.is_zero() {
            return None;
        }
        let used = Duration::from_nanos(look.usage.cpu_nanos.saturating_sub(before.cpu_nanos));
        let percent = used.as_secs_f64() / passed.as_secs_f64() * 100.0 / f64::from(processors.max(1));
        let memory = u32::try_from(look.usage.memory / MIB).unwrap_or(u32::MAX);
        let pids = u32::try_from(look.usage.pids).unwrap_or(u32::MAX);
        Some(ContainerMetric {
            container_name: Some(look.name.clone()),
            container_arn: look.arn.clone(),
            cpu_stats_set: Some(one(percent)),
            memory_stats_set: Some(one(f64::from(memory))),
            network_stats_set: look.traffic.map(|now| network(now, before.traffic.unwrap_or(now), passed)),
            storage_stats_set: Some(StorageStatsSet {
                read_size_bytes: Some(counter(look.usage.read_bytes)),
                write_size_bytes: Some(counter(look.usage.written_bytes)),
            }),
            pids_stats_set: Some(one(f64::from(pids))),
            restart_stats_set: None,
        })
    }

    /// Forgets containers that were not looked at since.
    pub(super) fn forget_before(&mut self, at: Duration) {
        self.before.retain(|_, before| before.at >= at);
    }
}

fn network(now: Traffic, before: Traffic, passed: Duration) -> NetworkStatsSet {
    #[expect(clippy::cast_precision_loss, reason = "nobody counts single bytes of petabytes in five seconds")]
    let each_second = |now: u64, before: u64| Some(one(now.saturating_sub(before) as f64 / passed.as_secs_f64()));
    let Traffic { received, sent } = now;
    NetworkStatsSet {
        rx_bytes: Some(counter(received.bytes)),
        rx_packets: Some(counter(received.packets)),
        rx_dropped: Some(counter(received.dropped)),
        rx_errors: Some(counter(received.errors)),
        tx_bytes: Some(counter(sent.bytes)),
        tx_packets: Some(counter(sent.packets)),
        tx_dropped: Some(counter(sent.dropped)),
        tx_errors: Some(counter(sent.errors)),
        rx_bytes_per_second: each_second(received.bytes, before.received.bytes),
        tx_bytes_per_second: each_second(sent.bytes, before.sent.bytes),
    }
}

fn one(value: f64) -> StatsSet {
    StatsSet { min: Some(value), max: Some(value), sample_count: Some(1), sum: Some(value) }
}

/// A counter's only sample. What has more than 63 bits is beyond any disk and network; it would stand in the members of overflow.
fn counter(value: u64) -> CounterStatsSet {
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    CounterStatsSet { min: Some(value), max: Some(value), sample_count: Some(1), sum: Some(value), ..CounterStatsSet::default() }
}

#[cfg(test)]
mod tests {
    use berth_net::Counters;

    use super::*;

    fn look(at: u64, cpu: Duration, memory: u64) -> Look {
        let usage =
            Usage { cpu_nanos: u64::try_from(cpu.as_nanos()).unwrap(), memory, pids: 2, read_bytes: 4096, written_bytes: 0 };
        Look { folder: "/c".into(), name: "main".to_owned(), arn: None, at: Duration::from_secs(at), usage, traffic: None }
    }

    #[test]
    fn processor_time_is_a_share_of_the_whole_machine() {
        let mut samples = Samples::default();
        assert!(samples.metric(&look(0, Duration::ZERO, 0), 2).is_none(), "from one look nothing follows");
        let metric = samples.metric(&look(20, Duration::from_secs(10), 3 * MIB + 5), 2).unwrap();
        assert_eq!(metric.cpu_stats_set.unwrap().sum, Some(25.0));
        assert_eq!(metric.memory_stats_set.unwrap().max, Some(3.0));
        assert_eq!(metric.pids_stats_set.unwrap().max, Some(2.0));
        assert_eq!(metric.storage_stats_set.unwrap().read_size_bytes.unwrap().sum, Some(4096));
        assert!(metric.network_stats_set.is_none(), "a container without a network has no traffic");
        let metric = samples.metric(&look(40, Duration::from_secs(5), 0), 2).unwrap();
        assert_eq!(metric.cpu_stats_set.unwrap().sum, Some(0.0), "a counter that began anew is no negative use");
    }

    #[test]
    fn traffic_is_told_as_a_whole_and_by_the_second() {
        let mut samples = Samples::default();
        let at = |at: u64, received: u64, sent: u64| {
            let counters = |bytes| Counters { bytes, packets: 1, ..Counters::default() };
            Look { traffic: Some(Traffic { received: counters(received), sent: counters(sent) }), ..look(at, Duration::ZERO, 0) }
        };
        samples.metric(&at(0, 1000, 0), 1);
        let network = samples.metric(&at(5, 2000, 50), 1).unwrap().network_stats_set.unwrap();
        assert_eq!((network.rx_bytes.unwrap().max, network.tx_bytes.unwrap().max), (Some(2000), Some(50)));
        assert_eq!(
            (network.rx_bytes_per_second.unwrap().sum, network.tx_bytes_per_second.unwrap().sum),
            (Some(200.0), Some(10.0))
        );
    }

    #[test]
    fn containers_that_are_gone_are_forgotten() {
        let mut samples = Samples::default();
        samples.metric(&look(0, Duration::ZERO, 0), 1);
        samples.forget_before(Duration::from_secs(1));
        assert!(samples.metric(&look(20, Duration::ZERO, 0), 1).is_none());
    }
}
