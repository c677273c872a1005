//! Taking up a task after the agent was started again.

use berth_plan::node::{Desired, Event, Phase};
use berth_runtime::Standing;
use tokio::sync::mpsc;
use tracing::{error, info};

use super::actor::{Actor, Adopting, Fate, Order};
use super::recovery::{Adoption, adopt};
use super::upkeep::is_over;
use super::work::{Failure, KILL};
use crate::machine::{uptime, wall};

impl Actor {
    /// Goes on with a task that was there before the agent was started again. Those of another instance end.
    /// `adopting` is dropped once its images are in use again.
    pub(crate) async fn resume(
        mut self,
        instance: Option<&str>,
        adopting: Adopting,
        orders: mpsc::UnboundedReceiver<Order>,
    ) -> Fate {
        for at in 0..self.containers.len() {
            self.adopt_image(at).await;
        }
        drop(adopting);
        let same_boot = self.record.boot == self.shared.boot;
        if !same_boot || instance.is_some_and(|instance| instance != self.record.instance) {
            self.record.node.desired = Desired::Stopped;
        }
        for at in 0..self.containers.len() {
            let standing = match self.subject(at).look().await {
                Ok(standing) => standing,
                Err(error) => {
                    error!(task = %self.folder.id(), at, %error, "looking at a container");
                    Standing::Unsettled
                }
            };
            self.adopt(at, standing, same_boot);
        }
        if same_boot && !is_over(&self.record.node) {
            self.network.begin();
            for at in 0..self.containers.len() {
                let bindings = self.network.bindings(at).await;
                if !bindings.is_empty() {
                    self.record.made[at].bindings = bindings;
                }
            }
        }
        self.record.boot.clone_from(&self.shared.boot);
        self.record.node.resume(uptime());
        self.run(orders).await
    }

    /// Takes in how a container stands that nobody looked after for a while, or that is over.
    pub(super) fn adopt(&mut self, at: usize, standing: Standing, same_boot: bool) {
        let stopping = match &self.record.node.containers[at].phase {
            Phase::Stopping { killed, .. } => Some(*killed),
            _ => None,
        };
        match adopt(&self.record.node.containers[at].phase, standing, same_boot) {
            Adoption::Leave => {
                self.containers[at].ended.send_replace(true);
                self.follow(at);
            }
            Adoption::Anew => self.record.node.containers[at].phase = Phase::Waiting,
            Adoption::Again(end) => self.record.node.containers[at].phase = Phase::Exited(end),
            Adoption::Failed { why } => self.failed(at, Failure { code: None, reason: why }),
            Adoption::Settle => {
                if !matches!(self.record.node.containers[at].phase, Phase::Exited(_) | Phase::Restarting(_)) {
                    self.record.node.containers[at].phase = Phase::Starting;
                }
                self.work.spawn(self.subject(at).settle());
            }
            Adoption::Runs { started_at } => {
                self.runs(at, started_at);
                // The signal may not have been sent: it was written down before.
                if let Some(killed) = stopping {
                    let signal = if killed { KILL } else { self.record.made[at].stop_signal };
                    self.signal(at, signal);
                }
            }
            Adoption::Ended { started_at, code, reason, at: ended_at } => {
                if let Some(started_at) = started_at {
                    self.event(at, Event::Started { at: started_at });
                }
                info!(task = %self.folder.id(), container = self.name(at), code, reason, "a container is over");
                self.event(at, Event::Ended { code, reason, at: ended_at.unwrap_or_else(wall) });
                if let Some(check) = self.containers[at].check.take() {
                    check.abort();
                }
            }
        }
    }
}
