//! The placement index as a value that follows the store's records.

use berth_plan::placement::{Index, Pool, PoolKey};
use berth_store::{Change, Derived, State};

/// Where tasks can go, kept with each change: give it to [`Options::derive`](berth_store::Options::derive) when the store is
/// opened. `RunTask` and `StartTask` place by it.
#[derive(Debug, Clone, Default)]
pub struct Placements(Index);

impl Placements {
    /// The index in a state; none if the store was opened without it.
    #[must_use]
    pub fn of(state: &State) -> Option<&Index> {
        state.derived::<Self>().map(|placements| &placements.0)
    }
}

/// The pool of that name in a state.
pub(super) fn pool<'a>(state: &'a State, key: &PoolKey) -> Option<&'a Pool> {
    Placements::of(state)?.pool(key)
}

impl Derived for Placements {
    fn apply(&mut self, change: &Change<'_>) {
        match *change {
            Change::Task(edit) => self.0.task(edit.old, edit.new),
            Change::ContainerInstance(edit) => self.0.instance(edit.old, edit.new),
            _ => {}
        }
    }
}
