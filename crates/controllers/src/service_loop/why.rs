//! What a service waits for.

use berth_model::{Service, Timestamp};
use berth_plan::SeededIds;
use berth_plan::service::reconcile;
use berth_store::{ServiceKey, State};

use super::scene::Scene;
use super::{PlacementsOf, Standing, Trouble};

/// What the next pass of a service would say that it waits for; none if there is no such service. Nothing is changed.
///
/// # Errors
/// Records that belong to it are not there.
pub(crate) fn why(
    state: &State,
    key: &ServiceKey,
    placements: PlacementsOf,
    now: Timestamp,
) -> Result<Option<Vec<String>>, Trouble> {
    let Some(service) = state.get::<Service>(key) else { return Ok(None) };
    let mut standing = Standing::default();
    let scene = Scene::of(state, service, &mut standing)?;
    // What the plan would make gets ids that nothing will have.
    let mut ids = SeededIds::new([0; 32]);
    Ok(Some(reconcile(&scene.view(state, placements), &mut standing.sieve, now, &mut ids).why))
}
