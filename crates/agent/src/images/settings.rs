//! What a node's configuration says of images.

use std::time::Duration;

use berth_oci::Limits;

use super::behavior::PullBehavior;
use super::registry::{Patience, Registries};

/// What a node's configuration says of images.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageSettings {
    /// When registries are asked.
    pub behavior: PullBehavior,
    /// What is special about some of them.
    pub registries: Registries,
    /// How long they are waited for.
    pub patience: Patience,
    /// What is removed without being asked.
    pub cleanup: CleanupSettings,
    /// What an image may take.
    pub limits: Limits,
}

/// Which images are removed without being asked: those that were pulled and that no task uses. The defaults are those of ECS's agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanupSettings {
    /// Whether it is done at all.
    pub is_on: bool,
    /// Between two looks.
    pub interval: Duration,
    /// What was pulled so recently stays.
    pub minimum_age: Duration,
    /// Images removed at once, at most.
    pub per_cycle: usize,
    /// From here on, in percent of the disk, images are removed every minute, but for those of the last two minutes ...
    pub disk_high: u8,
    /// ... until no more than this is taken.
    pub disk_low: u8,
}

impl Default for CleanupSettings {
    fn default() -> Self {
        Self {
            is_on: true,
            interval: Duration::from_secs(30 * 60),
            minimum_age: Duration::from_secs(60 * 60),
            per_cycle: 5,
            disk_high: 90,
            disk_low: 80,
        }
    }
}
