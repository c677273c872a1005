//! The actor that owns a task.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use berth_client::Client;
use berth_model::Timestamp;
use berth_plan::node::{self, Action, Desired, Event, Uptime};
use berth_runtime::Runtime;
use tokio::sync::{Mutex, Notify, Semaphore, mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

use super::attempts::Attempts;
use super::clearing::{Clearing, remove_remains};
use super::folders::TaskFolder;
use super::intake::Intake;
use super::record::Record;
use super::report::Progress;
use super::upkeep::{News, is_over};
use super::view::View;
use super::work::{Created, Done, Failure, KILL, Subject, unblocked};
use crate::environment_files::S3Settings;
use crate::files::Outlives;
use crate::images::{Images, PullTimes, Resolved};
use crate::logs::{Driver, Wakes};
use crate::machine::{uptime, wall};
use crate::network::{Link, Linked, TaskNetwork, Wiring, links_of};
use crate::volumes::Volumes;

/// Nothing is due.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// What all tasks of a machine need.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) cluster: String,
    /// The machine's boot.
    pub(crate) boot: String,
    /// The folder of all tasks.
    pub(crate) tasks: PathBuf,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) images: Images,
    /// The lowest layer of every container.
    pub(crate) beneath: PathBuf,
    pub(crate) volumes: Volumes,
    /// Where environment files are, if anywhere.
    pub(crate) s3: Option<Arc<S3Settings>>,
    /// What there is for the networks of tasks.
    pub(crate) wiring: Arc<Wiring>,
    /// Wakes log drivers.
    pub(crate) wakes: Arc<Wakes>,
    /// The folder of logs that are kept on the machine.
    pub(crate) logs: PathBuf,
    /// Reports that are on their way at the same time, at most.
    pub(crate) reports: Semaphore,
    /// Tasks that are cleared at the same time, at most: launches go first.
    pub(crate) clearings: Semaphore,
    /// A container's health is another than before.
    pub(crate) health: Arc<Notify>,
}

/// What an actor is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// The task is to end. Answered once that is on disk.
    Stop(oneshot::Sender<()>),
}

/// What became of a task when its actor ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is over, the control plane knows, and nothing is left of it.
    Over,
    /// Its actor was not able to take it in, or has nobody to hear from.
    Unknown,
}

/// Held while images are taken up that tasks used before the agent was started again: until then none may be removed.
pub(crate) type Adopting = mpsc::Sender<Infallible>;

/// A task.
#[derive(Debug)]
pub(crate) struct Actor {
    pub(super) shared: Arc<Shared>,
    /// Until the record is on disk for the first time.
    intake: Option<Intake>,
    /// That failed.
    is_unkept: bool,
    pub(super) folder: TaskFolder,
    pub(super) record: Record,
    /// The plan's part of the record as it is on disk.
    pub(super) kept: node::NodeTask,
    /// Writing it failed: then again.
    pub(super) keeps: Attempts,
    pub(super) containers: Vec<Container>,
    pub(super) work: JoinSet<Done>,
    /// Held while what the containers share is made.
    sharing: Arc<Mutex<()>>,
    /// When a timeout of the plan's is over.
    wake_at: Option<Uptime>,
    /// What the control plane knows.
    pub(super) told: Progress,
    pub(super) reports: Attempts,
    pub(super) clearing: Clearing,
    pub(super) network: TaskNetwork,
    /// What telemetry says of the task.
    pub(super) view: watch::Sender<View>,
}

/// What an actor has of a container besides the record.
#[derive(Debug, Default)]
pub(super) struct Container {
    pub(super) image: Option<Resolved>,
    /// Until its output is followed.
    pub(super) driver: Option<Driver>,
    pull: Option<AbortHandle>,
    pub(super) signal: Option<AbortHandle>,
    /// A health check that runs, and what the last one said.
    pub(super) check: Option<AbortHandle>,
    pub(super) said: String,
    pub(super) output: Output,
    /// When this agent heard that it has ended.
    pub(super) ended_at: Option<Instant>,
    /// Tells the driver that it has ended.
    pub(super) ended: watch::Sender<bool>,
}

/// How far a container's output is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Output {
    /// There is none, or nobody looks after it.
    #[default]
    Left,
    /// It is being brought to where it belongs.
    Followed,
    /// It is there.
    Shipped,
}

