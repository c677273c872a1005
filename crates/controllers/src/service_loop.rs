//! Keeps services as they are to be: starts and stops their tasks, brings their deployments to an end.
//!
//! What a service does next is decided by [`berth_plan::service`], from stored state alone. Here it is found out which services have
//! something to do, and done:
//!
//! - [`Agenda`] says whose turn it is. It hears of changes and knows no clock, so that simulations turn it as the loop does.
//! - A pass ([`pass`]) is one update: it reads a service with all that belongs to it, asks what to do, and does it. Whatever was
//!   done before it, in part or not at all, the next pass does what is left.
//! - Nothing is kept between passes but what would be found out again: a restart is a wake-up of all.

mod agenda;
mod carry_out;
mod outcome;
mod pass;
mod pull_ahead;
mod recipe;
mod scene;
mod standing;
mod why;

use std::time::Duration;

use berth_plan::SeededIds;
use berth_store::{Event, ServiceKey, Store};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{debug, warn};

pub use agenda::Agenda;
pub use outcome::{Outcome, Trouble};
pub use pass::{PlacementsOf, pass};
pub(crate) use pull_ahead::Wish;
pub use standing::Standing;
pub(crate) use why::why;

use crate::loops::{Loop, PassError, Work, now};

pub(crate) const ENTRY: Loop =
    Loop { name: "services", work: Work::Turns(|store, placements, closing| Box::pin(turn(store, placements, closing))) };

/// Passes of different services under way at once: they wait for the same commits.
const MOST_PASSES: usize = 16;
/// Without any timer the loop looks at its agenda this often, in vain.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// A pass that has ended.
type Ended = (ServiceKey, Standing, Result<Option<Outcome>, PassError>);

/// Makes the passes that are due until `closing` turns true or the store closes.
async fn turn(store: Store, placements: PlacementsOf, mut closing: watch::Receiver<bool>) {
    // First the subscription, then the view: nothing is missed in between.
    let mut changes = store.changes();
    let mut agenda = Agenda::new(placements);
    agenda.heed_all(&store.view());
    let mut passes = FuturesUnordered::new();
    loop {
        while passes.len() < MOST_PASSES
            && let Some((key, standing)) = agenda.begin(now())
        {
            passes.push(one(&store, placements, key, standing));
        }
        tokio::select! {
            () = async { drop(closing.wait_for(|closing| *closing).await) } => return,
            Some((key, standing, result)) = passes.next() => ended(&mut agenda, key, standing, result),
            event = changes.next() => match event {
                Some(Event::Changed { touched, .. }) => agenda.heed(&store.view(), &touched),
                Some(Event::Lagged) => agenda.heed_all(&store.view()),
                None => return,
            },
            () = sleep(agenda.wake_at().map_or(LONGEST, |at| at.since(now()))), if passes.len() < MOST_PASSES => {}
        }
    }
}

/// One pass of a service, durable once it has ended.
async fn one(store: &Store, placements: PlacementsOf, key: ServiceKey, mut standing: Standing) -> Ended {
    let mut seed = [0; 32];
    if let Err(error) = getrandom::fill(&mut seed) {
        return (key, standing, Err(PassError(error.to_string())));
    }
    let mut ids = SeededIds::new(seed);
    let update = store.update(|tx| pass(tx, &key, &mut standing, placements, now(), &mut ids));
    let result = update.await.map_err(PassError::of);
    (key, standing, result)
}

fn ended(agenda: &mut Agenda, key: ServiceKey, standing: Standing, result: Result<Option<Outcome>, PassError>) {
    match result {
        Ok(outcome) => {
            if let Some(outcome) = outcome.as_ref().filter(|outcome| outcome.changed || !outcome.why.is_empty()) {
                debug!(service = %key.name, cluster = %key.cluster, changed = outcome.changed, why = ?outcome.why, "a service's pass ended");
            }
            agenda.end(key, standing, outcome);
        }
        Err(error) => {
            warn!(service = %key.name, cluster = %key.cluster, %error, "a service's pass failed");
            agenda.fail(key, now());
        }
    }
}
