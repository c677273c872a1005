//! The table of tasks: it has one owner, which hears the control plane and starts an actor for each task.

mod newest;
mod remembered;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use berth_api::acs::{self, DesiredStatus};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tracing::{debug, error, info, warn};

use crate::control::{Heard, Reaction, Refused, Session, task_id};
use crate::files;
use crate::task::{
    Actor, Adopting, Fate, Order, Record, RecordError, Shared, TaskFolder, View, remove_remains, submit_refusal, unblocked,
};
use newest::Newest;
use remembered::Remembered;

/// What the node is told and asked.
#[derive(Debug)]
pub(crate) enum Message {
    /// The machine is registered as this instance. Tasks of another one end.
    Instance(String),
    /// The control plane said something.
    Heard(Box<Heard>),
    /// Which tasks are there?
    Census(oneshot::Sender<Vec<Sighting>>),
}

/// A task, seen from outside.
#[derive(Debug)]
pub(crate) struct Sighting {
    pub(crate) task: Arc<acs::Task>,
    pub(crate) view: View,
}

/// The owner of the table.
#[derive(Debug)]
pub(crate) struct Node {
    shared: Arc<Shared>,
    /// The file with the newest manifest's number.
    newest: PathBuf,
    instance: Option<String>,
    session: Session,
    /// By ARN.
    tasks: BTreeMap<String, Known>,
    actors: JoinSet<(String, Fate)>,
    /// Tasks that are over.
    over: Remembered,
    /// What is told of tasks that could not be taken in, by ARN, until it arrived.
    refusals: JoinSet<String>,
    refusing: BTreeSet<String>,
    /// Answers that wait until what they promise is on disk.
    promises: JoinSet<()>,
}

/// A task.
#[derive(Debug)]
struct Known {
    task: Arc<acs::Task>,
    instance: String,
    /// Whether it is meant to run, as far as the control plane said.
    runs: bool,
    orders: mpsc::UnboundedSender<Order>,
    view: watch::Receiver<View>,
}

/// The other ends of what the table has of a task: its actor's.
struct Seat {
    orders: mpsc::UnboundedReceiver<Order>,
    view: watch::Sender<View>,
}

impl Node {
    /// Takes up the tasks that were there before the agent was started again. `instance` is what the machine was registered as.
    /// `adopting` is held until their images are in use again.
    pub(crate) async fn open(shared: Arc<Shared>, data: &Path, instance: Option<&str>, adopting: Adopting) -> Self {
        let newest = data.join("manifest.json");
        let timeline = instance.and_then(|instance| Newest::read(&newest, instance));
        let mut node = Self {
            shared,
            newest,
            instance: instance.map(str::to_owned),
            session: Session::after(timeline),
            tasks: BTreeMap::new(),
            actors: JoinSet::new(),
            over: Remembered::default(),
            refusals: JoinSet::new(),
            refusing: BTreeSet::new(),
            promises: JoinSet::new(),
        };
        node.take_up(adopting).await;
        node
    }

