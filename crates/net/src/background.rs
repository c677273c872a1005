//! The thread that keeps the pool full and destroys what was released, many at once.

use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::prepared::prepare;
use crate::socket::Netlink;
use crate::state::{Doomed, Shared, State, lock};
use crate::{IdBlock, NetError, conntrack, namespace, route};

/// Released slots wait while the pool is being filled, but not more than these.
const DOOMED_AT_MOST: usize = 64;

/// How long a released slot waits for others. The kernel lets nobody else change interfaces while it destroys some.
const GATHER: Duration = Duration::from_millis(250);

/// After the kernel refused.
const PAUSE: Duration = Duration::from_secs(1);

enum Work {
    Fill(u32, Option<IdBlock>),
    Destroy(Vec<Doomed>),
    Stop,
}

pub(crate) fn start(shared: Arc<Shared>) -> Result<JoinHandle<()>, NetError> {
    // Sockets of its own: whoever takes a slot shall not wait for the pool.
    let (links, connections) = (Netlink::route()?, Netlink::netfilter()?);
    let thread = std::thread::Builder::new().name("berth-slots".to_owned());
    thread.spawn(move || run(&shared, links, connections)).map_err(NetError::kernel("starting the thread of the pool"))
}

fn run(shared: &Shared, mut links: Netlink, mut connections: Netlink) {
    loop {
        match wait(shared) {
            Work::Stop => return,
            Work::Fill(number, ids) => match prepare(&shared.site, &mut links, number, ids) {
                Ok(prepared) if ids.is_none() => lock(&shared.state).ready.push(prepared),
                Ok(prepared) => lock(&shared.state).ready_with_ids.push(prepared),
                Err(error) => {
                    lock(&shared.state).free(ids);
                    tracing::warn!(%error, "no slot can be prepared");
                    pause(shared);
                }
            },
            Work::Destroy(doomed) => destroy(shared, &doomed, &mut links, &mut connections),
        }
    }
}

enum Next {
    Do(Work),
    Wait(Option<Duration>),
}

fn next(state: &mut State, pool: usize, pool_with_ids: usize) -> Next {
    if state.stopping {
        return Next::Do(Work::Stop);
    }
    let full = state.doomed.len() >= DOOMED_AT_MOST;
    if state.ready.len() < pool && !full {
        return Next::Do(Work::Fill(state.number(), None));
    }
    if state.ready_with_ids.len() < pool_with_ids
        && !full
        && let Ok(ids) = state.ids()
    {
        return Next::Do(Work::Fill(state.number(), Some(ids)));
    }
    if state.doomed.is_empty() {
        return Next::Wait(None);
    }
    // Those that were found at the start have no time, and have waited long enough.
    let waited = state.doomed_since.map_or(GATHER, |since| since.elapsed());
    if waited < GATHER && !full {
        return Next::Wait(Some(GATHER - waited));
    }
    state.doomed_since = None;
    Next::Do(Work::Destroy(std::mem::take(&mut state.doomed)))
}

fn wait(shared: &Shared) -> Work {
    let mut state = lock(&shared.state);
    loop {
        state = match next(&mut state, shared.pool, shared.pool_with_ids) {
            Next::Do(work) => return work,
            Next::Wait(None) => shared.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            Next::Wait(Some(time)) => shared.wake.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0,
        };
    }
}

fn pause(shared: &Shared) {
    let state = lock(&shared.state);
    let _woken = shared.wake.wait_timeout_while(state, PAUSE, |state| !state.stopping);
}

fn destroy(shared: &Shared, doomed: &[Doomed], links: &mut Netlink, connections: &mut Netlink) {
    let gone = links.each(&[route::delete_group(shared.site.installation.doomed())]);
    let addresses = doomed.iter().filter_map(|slot| slot.address).collect();
    if let Err(error) = conntrack::forget(connections, &addresses) {
        tracing::debug!(?addresses, %error, "connections are left to time out");
    }
    for slot in doomed {
        namespace::discard(&shared.site.namespace(slot.number));
        lock(&shared.state).free(slot.ids);
    }
    tracing::debug!(slots = doomed.len(), ?gone, "slots were destroyed");
}
