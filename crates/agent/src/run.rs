//! An agent, put together.

use std::path::Path;
use std::sync::Arc;

use berth_client::Client;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::config::Config;
use crate::control::ControlStream;
use crate::endpoints::Endpoints;
use crate::error::AgentError;
use crate::files;
use crate::identity::Identity;
use crate::images::{self, Images};
use crate::logs::{self, Retention, Wakes};
use crate::machine::Machine;
use crate::network::{self, Wiring};
use crate::node::{Message, Node};
use crate::registration::register;
use crate::task::{Shared, make_lowest_layer, unblocked};
use crate::telemetry::TelemetryStream;
use crate::volumes::{Shelf, Volumes};

/// Reports that are on their way at the same time, at most.
const MOST_REPORTS: usize = 32;
/// Tasks that are cleared at the same time, at most.
const MOST_CLEARINGS: usize = 2;
/// What waits to be heard by the node, at most.
const MOST_MESSAGES: usize = 64;

/// Runs an agent until the shutdown. Its containers go on: the next agent over the same folder takes them up.
///
/// # Errors
/// Its folder cannot be used, or the control plane refuses the machine for good.
pub async fn run(config: Config, mut shutdown: watch::Receiver<bool>) -> Result<(), AgentError> {
    let ending = shutdown.clone();
    tokio::select! {
        biased;
        // An error is a sender that is gone: nobody can ask for more.
        _ = shutdown.wait_for(|ends| *ends) => Ok(()),
        outcome = serve(config, ending) => outcome,
    }
}

async fn serve(config: Config, shutdown: watch::Receiver<bool>) -> Result<(), AgentError> {
    let tasks = config.data.join("tasks");
    files::make_folder_of_tasks(&tasks)?;
    let mut parts = JoinSet::new();
    let present = files::folders(&tasks)?.iter().filter_map(|folder| Some(folder.file_name()?.to_str()?.to_owned())).collect();
    let wiring = Wiring::open(config.network.clone(), &config.endpoint, &config.region, present, &mut parts).await?;
    let wiring = Arc::new(wiring);
    let machine = Machine::read()?;
    let mut identity = Identity::open(&config.data, &config.region, &config.cluster)?;
    let user_agent = format!("Berth agent/{}", config.version);
    let client = Client::new(config.endpoint.clone(), &config.region, config.credentials.clone(), &user_agent);
    let folder = config.data.join("images");
    let settings = config.images.clone();
    let images = unblocked(move || Images::open(&folder, settings)).await;
    let images = images.map_err(|error| AgentError::Images { problem: error.to_string() })?;
    let wakes =
        Wakes::start().map_err(|error| AgentError::Machine { what: "the output of containers", problem: error.to_string() })?;
    let beneath = config.data.join("beneath");
    make_lowest_layer(&beneath)?;
    let log_folder = config.data.join("logs");
    files::make_folder_of_tasks(&log_folder)?;
    let volumes = volumes_of(&config.data, &tasks).await;
    let shared = Arc::new(Shared {
        client: client.clone(),
        cluster: config.cluster.clone(),
        boot: machine.boot.clone(),
        tasks: tasks.clone(),
        runtime: Arc::clone(&config.runtime),
        images: images.clone(),
        beneath,
        s3: config.s3.clone().map(Arc::new),
        volumes: volumes.clone(),
        wiring: Arc::clone(&wiring),
        wakes,
        logs: log_folder.clone(),
        reports: Semaphore::new(MOST_REPORTS),
        clearings: Semaphore::new(MOST_CLEARINGS),
        health: Arc::new(Notify::new()),
    });
    // What runs here is looked after whether there is a control plane or not.
    let (adopting, mut adopted) = mpsc::channel(1);
    let health = Arc::clone(&shared.health);
    let node = Node::open(shared, &config.data, identity.arn(), adopting).await;
    let (messages, heard) = mpsc::channel(MOST_MESSAGES);
    let shelf = Shelf::new(volumes, messages.clone());
    parts.spawn(node.run(heard));
    parts.spawn(network::keep_watch(Arc::clone(&wiring), shutdown.clone()));
    let socket = config.data.join("agent.sock");
    parts.spawn(logs::keep_tidy(log_folder, Retention::default(), shutdown.clone()));
    let (library, ends) = (images.clone(), shutdown.clone());
    parts.spawn(images::pull_ahead(images.clone()));
    parts.spawn(async move {
        // Nothing is ever sent: it ends when the last task has its images.
        adopted.recv().await;
        images::keep_tidy(library, ends).await;
    });
    parts.spawn(async move {
        if let Err(error) = images::serve(&socket, images, shelf, shutdown).await {
            error!(%error, "the socket for images is gone");
        }
    });
    loop {
        let instance = register(&client, &config, &machine, &mut identity).await?;
        // It lives as long as this.
        let _ = messages.send(Message::Instance(instance.clone())).await;
        let seen = Seen { node: &messages, health: &health, wiring: &wiring };
        converse(&config, &client, &machine, instance, seen).await;
        warn!("this instance was deregistered: registering anew; its tasks will be stopped");
        identity.forget()?;
    }
}

/// The volumes of this machine, without those of tasks of which nothing is left.
async fn volumes_of(data: &Path, tasks: &Path) -> Volumes {
    let (volumes, tasks) = (Volumes::in_folder(&data.join("volumes")), tasks.to_owned());
    unblocked(move || {
        if let Err(error) = volumes.keep_only(|task| tasks.join(task).exists()) {
            error!(%error, "the volumes of tasks that are no more are not removed");
        }
        volumes
    })
    .await
}

/// What both streams have to do with here.
#[derive(Clone, Copy)]
struct Seen<'a> {
    node: &'a mpsc::Sender<Message>,
    health: &'a Arc<Notify>,
    wiring: &'a Arc<Wiring>,
}

/// Keeps both streams open until the instance is no more.
async fn converse(config: &Config, client: &Client, machine: &Machine, instance: String, seen: Seen<'_>) {
    let Seen { node, health, wiring } = seen;
    let endpoints = Arc::new(Endpoints::new(client.clone(), &config.cluster, &instance));
    let telemetry = TelemetryStream {
        client: client.clone(),
        endpoints: Arc::clone(&endpoints),
        cluster: config.cluster.clone(),
        instance: instance.clone(),
        version: config.version.clone(),
        processors: machine.processors,
        runtime: Arc::clone(&config.runtime),
        wiring: Arc::clone(wiring),
        tasks: config.data.join("tasks"),
        node: node.clone(),
        health: Arc::clone(health),
    };
    let control = ControlStream {
        client: client.clone(),
        endpoints,
        cluster: config.cluster.clone(),
        instance,
        version: config.version.clone(),
        node: node.clone(),
    };
    tokio::select! {
        () = control.run() => {}
        () = telemetry.run() => {}
    }
}