impl Actor {
    pub(crate) fn new(shared: Arc<Shared>, folder: TaskFolder, record: Record, view: watch::Sender<View>) -> Self {
        let containers = record.node.containers.iter().map(|_| Container::default()).collect();
        let (told, kept) = (Progress::none(&record), record.node.clone());
        let (keeps, reports, clearing) = (Attempts::new(), Attempts::new(), Clearing::new());
        let work = JoinSet::new();
        let network = TaskNetwork::new(Arc::clone(&shared.wiring), Arc::clone(&record.task), &folder.id());
        Self {
            shared,
            intake: None,
            is_unkept: false,
            folder,
            record,
            kept,
            keeps,
            containers,
            work,
            sharing: Arc::default(),
            wake_at: None,
            told,
            reports,
            clearing,
            network,
            view,
        }
    }

    /// Takes a task in that came now. Once it is on disk, that is said.
    pub(crate) async fn begin(mut self, kept: oneshot::Sender<()>, orders: mpsc::UnboundedReceiver<Order>) -> Fate {
        self.intake = Some(Intake::of(&self.record, &self.folder, kept));
        if self.record.node.desired == Desired::Running {
            // While images are looked for.
            self.network.begin();
        }
        self.run(orders).await
    }

    /// Lives as long as the task.
    pub(super) async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) -> Fate {
        loop {
            self.advance().await;
            if self.is_unkept {
                return self.give_up().await;
            }
            if self.clearing.is_done() {
                debug!(task = %self.folder.id(), "a task is over and cleared");
                return Fate::Over;
            }
            let until = self.next_look();
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Stop(kept)) => self.stop(kept).await,
                    None => return Fate::Unknown,
                },
                Some(done) = self.work.join_next() => match done {
                    Ok(done) => self.observe(done),
                    Err(error) if error.is_cancelled() => {}
                    // The actor goes down with it, and is started again from what is on disk.
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                written = Intake::end(&mut self.intake), if self.intake.is_some() => self.is_unkept = !written,
                () = sleep_until(until) => {}
            }
        }
    }

    /// The task cannot be put on disk. Nothing of it was started; it was not acknowledged, so it comes again.
    async fn give_up(mut self) -> Fate {
        for container in &self.containers {
            container.pull.iter().for_each(AbortHandle::abort);
        }
        while self.work.join_next().await.is_some() {}
        self.network.release().await;
        let (shared, folder) = (Arc::clone(&self.shared), self.folder.clone());
        unblocked(move || remove_remains(&shared, &folder)).await;
        Fate::Unknown
    }

    fn next_look(&self) -> Instant {
        let wake = self.wake_at.map(|at| Instant::now() + at.0.saturating_sub(uptime().0));
        let held = (0..self.containers.len()).filter_map(|at| self.held_until(at)).min();
        let others = [held, self.keeps.next(), self.reports.next(), self.clearing.next(), wake];
        others.into_iter().flatten().min().unwrap_or_else(|| Instant::now() + LONG)
    }

    /// Decides what is next, and has it done.
    async fn advance(&mut self) {
        let step = node::step(&self.record.node, uptime(), wall());
        (self.record.node, self.wake_at) = (step.next, step.wake_at);
        self.close_ended();
        let prepares = |(_, action): &(usize, Action)| matches!(action, Action::Pull | Action::Abandon | Action::Create);
        if self.news().is_some() || !step.actions.iter().all(prepares) {
            // A container may be made while the record is being written; nothing of it runs before.
            self.is_unkept |= !Intake::end(&mut self.intake).await;
            if self.is_unkept {
                return;
            }
        }
        let ends = |(_, action): &(usize, Action)| matches!(action, Action::Stop | Action::Kill | Action::Restart);
        if step.actions.iter().any(ends) {
            // When it was asked to end, or ended, counts after a restart as well.
            self.keep(Outlives::Process).await;
        }
        for (at, action) in step.actions {
            self.carry_out(at, action);
        }
        let news = self.news();
        if news == Some(News::Ends) {
            self.keep(Outlives::Process).await;
        }
        if is_over(&self.record.node) {
            // Its address and ports may be another task's as soon as the end is told.
            self.network.release().await;
        }
        self.report();
        self.show();
        if news == Some(News::Runs) {
            // Said before it is on disk, for it is as true after a restart: the runtime knows.
            self.keep(Outlives::Process).await;
        }
        self.clear().await;
    }

    fn carry_out(&mut self, at: usize, action: Action) {
        let subject = self.subject(at);
        match action {
            Action::Pull => self.containers[at].pull = Some(self.work.spawn(subject.resolve())),
            Action::Abandon => {
                if let Some(pull) = self.containers[at].pull.take() {
                    pull.abort();
                }
            }
            Action::Create => match &self.containers[at].image {
                Some(image) => {
                    let image = image.clone();
                    let linked = self.linked(at);
                    self.work.spawn(subject.create(image, self.network.pending(at, linked)));
                }
                None => self.failed(at, Failure { code: None, reason: "CannotCreateContainerError: no image".to_owned() }),
            },
            Action::Start => drop(self.work.spawn(subject.start())),
            Action::Restart => drop(self.work.spawn(subject.restart())),
            Action::Check => self.check(at),
            Action::Stop => {
                let signal = self.record.made[at].stop_signal;
                self.signal(at, signal);
            }
            Action::Kill => self.signal(at, KILL),
        }
    }

    pub(super) fn signal(&mut self, at: usize, signal: i32) {
        let sent = self.work.spawn(self.subject(at).signal(signal));
        if let Some(earlier) = self.containers[at].signal.replace(sent) {
            earlier.abort();
        }
    }

    async fn stop(&mut self, kept: oneshot::Sender<()>) {
        if self.record.node.desired != Desired::Stopped {
            info!(task = %self.folder.id(), "asked to stop");
            self.record.node.desired = Desired::Stopped;
        }
        self.is_unkept |= !Intake::end(&mut self.intake).await;
        if !self.is_unkept && self.keep(Outlives::Process).await {
            // Nobody may be waiting any more.
            let _ = kept.send(());
        }
    }

    /// Takes in what came of a piece of work.
    fn observe(&mut self, done: Done) {
        match done {
            Done::Resolved(at, pull, image) => self.resolved(at, pull, image),
            Done::Created(at, Ok(Created { runtime_id, stop_signal, driver, bindings })) => {
                self.record.made[at].runtime_id = Some(runtime_id);
                self.record.made[at].stop_signal = stop_signal;
                self.record.made[at].bindings = bindings;
                self.containers[at].driver = Some(driver);
                self.event(at, Event::Created);
            }
            Done::Started(at, Ok(started_at)) => self.runs(at, started_at),
            Done::Created(at, Err(failure)) | Done::Started(at, Err(failure)) => {
                self.failed(at, failure);
            }
            Done::Settled(at, standing) | Done::Over(at, standing) => self.adopt(at, standing, true),
            Done::Shipped(at) => self.containers[at].output = Output::Shipped,
            Done::Signalled => {}
            Done::Checked(at, checkup) => self.checked(at, checkup),
            Done::Submitted(said, outcome) => self.submitted(said, outcome),
            Done::Cleared(outcome) => self.cleared(outcome),
        }
    }

    fn resolved(&mut self, at: usize, pull: Option<PullTimes>, image: Result<Resolved, Failure>) {
        self.containers[at].pull = None;
        self.record.made[at].pulled(pull);
        match image {
            Ok(image) => {
                self.record.made[at].manifest = Some(image.manifest.to_string());
                self.record.made[at].digest.clone_from(&image.manifest_digest);
                self.containers[at].image = Some(image);
                self.event(at, Event::Pulled);
            }
            Err(failure) => self.failed(at, failure),
        }
    }

    pub(super) fn event(&mut self, at: usize, event: Event) {
        node::observe(&mut self.record.node, at, event, uptime());
    }

    pub(super) fn failed(&mut self, at: usize, Failure { code, reason }: Failure) {
        info!(task = %self.folder.id(), container = self.name(at), reason, "a container does not start");
        self.event(at, Event::Failed { code, reason, at: wall() });
    }

    /// A container runs: its end and its output are waited for.
    pub(super) fn runs(&mut self, at: usize, started_at: Timestamp) {
        self.event(at, Event::Started { at: started_at });
        self.follow(at);
        self.work.spawn(self.subject(at).watch());
    }

    /// The containers that one is linked to.
    fn linked(&self, at: usize) -> Vec<Linked> {
        let task = &self.record.task;
        let links = task.containers.get(at).and_then(|container| links_of(task, container)).unwrap_or_default();
        let linked = |link: Link<'_>| Linked {
            place: link.to,
            alias: link.alias.to_owned(),
            image: self.containers[link.to].image.clone(),
        };
        links.into_iter().map(linked).collect()
    }

    pub(super) fn subject(&self, at: usize) -> Subject {
        let (shared, task) = (Arc::clone(&self.shared), Arc::clone(&self.record.task));
        Subject { shared, task, folder: self.folder.clone(), sharing: Arc::clone(&self.sharing), at }
    }

    pub(super) fn name(&self, at: usize) -> &str {
        self.record.node.containers.get(at).map_or("", |container| &container.name)
    }
}
