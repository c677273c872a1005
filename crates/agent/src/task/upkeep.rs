//! What an actor does besides: keeping its record, telling the control plane, bringing output to where it belongs.

use std::time::Duration;

use berth_client::CallError;
use berth_oci::Digest;
use berth_plan::node::{NodeContainer, NodeTask, Phase, Status};
use tokio::time::Instant;
use tracing::{debug, error, warn};

use super::actor::{Actor, Output};
use super::report::{Progress, report};
use super::work::{Done, unblocked};
use crate::files::Outlives;

/// Who waits for a task to stop reads its log then: an end is said when the last line is there, or after this time. Docker waits as
/// long for its log drivers.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the record has that is not on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum News {
    /// Something runs.
    Runs,
    /// Something ended, or is to end.
    Ends,
}

impl Actor {
    /// What has to be kept. What leads to a running container does not: after a restart the runtime is asked.
    pub(super) fn news(&self) -> Option<News> {
        if !self.keeps.is_due() { None } else { news(&self.kept, &self.record.node) }
    }

    /// Writes the record; whether that went well.
    pub(super) async fn keep(&mut self, outlives: Outlives) -> bool {
        let (record, folder) = (self.record.clone(), self.folder.clone());
        self.keeps.began();
        match unblocked(move || record.keep(&folder, outlives)).await {
            Ok(()) => {
                self.keeps.succeeded();
                self.kept.clone_from(&self.record.node);
                true
            }
            Err(error) => {
                error!(task = %self.folder.id(), %error, "the record of a task is not kept");
                self.keeps.failed();
                false
            }
        }
    }

    /// When a container that has ended is said to have, though its output is not where it belongs yet.
    pub(super) fn held_until(&self, at: usize) -> Option<Instant> {
        let container = &self.containers[at];
        let until = container.ended_at.filter(|_| container.output == Output::Followed)? + PATIENCE;
        (until > Instant::now()).then_some(until)
    }

    /// Says how far the task is, if that is more than the control plane knows. One report is on its way at a time: what happens
    /// meanwhile goes into the next one.
    pub(super) fn report(&mut self) {
        let progress = Progress::of(&self.record, |at| self.held_until(at).is_some());
        if progress == self.told || !self.reports.is_due() {
            return;
        }
        self.reports.began();
        let request = report(&self.record, &self.shared.cluster, &self.told, &progress);
        let subject = self.subject(0);
        self.work.spawn(subject.submit(request, progress));
    }

    pub(super) fn submitted(&mut self, said: Progress, outcome: Result<(), CallError>) {
        match outcome {
            Ok(()) => {
                self.reports.succeeded();
                self.told = said;
            }
            Err(error) if is_final(&error) => {
                warn!(task = %self.folder.id(), %error, "a report is refused for good: dropped");
                self.reports.succeeded();
                self.told = said;
            }
            Err(error) => {
                if self.reports.has_failed() {
                    debug!(task = %self.folder.id(), %error, "a report does not arrive");
                } else {
                    warn!(task = %self.folder.id(), %error, "a report does not arrive; trying again until it does");
                }
                self.reports.failed();
            }
        }
    }

    /// Keeps the image of a container that was made before the agent was started again.
    pub(super) async fn adopt_image(&mut self, at: usize) {
        let is_over = self.record.node.containers[at].phase.is_stopped();
        let manifest = self.record.made[at].manifest.as_deref().filter(|_| !is_over);
        let Some(Ok(manifest)) = manifest.map(str::parse::<Digest>) else { return };
        match self.shared.images.adopt(manifest, &self.record.task.arn).await {
            Ok(image) => self.containers[at].image = Some(image),
            Err(error) => {
                warn!(task = %self.folder.id(), container = self.name(at), %error, "the image of a container is not kept")
            }
        }
    }

    /// Has the output of a container brought to where it belongs, from where that was left off, until all of it is there.
    pub(super) fn follow(&mut self, at: usize) {
        let has_run = self.record.node.containers[at].phase.started_at().is_some();
        if !has_run || self.containers[at].output != Output::Left {
            return;
        }
        let driver = match self.containers[at].driver.take().map_or_else(|| self.subject(at).driver(), Ok) {
            Ok(driver) => driver,
            Err(failure) => {
                error!(task = %self.folder.id(), container = self.name(at), reason = failure.reason, "output is not followed");
                return;
            }
        };
        self.containers[at].output = Output::Followed;
        let following = driver.follow(&self.subject(at).runtime_folder(), self.containers[at].ended.subscribe());
        self.work.spawn(async move {
            if let Err(error) = following.await {
                error!(%error, "a log driver ended before its time");
            }
            Done::Shipped(at)
        });
    }
}

/// Whether asking again is of no use: the control plane does not know the task any more.
fn is_final(error: &CallError) -> bool {
    matches!(error.code(), Some("InvalidParameterException" | "ClientException" | "ClusterNotFoundException"))
}

fn news(kept: &NodeTask, now: &NodeTask) -> Option<News> {
    let stops = (kept.desired != now.desired).then_some(News::Ends);
    let is_new = |(kept, now): &(&NodeContainer, &NodeContainer)| kept.phase != now.phase || kept.health != now.health;
    let pairs = kept.containers.iter().zip(&now.containers).filter(is_new);
    let news = pairs.filter_map(|(_, now)| match now.phase {
        Phase::Waiting | Phase::Pulling | Phase::Pulled | Phase::Creating | Phase::Created | Phase::Starting => None,
        Phase::Running { .. } => Some(News::Runs),
        Phase::Stopping { .. } | Phase::Exited(_) | Phase::Restarting(_) | Phase::Stopped(_) => Some(News::Ends),
    });
    news.chain(stops).max()
}

/// Whether a task is over, all of it.
pub(super) fn is_over(task: &NodeTask) -> bool {
    berth_plan::node::status(task) == Status::Stopped
}