    /// Goes on until nobody can tell it anything any more.
    pub(crate) async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        loop {
            tokio::select! {
                biased;
                Some(ended) = self.actors.join_next() => self.ended(ended.ok()).await,
                Some(refused) = self.refusals.join_next() => {
                    if let Ok(arn) = refused {
                        self.refusing.remove(&arn);
                    }
                }
                Some(_) = self.promises.join_next() => {}
                message = messages.recv() => match message {
                    Some(Message::Heard(heard)) => {
                        let Heard { message, answers } = *heard;
                        let Self { session, tasks, .. } = &mut self;
                        let reaction = session.take(message, || {
                            let running = tasks.iter().filter(|(_, known)| known.runs);
                            running.map(|(arn, known)| (arn.as_str(), known.task.task_cluster_arn.as_deref())).collect()
                        });
                        self.react(reaction, answers).await;
                    }
                    Some(Message::Instance(arn)) => self.belong_to(arn),
                    Some(Message::Census(answer)) => {
                        let sight = |known: &Known| Sighting { task: Arc::clone(&known.task), view: known.view.borrow().clone() };
                        // Who asked may be gone.
                        let _ = answer.send(self.tasks.values().map(sight).collect());
                    }
                    None => return,
                },
            }
        }
    }

    /// Carries out what a message asks for; answers once it is on disk.
    async fn react(&mut self, reaction: Reaction, answers: mpsc::Sender<acs::AgentMessage>) {
        let Reaction { timeline, stop, load, refused, ahead, answers: promised } = reaction;
        if let (Some(images), Some(instance)) = (ahead, &self.instance) {
            self.shared.images.expect(images, instance);
        }
        if let (Some(timeline), Some(instance)) = (timeline, &self.instance) {
            Newest::keep(&self.newest, instance, timeline).await;
        }
        let mut receipts: Vec<oneshot::Receiver<()>> = stop.iter().filter_map(|arn| self.stop(arn)).collect();
        for task in load {
            receipts.extend(self.load(task));
        }
        for refused in refused {
            self.refuse(refused);
        }
        if promised.is_empty() {
            return;
        }
        self.promises.spawn(async move {
            for receipt in receipts {
                if receipt.await.is_err() {
                    // It is not on disk: what is not acknowledged comes again.
                    return;
                }
            }
            for answer in promised {
                // The stream may have ended; the next one begins anew.
                let _ = answers.send(answer).await;
            }
        });
    }

    /// Takes a task in, or hears that one is to end. What comes back says when it is on disk.
    fn load(&mut self, task: acs::Task) -> Option<oneshot::Receiver<()>> {
        let arn = task.arn.clone();
        let is_stop = task.desired_status == Some(DesiredStatus::Stopped);
        if self.tasks.contains_key(&arn) {
            return if is_stop { self.stop(&arn) } else { None };
        }
        if self.over.contains(&arn) {
            debug!(task = arn, "a task that is over came again");
            return None;
        }
        let instance = self.instance.clone().unwrap_or_default();
        let id = task_id(&arn).unwrap_or_default().to_owned();
        let cluster = task.task_cluster_arn.clone();
        let record = match Record::new(task, &instance, &self.shared.boot) {
            Ok(record) => record,
            Err(reason) => {
                self.refuse(Refused { arn, cluster, reason });
                return None;
            }
        };
        info!(task = id, family = record.task.family, version = record.task.version, "a task");
        info!(target: "launch", task = id, step = "payload", took = 0_u64, ago = 0_u64);
        let (kept, receipt) = oneshot::channel();
        let Seat { orders, view } = self.enter(&record, !is_stop);
        let folder = TaskFolder::of(&self.shared.tasks, &id);
        let actor = Actor::new(Arc::clone(&self.shared), folder, record, view);
        self.actors.spawn(async move {
            let fate = actor.begin(kept, orders).await;
            (arn, fate)
        });
        Some(receipt)
    }

    fn stop(&mut self, arn: &str) -> Option<oneshot::Receiver<()>> {
        let known = self.tasks.get_mut(arn)?;
        known.runs = false;
        let (kept, receipt) = oneshot::channel();
        // An actor that is gone leaves the table soon.
        let _ = known.orders.send(Order::Stop(kept));
        Some(receipt)
    }

    /// Puts a task into the table.
    fn enter(&mut self, record: &Record, runs: bool) -> Seat {
        let ((orders, received), (shows, view)) = (mpsc::unbounded_channel(), watch::channel(View::default()));
        let known = Known { task: Arc::clone(&record.task), instance: record.instance.clone(), runs, orders, view };
        self.tasks.insert(record.task.arn.clone(), known);
        Seat { orders: received, view: shows }
    }

    /// Tells the control plane that a task cannot be taken in. If that does not arrive, the task comes again.
    fn refuse(&mut self, refused: Refused) {
        if !self.refusing.insert(refused.arn.clone()) {
            return;
        }
        warn!(task = refused.arn, reason = refused.reason, "a task is refused");
        let shared = Arc::clone(&self.shared);
        self.refusals.spawn(async move {
            let arn = refused.arn.clone();
            if let Err(error) = submit_refusal(&shared.client, &shared.cluster, refused).await {
                warn!(task = arn, %error, "the refusal of a task does not arrive");
            }
            arn
        });
    }

    /// The machine is this instance now. A control plane does not know the tasks of the one before.
    fn belong_to(&mut self, arn: String) {
        if self.instance.as_ref() == Some(&arn) {
            return;
        }
        let strangers = self.tasks.iter().filter(|(_, known)| known.instance != arn);
        let strangers: Vec<String> = strangers.map(|(task, _)| task.clone()).collect();
        for task in strangers {
            info!(task, "a task of an instance that is no more: it is stopped");
            self.stop(&task);
        }
        self.instance = Some(arn);
        self.session = Session::after(None);
    }

    /// An actor has ended: its task is over, or it was not taken in, or it panicked.
    async fn ended(&mut self, ended: Option<(String, Fate)>) {
        if let Some((arn, fate)) = ended {
            self.tasks.remove(&arn);
            if fate == Fate::Over {
                self.over.remember(arn);
            }
            return;
        }
        let dead = |(_, known): &(&String, &Known)| known.orders.is_closed();
        let dead: Vec<String> = self.tasks.iter().filter(dead).map(|(arn, _)| arn.clone()).collect();
        for arn in dead {
            error!(task = arn, "the actor of a task panicked: it is started again");
            self.tasks.remove(&arn);
            if let Some(id) = task_id(&arn) {
                let (adopting, _) = mpsc::channel(1);
                self.take_up_one(TaskFolder::of(&self.shared.tasks, id), adopting).await;
            }
        }
    }

    /// Takes up all tasks that are on disk.
    async fn take_up(&mut self, adopting: Adopting) {
        let tasks = self.shared.tasks.clone();
        match unblocked(move || files::folders(&tasks)).await {
            Ok(folders) => {
                for folder in folders {
                    self.take_up_one(TaskFolder::at(folder), adopting.clone()).await;
                }
            }
            Err(error) => error!(%error, "the tasks of this machine are not found"),
        }
    }

    async fn take_up_one(&mut self, folder: TaskFolder, adopting: Adopting) {
        let read = folder.clone();
        let record = match unblocked(move || Record::read(&read)).await {
            Ok(Some(record)) => record,
            // It was not acknowledged: it comes again.
            Ok(None) => return self.remove(folder).await,
            Err(RecordError::Damaged(why)) => {
                error!(task = %folder.id(), why, "the record of a task is damaged: what is left of the task is removed");
                let arn = self.instance.as_deref().and_then(|instance| task_arn(instance, &folder.id()));
                self.remove(folder).await;
                if let Some(arn) = arn {
                    let reason = format!("The record of the task on its machine is damaged: {why}");
                    self.refuse(Refused { arn, cluster: None, reason });
                }
                return;
            }
            Err(error) => {
                error!(task = %folder.id(), %error, "a task is left alone");
                return;
            }
        };
        info!(task = %folder.id(), "taking up a task");
        let arn = record.task.arn.clone();
        let runs = record.node.desired == berth_plan::node::Desired::Running;
        let Seat { orders, view } = self.enter(&record, runs);
        let actor = Actor::new(Arc::clone(&self.shared), folder, record, view);
        let instance = self.instance.clone();
        self.actors.spawn(async move {
            let fate = actor.resume(instance.as_deref(), adopting, orders).await;
            (arn, fate)
        });
    }

    async fn remove(&self, folder: TaskFolder) {
        let shared = Arc::clone(&self.shared);
        unblocked(move || {
            remove_remains(&shared, &folder);
            shared.wiring.release_all_of(&folder.id());
        })
        .await;
    }
}

/// The ARN of a task of an instance's own cluster.
fn task_arn(instance: &str, id: &str) -> Option<String> {
    let (head, rest) = instance.split_once(":container-instance/")?;
    let (cluster, _) = rest.split_once('/')?;
    Some(format!("{head}:task/{cluster}/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_of_which_only_the_folder_is_left_has_its_instances_cluster() {
        let instance = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/0123";
        assert_eq!(task_arn(instance, "ab").as_deref(), Some("arn:aws:ecs:us-east-1:000000000000:task/default/ab"));
        assert_eq!(task_arn("arn:aws:ecs", "ab"), None);
    }
}
