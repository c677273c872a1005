//! What can happen in a simulated world.

use berth_model::{HookAction, PauseHook};

use super::Kind;

/// Something that happens. Services, tasks and nodes are named by numbers that count round those there are.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The loop makes all passes that are due.
    Turn,
    /// One agent does what is next for one of its tasks.
    Agent(usize),
    /// All agents do what is next for all of their tasks.
    Agents,
    /// The container of a task that runs ends by itself.
    Crash(usize),
    /// A task that runs becomes well or unwell.
    Health(usize, bool),
    /// A caller wants another number of tasks.
    Scale(usize, u32),
    /// A caller deploys another revision.
    Deploy(usize, Kind),
    /// A caller sets the minimum and the maximum.
    Percentages(usize, u32, u32),
    /// A caller sets the circuit breaker: whether there is one, and whether it rolls back.
    Breaker(usize, bool, bool),
    /// A caller stops a deployment, or wants it rolled back.
    StopDeployment(usize, bool),
    /// A caller gives a service hooks, at which its next deployments pause.
    Hooks(usize, Vec<PauseHook>),
    /// A caller says how a deployment goes on from the first of its pauses.
    Answer(usize, HookAction),
    /// A caller protects a task for so many seconds; for none: not any more.
    Protect(usize, u64),
    /// A caller stops a task.
    StopTask(usize),
    /// A node drains.
    Drain(usize),
    /// A node is gone, and its tasks with it.
    Lose(usize),
    /// A node's agent is not connected.
    Disconnect(usize),
    /// A node takes tasks again.
    Return(usize),
    /// So many seconds pass.
    Tick(u64),
    /// The control plane is killed and starts again.
    Restart,
    /// Tasks that are over are forgotten.
    Forget,
}
