//! One pass of a service.

use berth_model::{Service, Timestamp};
use berth_plan::IdSource;
use berth_plan::placement::Index;
use berth_plan::service::reconcile;
use berth_store::{ServiceKey, State, Transaction};

use super::carry_out::carry_out;
use super::scene::Scene;
use super::{Outcome, Standing, Trouble};

/// The placement index of a state. Whoever opened the store knows it; the loops do not.
pub type PlacementsOf = fn(&State) -> Option<&Index>;

/// Does what is next for a service, within an update of the store; none if there is no such service.
///
/// # Errors
/// Records that belong to it are not there: nothing was done.
pub fn pass(
    tx: &mut Transaction,
    key: &ServiceKey,
    standing: &mut Standing,
    placements: PlacementsOf,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> Result<Option<Outcome>, Trouble> {
    let Some(service) = tx.get::<Service>(key).cloned() else { return Ok(None) };
    let scene = Scene::of(tx, &service, standing)?;
    let stamp = |pool| (placements(tx)?.pool(pool)).map(|pool| pool.stamp().clone());
    let pools = scene.recipes().map(|recipe| (recipe.pool.clone(), stamp(&recipe.pool))).collect();
    let mut plan = reconcile(&scene.view(tx, placements), &mut standing.sieve, now, ids);
    let outcome = Outcome { changed: !plan.is_empty(), wake_at: plan.wake_at, why: std::mem::take(&mut plan.why), pools };
    carry_out(tx, &scene, plan, now, ids)?;
    Ok(Some(outcome))
}
