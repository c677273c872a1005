//! What agents say of tasks.

use std::str::FromStr;

use berth_model::{AttachmentId, ContainerLife, NetworkBinding, Timestamp};

/// A report of a task's agent. Whatever is empty says nothing.
#[derive(Debug, Clone, Default)]
pub struct TaskReport<'a> {
    /// What the task does.
    pub status: Option<Reported>,
    /// Why.
    pub reason: &'a str,
    /// When its first image began to be pulled.
    pub pull_started_at: Option<Timestamp>,
    /// When its last image was there.
    pub pull_stopped_at: Option<Timestamp>,
    /// When its first essential container ended.
    pub execution_stopped_at: Option<Timestamp>,
    /// What its containers do, in the order in which it happened; a container may come several times.
    pub containers: Vec<ContainerReport<'a>>,
    /// Attachments, and whether they are there.
    pub attachments: Vec<(AttachmentId, bool)>,
}

/// What an agent says of a container.
#[derive(Debug, Clone, Default)]
pub struct ContainerReport<'a> {
    /// Its name in the task definition.
    pub name: &'a str,
    /// What it does; not running yet, if the agent does not say.
    pub status: Reported,
    /// How it ended.
    pub exit_code: Option<i32>,
    /// Why.
    pub reason: &'a str,
    /// Its id in the container runtime.
    pub runtime_id: &'a str,
    /// The digest of its image.
    pub image_digest: &'a str,
    /// Its published ports.
    pub bindings: Vec<NetworkBinding>,
}

/// The states agents report, of tasks and of containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reported {
    /// Not running yet.
    #[default]
    Pending,
    /// Running.
    Running,
    /// Over.
    Stopped,
}

/// A word that is no state agents report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a status an agent reports: PENDING, RUNNING or STOPPED")]
pub struct ParseReportedError(Box<str>);

impl FromStr for Reported {
    type Err = ParseReportedError;

    fn from_str(text: &str) -> Result<Self, ParseReportedError> {
        match text {
            "PENDING" => Ok(Self::Pending),
            "RUNNING" => Ok(Self::Running),
            "STOPPED" => Ok(Self::Stopped),
            _ => Err(ParseReportedError(text.chars().take(64).collect())),
        }
    }
}

impl From<Reported> for ContainerLife {
    fn from(reported: Reported) -> Self {
        match reported {
            Reported::Pending => Self::Pending,
            Reported::Running => Self::Running,
            Reported::Stopped => Self::Stopped,
        }
    }
}
