//! What an agent knows of a task.

use std::time::Duration;

use berth_model::{Condition, Health, Timestamp};
use minicbor::{Decode, Encode};

use super::health::{Checks, Turn};
use super::restart::RestartPolicy;

/// Time since the machine started, sleep included (`CLOCK_BOOTTIME`): the same clock after a restart of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Uptime(#[n(0)] pub Duration);

impl Uptime {
    /// So much later.
    #[must_use]
    pub const fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }
}

/// What a task is meant to do. It never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Desired {
    /// Run.
    #[n(0)]
    Running,
    /// End.
    #[n(1)]
    Stopped,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NodeTask {
    /// What it is meant to do.
    #[n(0)]
    pub desired: Desired,
    /// Its containers, in the order of its definition.
    #[n(1)]
    pub containers: Vec<NodeContainer>,
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NodeContainer {
    /// Its name in the definition.
    #[n(0)]
    pub name: String,
    /// Whether the task ends with it.
    #[n(1)]
    pub essential: bool,
    /// What it waits for.
    #[n(2)]
    pub waits: Vec<Wait>,
    /// How long those that wait for its end or its health do so, from its start.
    #[n(3)]
    pub start_timeout: Option<Duration>,
    /// How long it has to end by itself.
    #[n(4)]
    pub stop_timeout: Duration,
    /// How far it is.
    #[n(5)]
    pub phase: Phase,
    /// What its health check says.
    #[n(6)]
    pub health: Health,
    /// How that is found out, if it is.
    #[n(7)]
    pub checks: Option<Checks>,
    /// Since when its health is what it is, once something is known.
    #[n(8)]
    pub health_since: Option<Timestamp>,
    /// When it is started again after its end, if it ever is.
    #[n(9)]
    pub restart: Option<RestartPolicy>,
    /// How often it was.
    #[n(10)]
    #[cbor(default)]
    pub restarts: u32,
    /// The places of those that are made before it is: it shares their volumes.
    #[n(11)]
    #[cbor(default)]
    pub made_after: Vec<usize>,
}

/// Something a container waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Wait {
    /// The place of the container it waits for.
    #[n(0)]
    pub on: usize,
    /// What that one must have done.
    #[n(1)]
    pub until: Condition,
}

/// How far a container is. Those that end in "ing" say that an action was ordered and has not reported yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Phase {
    /// Nothing was done yet.
    #[n(0)]
    Waiting,
    /// Its image is being made ready.
    #[n(1)]
    Pulling,
    /// Its image is there.
    #[n(2)]
    Pulled,
    /// It is being made.
    #[n(3)]
    Creating,
    /// It is made.
    #[n(4)]
    Created,
    /// It is being started.
    #[n(5)]
    Starting,
    /// It runs.
    #[n(6)]
    Running {
        /// For timeouts.
        #[n(0)]
        since: Uptime,
        /// For people.
        #[n(1)]
        started_at: Timestamp,
    },
    /// It was asked to end.
    #[n(7)]
    Stopping {
        /// When.
        #[n(0)]
        asked: Uptime,
        /// Whether it was killed, its time being over.
        #[n(1)]
        killed: bool,
        /// When its program began.
        #[n(2)]
        started_at: Timestamp,
    },
    /// It is over.
    #[n(8)]
    Stopped(#[n(0)] Outcome),
    /// Its program ended in this way, and is to be started again.
    #[n(9)]
    Exited(#[n(0)] Outcome),
    /// It is being started again.
    #[n(10)]
    Restarting(#[n(0)] Outcome),
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Outcome {
    /// Its exit code, if it is known.
    #[n(0)]
    pub code: Option<i32>,
    /// Why, if that was not its own doing.
    #[n(1)]
    pub reason: Option<String>,
    /// When its program began; none if it never did.
    #[n(2)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[n(3)]
    pub ended_at: Timestamp,
}

/// A container waits for one that does not exist, or in a circle for itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Task dependencies cannot be resolved: {container} {problem}")]
pub struct UnresolvedDependencies {
    /// Which one.
    pub container: String,
    /// What is wrong.
    pub problem: &'static str,
}

impl NodeTask {
    /// A new task.
    ///
    /// # Errors
    /// Its containers wait for each other in a circle, or for one that is not there: it could never start.
    pub fn new(containers: Vec<NodeContainer>, desired: Desired) -> Result<Self, UnresolvedDependencies> {
        super::depend::check(&containers)?;
        Ok(Self { desired, containers })
    }

    /// The agent was started again: a health check that it had begun is due once more.
    pub fn resume(&mut self, now: Uptime) {
        for container in &mut self.containers {
            if let Some(checks @ Checks { turn: Turn::Runs { .. }, .. }) = &mut container.checks {
                checks.turn = Turn::Due(now);
            }
        }
    }
}

impl NodeContainer {
    /// A container of which nothing was done yet, and that waits for nobody. It is essential.
    #[must_use]
    pub fn new(name: &str, stop_timeout: Duration) -> Self {
        Self {
            name: name.to_owned(),
            essential: true,
            waits: Vec::new(),
            start_timeout: None,
            stop_timeout,
            phase: Phase::Waiting,
            health: Health::Unknown,
            checks: None,
            health_since: None,
            restart: None,
            restarts: 0,
            made_after: Vec::new(),
        }
    }

    pub(super) fn is_now(&mut self, health: Health, at: Timestamp) {
        if self.health != health {
            self.health = health;
            self.health_since = Some(at);
        }
    }
}

impl Phase {
    /// Whether it is over.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped(_))
    }

    /// When its program began, if it did.
    #[must_use]
    pub const fn started_at(&self) -> Option<Timestamp> {
        match self {
            Self::Running { started_at, .. } | Self::Stopping { started_at, .. } => Some(*started_at),
            Self::Stopped(outcome) | Self::Exited(outcome) | Self::Restarting(outcome) => outcome.started_at,
            Self::Waiting | Self::Pulling | Self::Pulled | Self::Creating | Self::Created | Self::Starting => None,
        }
    }
}
