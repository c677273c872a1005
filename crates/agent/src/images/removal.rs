//! What goes: names that somebody removes, and images that nobody uses.

use std::collections::BTreeMap;

use berth_oci::{Digest, Reference, StoreError, StoredReference};

use super::cleanup::{Candidate, chosen};
use super::library::Images;

/// Why a name was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no such name.
    #[error("there is no image {0} on this machine")]
    Absent(String),
    /// It is the last name of an image that is in use.
    #[error("{name} is used by {}; stop them first, or force it", tasks.join(", "))]
    InUse {
        /// The name.
        name: String,
        /// Who uses it.
        tasks: Vec<String>,
    },
    /// The library cannot be read or written.
    #[error(transparent)]
    Library(StoreError),
}

impl Images {
    /// Removes a name. Forced, it is also taken from under tasks, which keep what they have. Blocks.
    ///
    /// # Errors
    /// There is no such name, or tasks use it and it is not forced.
    pub fn remove(&self, name: &Reference, force: bool) -> Result<(), RemoveError> {
        let store = &self.shared.store;
        let names = store.references().map_err(RemoveError::Library)?;
        let own = names.iter().find(|stored| stored.name == *name).ok_or_else(|| RemoveError::Absent(name.familiar()))?;
        let is_last = names.iter().filter(|stored| stored.manifest == own.manifest).count() == 1;
        let tasks = self.tasks_of(own.manifest);
        if is_last && !force && !tasks.is_empty() {
            return Err(RemoveError::InUse { name: name.familiar(), tasks });
        }
        store.remove_reference(name).map_err(RemoveError::Library)?;
        self.forget();
        Ok(())
    }

    /// Removes the names of images that were pulled and are not used; answers which. Blocks.
    pub(super) fn clean_up(&self, now: u64, is_pressed: bool) -> Result<Vec<String>, StoreError> {
        let stored = self.shared.store.references()?;
        let candidates = self.candidates(&stored);
        let going = chosen(&candidates, now, is_pressed, &self.shared.cleanup);
        let removed = self.remove_all(&stored, &going)?;
        if !removed.is_empty() {
            // Not `forget`, which would call for another pass.
            self.unlearn();
        }
        Ok(removed)
    }

    /// Removes the names of all images that no task uses: those that were pulled, or those that were imported too. Blocks.
    ///
    /// # Errors
    /// The file system refuses; what was removed until then is gone.
    pub fn prune(&self, imported_too: bool) -> Result<Vec<String>, StoreError> {
        let stored = self.shared.store.references()?;
        let goes = |one: &&Candidate| !one.is_in_use && (imported_too || one.pulled_at.is_some());
        let going: Vec<Digest> = self.candidates(&stored).iter().filter(goes).map(|one| one.manifest).collect();
        let removed = self.remove_all(&stored, &going)?;
        self.forget();
        Ok(removed)
    }

    fn candidates(&self, stored: &[StoredReference]) -> Vec<Candidate> {
        let mut candidates: BTreeMap<Digest, Candidate> = BTreeMap::new();
        let expected = self.expected_manifests();
        let mut uses = self.users();
        for one in stored {
            let pulled_at = one.origin.map(|origin| origin.pulled_at);
            let manifest = one.manifest;
            let new = || Candidate {
                manifest,
                pulled_at,
                last_used_at: uses.last.get(&manifest).copied(),
                is_in_use: uses.now.iter().any(|(used, _)| *used == manifest),
                is_expected: expected.contains(&manifest),
            };
            let candidate = candidates.entry(manifest).or_insert_with(new);
            // One name that somebody gave it keeps it; of several pulls the last one counts.
            candidate.pulled_at = candidate.pulled_at.zip(pulled_at).map(|(one, other)| one.max(other));
        }
        uses.last.retain(|manifest, _| candidates.contains_key(manifest));
        drop(uses);
        candidates.into_values().collect()
    }

    fn remove_all(&self, stored: &[StoredReference], going: &[Digest]) -> Result<Vec<String>, StoreError> {
        let mut removed = Vec::new();
        for one in stored.iter().filter(|one| going.contains(&one.manifest)) {
            self.shared.store.remove_reference(&one.name)?;
            removed.push(one.name.familiar());
        }
        Ok(removed)
    }
}
