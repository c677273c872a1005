//! How long the hub waits for what.

use std::time::Duration;

/// The hub's periods and patience.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// From one heartbeat to the next. Agents close a stream on which nothing came for a minute.
    pub heartbeat: Duration,
    /// A control stream on which nothing came from the agent for so long is dead: three heartbeats.
    pub silence: Duration,
    /// The same for a telemetry stream, where agents may have nothing to say.
    pub telemetry_silence: Duration,
    /// A payload without acknowledgement is sent again after this.
    pub resend: Duration,
    /// From one manifest to the next, if anything of the instance changed.
    pub manifest: Duration,
    /// An agent that was connected, and is not, counts as connected for this long.
    pub grace: Duration,
    /// The same after a start of the control plane: agents try again after two minutes at the latest.
    pub grace_after_start: Duration,
    /// What an agent has to take a frame in.
    pub write: Duration,
    /// Results of instance checks that only repeat are stored this often.
    pub repeat: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(30),
            silence: Duration::from_secs(90),
            telemetry_silence: Duration::from_secs(10 * 60),
            resend: Duration::from_secs(10),
            manifest: Duration::from_secs(10 * 60),
            grace: Duration::from_secs(10),
            grace_after_start: Duration::from_secs(3 * 60),
            write: Duration::from_secs(20),
            repeat: Duration::from_secs(5 * 60),
        }
    }
}
