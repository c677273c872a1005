//! Who is connected: what the records of instances say of it, and who is woken by which change.

use std::collections::BTreeMap;
use std::convert::Infallible;

use berth_model::{ContainerInstance, InstanceStatus, Task};
use berth_store::{Event, InstanceKey, Store, Touched, Transaction, UpdateError, View};
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use super::pull_ahead::Wishes;
use super::{Hub, now};

/// Keeps it until the store closes.
pub(super) async fn keep(hub: &Hub) {
    let mut changes = hub.0.store.changes();
    let mut absent = Absent::after_start(hub);
    let mut wishes = Wishes::default();
    wishes.heed_all(&hub.0.store.view(), &hub.0.ahead);
    loop {
        tokio::select! {
            event = changes.next() => match event {
                Some(Event::Changed { touched, .. }) => {
                    wishes.heed(&hub.0.store.view(), &touched, &hub.0.ahead);
                    changed(hub, &touched, &mut absent);
                }
                Some(Event::Lagged) => {
                    wishes.heed_all(&hub.0.store.view(), &hub.0.ahead);
                    hub.0.sessions.wake_all();
                    absent.notice_all(hub, hub.0.timing.grace);
                }
                None => return,
            },
            departed = hub.0.sessions.departures() => {
                let view = hub.0.store.view();
                for key in departed {
                    absent.notice(hub, &view, key, hub.0.timing.grace);
                }
            }
            () = sleep_until(absent.next().unwrap_or_else(Instant::now)), if absent.next().is_some() => {
                for key in absent.over(Instant::now()) {
                    tokio::spawn(disconnect(hub.clone(), key));
                }
            }
        }
    }
}

/// Wakes the streams that a change is the affair of.
fn changed(hub: &Hub, touched: &Touched, absent: &mut Absent) {
    let view = hub.0.store.view();
    for key in touched.keys::<ContainerInstance>() {
        hub.0.sessions.wake(*key);
        absent.notice(hub, &view, *key, hub.0.timing.grace);
    }
    for key in touched.keys::<Task>() {
        // One that is forgotten was over: its agent need not hear.
        if let Some((region, id)) = view.get::<Task>(key).and_then(|task| Some((task.region, task.instance?))) {
            hub.0.sessions.wake(InstanceKey { region, id });
        }
    }
}

/// Instances that count as connected and have no control stream, and when they stop counting.
#[derive(Debug, Default)]
struct Absent(BTreeMap<InstanceKey, Instant>);

impl Absent {
    /// All of them: no stream outlives the process.
    fn after_start(hub: &Hub) -> Self {
        let mut absent = Self::default();
        absent.notice_all(hub, hub.0.timing.grace_after_start);
        absent
    }

    fn notice_all(&mut self, hub: &Hub, grace: std::time::Duration) {
        let view = hub.0.store.view();
        for instance in view.range::<ContainerInstance>(..) {
            self.notice(hub, &view, InstanceKey { region: instance.region, id: instance.id }, grace);
        }
    }

    /// Gives an instance its grace, if it is absent and has none yet.
    fn notice(&mut self, hub: &Hub, view: &View, key: InstanceKey, grace: std::time::Duration) {
        let counts = view.get::<ContainerInstance>(&key).is_some_and(|instance| counts_as_connected(instance));
        if !counts || hub.0.sessions.is_connected(key) {
            self.0.remove(&key);
            return;
        }
        self.0.entry(key).or_insert_with(|| Instant::now() + grace);
    }

    fn next(&self) -> Option<Instant> {
        self.0.values().min().copied()
    }

    /// Those whose grace is over.
    fn over(&mut self, now: Instant) -> Vec<InstanceKey> {
        let over: Vec<InstanceKey> = self.0.iter().filter(|(_, until)| **until <= now).map(|(key, _)| *key).collect();
        self.0.retain(|_, until| *until > now);
        over
    }
}

/// Clients that never open a stream count as connected as long as they are registered.
const fn counts_as_connected(instance: &ContainerInstance) -> bool {
    instance.agent_connected && instance.first_stream_at.is_some()
}

async fn disconnect(hub: Hub, key: InstanceKey) {
    let sessions = &hub.0.sessions;
    let step = |tx: &mut Transaction| {
        // Within the update: a stream opened since then is in the book before it writes that it is there.
        if sessions.is_connected(key) {
            return Ok(false);
        }
        Ok(tx.modify::<ContainerInstance>(&key, |instance| {
            if counts_as_connected(instance) {
                instance.agent_connected = false;
                instance.version += 1;
            }
        }))
    };
    match hub.0.store.update(step).await {
        Ok(true) => info!(instance = %key.id, "an agent is no longer connected"),
        Ok(false) => {}
        Err(error) => failed(key, &error),
    }
}

/// Writes that an instance's agent is there.
pub(super) async fn connect(store: &Store, key: InstanceKey) {
    let at = now();
    let step = |tx: &mut Transaction| {
        tx.modify::<ContainerInstance>(&key, |instance| {
            if matches!(instance.status, InstanceStatus::Inactive { .. }) {
                return;
            }
            instance.first_stream_at.get_or_insert(at.not_before(instance.registered_at));
            if !instance.agent_connected {
                instance.agent_connected = true;
                instance.version += 1;
            }
        });
        Ok(())
    };
    if let Err(error) = store.update(step).await {
        failed(key, &error);
    }
}

fn failed(key: InstanceKey, error: &UpdateError<Infallible>) {
    warn!(instance = %key.id, %error, "writing whether an agent is connected failed");
}
