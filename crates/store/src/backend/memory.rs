//! A backend for tests: durable for as long as a handle of it is held, and failing when told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Backend, BackendError, ChangeSet, Lease, Visit, Watch};

/// How many change sets are kept for those who follow.
const KEPT: usize = 1_000;

/// Rows in memory. Clones are handles of the same rows: a store that is opened on one finds what another left.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    contents: Mutex<Contents>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Contents {
    rows: BTreeMap<(u8, Box<[u8]>), Vec<u8>>,
    revision: u64,
    log: VecDeque<ChangeSet>,
    holder: Option<String>,
    token: u64,
    renew_within: Option<Duration>,
    renewals: u64,
    failure: Option<Box<str>>,
    held: bool,
}

impl Memory {
    /// Without rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every commit fails from now on, or none.
    pub fn fail(&self, why: Option<&str>) {
        self.lock().failure = why.map(Into::into);
        self.0.changed.notify_all();
    }

    /// Commits wait while held.
    pub fn hold(&self, held: bool) {
        self.lock().held = held;
        self.0.changed.notify_all();
    }

    /// The lease has to be renewed this often.
    pub fn renew_within(&self, time: Option<Duration>) {
        self.lock().renew_within = time;
    }

    /// The lease expires, as if its holder had not renewed it: the next to ask gets it.
    pub fn expire_lease(&self) {
        self.lock().holder = None;
    }

    /// Waits until the lease was renewed that often.
    pub fn wait_for_renewals(&self, count: u64) {
        drop(self.wait_while(|contents| contents.renewals < count));
    }

    /// How often the lease was renewed.
    #[must_use]
    pub fn renewals(&self) -> u64 {
        self.lock().renewals
    }

    /// Puts a row there as it is, as another version could have.
    pub fn set_row(&self, table: u8, key: &[u8], value: &[u8]) {
        self.lock().rows.insert((table, key.into()), value.to_vec());
    }

    /// The value of a row.
    #[must_use]
    pub fn row(&self, table: u8, key: &[u8]) -> Option<Vec<u8>> {
        self.lock().rows.get(&(table, key.into())).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, condition: impl FnMut(&mut Contents) -> bool) -> MutexGuard<'_, Contents> {
        self.0.changed.wait_while(self.lock(), condition).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Memory {
    fn lease(&mut self, holder: &str) -> Result<Lease, BackendError> {
        let mut contents = self.lock();
        match &contents.holder {
            Some(present) if present == holder => contents.renewals += 1,
            Some(present) => return Err(BackendError::LeaseHeld { holder: present.clone() }),
            None => {
                contents.holder = Some(holder.to_owned());
                contents.token += 1;
            }
        }
        self.0.changed.notify_all();
        Ok(Lease { token: contents.token, renew_within: contents.renew_within })
    }

    fn load(&mut self, visit: &mut Visit<'_>) -> Result<u64, BackendError> {
        let contents = self.lock();
        for ((table, key), value) in &contents.rows {
            visit(*table, key, value)?;
        }
        Ok(contents.revision)
    }

    fn commit(&mut self, batch: &[ChangeSet], token: u64) -> Result<(), BackendError> {
        let mut contents = self.wait_while(|contents| contents.held);
        if let Some(why) = &contents.failure {
            return Err(BackendError::Told(why.clone()));
        }
        if token != contents.token {
            return Err(BackendError::Fenced { token });
        }
        for set in batch {
            for row in &set.rows {
                let key = (row.table, row.key.clone());
                match &row.value {
                    Some(value) => contents.rows.insert(key, value.clone()),
                    None => contents.rows.remove(&key),
                };
            }
            contents.revision = set.revision;
            contents.log.push_back(set.clone());
        }
        let surplus = contents.log.len().saturating_sub(KEPT);
        contents.log.drain(..surplus);
        self.0.changed.notify_all();
        Ok(())
    }

    fn watch(&mut self, mut after: u64) -> Result<Watch, BackendError> {
        let memory = self.clone();
        Ok(Box::new(std::iter::from_fn(move || {
            let contents = memory.wait_while(|contents| contents.revision <= after);
            let oldest = contents.revision + 1 - contents.log.len() as u64;
            if after + 1 < oldest {
                return Some(Err(BackendError::Compacted { after }));
            }
            after += 1;
            contents.log.iter().find(|set| set.revision == after).cloned().map(Ok)
        })))
    }

    fn close(self: Box<Self>) -> Result<(), BackendError> {
        self.lock().holder = None;
        Ok(())
    }
}
