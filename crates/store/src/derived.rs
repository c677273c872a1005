//! Values that follow the records.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::Change;

/// A value computed from the records and kept up to date with each change, such as an index for placement. It is
/// rebuilt when the store opens, changes with the transaction and is gone with it when it aborts, so cloning it has to be
/// cheap: build it from persistent collections.
pub trait Derived: Clone + fmt::Debug + Send + Sync + 'static {
    /// Takes up one changed record.
    fn apply(&mut self, change: &Change<'_>);
}

/// A record before and after a change.
#[derive(Debug)]
pub struct Edit<'a, R> {
    /// Before; nothing if it is new.
    pub old: Option<&'a R>,
    /// After; nothing if it was deleted.
    pub new: Option<&'a R>,
}

impl<R> Clone for Edit<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Edit<'_, R> {}

/// The registered derived values.
#[derive(Debug, Clone, Default)]
pub(crate) struct DerivedSet(Vec<Arc<dyn AnyDerived>>);

impl DerivedSet {
    pub(crate) fn register(&mut self, derived: impl Derived) {
        self.0.push(Arc::new(derived));
    }

    pub(crate) fn get<D: Derived>(&self) -> Option<&D> {
        self.0.iter().find_map(|derived| derived.as_any().downcast_ref())
    }

    pub(crate) fn apply(&mut self, change: &Change<'_>) {
        for derived in &mut self.0 {
            // Shared with an older state the first time in a transaction.
            if Arc::get_mut(derived).is_none() {
                *derived = derived.cloned();
            }
            if let Some(derived) = Arc::get_mut(derived) {
                derived.apply(change);
            }
        }
    }
}

trait AnyDerived: fmt::Debug + Send + Sync {
    fn apply(&mut self, change: &Change<'_>);
    fn cloned(&self) -> Arc<dyn AnyDerived>;
    fn as_any(&self) -> &dyn Any;
}

impl<D: Derived> AnyDerived for D {
    fn apply(&mut self, change: &Change<'_>) {
        Derived::apply(self, change);
    }

    fn cloned(&self) -> Arc<dyn AnyDerived> {
        Arc::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
