//! The stages of deployments, and the hooks at which they pause.

use std::time::Duration;

use minicbor::{Decode, Encode};

use crate::{HookId, Timestamp};

/// A stage of a deployment, in the order in which a rolling one goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum LifecycleStage {
    /// It replaces more than one revision, and begins.
    #[n(0)]
    ReconcileService,
    /// Nothing of it was started yet.
    #[n(1)]
    PreScaleUp,
    /// Its tasks take the places of those before.
    #[n(2)]
    ScaleUp,
    /// Its tasks run, and no others.
    #[n(3)]
    PostScaleUp,
    /// It is there.
    #[n(4)]
    CleanUp,
}

impl LifecycleStage {
    /// The stages that have hooks.
    pub const HOOKED: [Self; 3] = [Self::ReconcileService, Self::PreScaleUp, Self::PostScaleUp];

    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReconcileService => "RECONCILE_SERVICE",
            Self::PreScaleUp => "PRE_SCALE_UP",
            Self::ScaleUp => "SCALE_UP",
            Self::PostScaleUp => "POST_SCALE_UP",
            Self::CleanUp => "CLEAN_UP",
        }
    }
}

/// A hook of a service: its deployments pause at these stages until somebody says how they go on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PauseHook {
    /// Where.
    #[n(0)]
    pub stages: Vec<LifecycleStage>,
    /// For how many minutes, if that was given.
    #[n(1)]
    pub timeout_minutes: Option<u32>,
    /// What happens then, if that was given.
    #[n(2)]
    pub timeout_action: Option<HookAction>,
}

impl PauseHook {
    /// How long deployments pause where nobody said it: a day.
    const TIMEOUT_MINUTES: u32 = 24 * 60;

    /// How long a deployment pauses at most.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.timeout_minutes.unwrap_or(Self::TIMEOUT_MINUTES)) * 60)
    }

    /// What happens then.
    #[must_use]
    pub fn on_timeout(&self) -> HookAction {
        self.timeout_action.unwrap_or(HookAction::Rollback)
    }
}

/// How a paused deployment goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum HookAction {
    /// To its next stage.
    #[n(0)]
    Continue,
    /// It is taken back.
    #[n(1)]
    Rollback,
}

impl HookAction {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Rollback => "ROLLBACK",
        }
    }
}

/// A deployment's pause at a hook.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Pause {
    /// Its id: another one each time.
    #[n(0)]
    pub id: HookId,
    /// The stage.
    #[n(1)]
    pub stage: LifecycleStage,
    /// How far it is.
    #[n(2)]
    pub status: PauseStatus,
    /// When it ends by itself.
    #[n(3)]
    pub expires_at: Timestamp,
    /// How the deployment goes on then.
    #[n(4)]
    pub timeout_action: HookAction,
}

impl Pause {
    /// Its id as AWS writes it.
    #[must_use]
    pub fn hook_id(&self) -> String {
        format!("ecs-pause-{}", self.id)
    }

    /// Whether the deployment is to be taken back because of it.
    #[must_use]
    pub fn rolls_back(&self) -> bool {
        match self.status {
            PauseStatus::AwaitingAction | PauseStatus::Succeeded => false,
            PauseStatus::Failed => true,
            PauseStatus::TimedOut => self.timeout_action == HookAction::Rollback,
        }
    }
}

/// How far a pause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum PauseStatus {
    /// The deployment waits.
    #[n(0)]
    AwaitingAction,
    /// Somebody let the deployment go on.
    #[n(1)]
    Succeeded,
    /// Somebody wanted the deployment to be taken back, or it ended.
    #[n(2)]
    Failed,
    /// Nobody said anything in time.
    #[n(3)]
    TimedOut,
}

impl PauseStatus {
    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingAction => "AWAITING_ACTION",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
        }
    }
}
