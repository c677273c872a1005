//! Images for tasks: those that are here, and those that a registry has.

use std::sync::Arc;

use berth_oci::Reference;

use super::behavior::Local;
use super::library::Images;
use super::pulling::{Landed, PullFailure, PullProgress, PullTimes};
use super::resolved::{ResolveError, Resolved};
use crate::machine::wall;

/// An image for a task, or why there is none.
#[derive(Debug)]
pub struct Obtained {
    /// The image.
    pub image: Result<Resolved, ResolveError>,
    /// When a registry was asked, if it was.
    pub pull: Option<PullTimes>,
}

impl Images {
    /// The image that a task names, ready to be run: pulled if that is how this node is set up, or the only way.
    pub async fn obtain(&self, image: &str, task: &str) -> Obtained {
        let local = self.resolve(image).await;
        let held = match &local {
            Ok(resolved) => resolved.local,
            Err(ResolveError::Name { .. }) => return Obtained { image: local, pull: None },
            // What is damaged is as good as not there.
            Err(_) => Local::Absent,
        };
        let for_task = |resolved: Resolved| resolved.with_user(&self.shared.users, task);
        if !self.shared.behavior.asks(held) {
            return Obtained { image: local.map(for_task), pull: None };
        }
        let started_at = wall();
        let pulled = self.pull_for(image, task).await;
        let pull = Some(PullTimes { started_at, stopped_at: wall() });
        let image = match (pulled, local) {
            (Err(failure), Ok(local)) if self.shared.behavior.falls_back() => {
                tracing::warn!(image, %failure, "the registry does not give an image; the one that is here is used");
                Ok(local)
            }
            (Err(problem), _) => Err(ResolveError::Pull { image: image.to_owned(), problem }),
            // It is there as long as it has not landed, whatever becomes of its name meanwhile.
            (Ok(landed), _) => {
                let resolved = self.resolve(image).await;
                drop(landed);
                resolved
            }
        };
        Obtained { image: image.map(for_task), pull }
    }

    /// Pulls an image for what an ARN names: it tells whose built-in registry is meant.
    pub(super) async fn pull_for(&self, image: &str, arn: &str) -> Result<Arc<Landed>, Arc<PullFailure>> {
        // It was read before.
        let name: Reference = image.parse().map_err(|_| PullFailure::Ending)?;
        let account = arn.split(':').nth(4).unwrap_or_default();
        let own = name.registry().strip_prefix(account).filter(|_| !account.is_empty());
        if own.is_some_and(|rest| rest.starts_with(".dkr.ecr.") && rest.ends_with(".amazonaws.com")) {
            return Err(Arc::new(PullFailure::BuiltIn { reference: name.familiar() }));
        }
        self.pull(&name, &|_| {}).await
    }

    /// Pulls an image, whatever is here. Whoever wants the same at the same time shares one download.
    pub(super) async fn pull(
        &self,
        name: &Reference,
        on_progress: &(dyn Fn(PullProgress) + Sync),
    ) -> Result<Arc<Landed>, Arc<PullFailure>> {
        let landed = self.shared.puller.pull(name, on_progress).await;
        let has_changed = match &landed {
            Ok(landed) => landed.new.is_some(),
            // It may have left blobs behind that nothing needs.
            Err(failure) => failure.has_begun(),
        };
        if has_changed {
            self.forget();
        }
        landed
    }
}
