//! The slow part of a task: each piece runs beside its actor and comes back as a [`Done`].

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use berth_api::acs;
use berth_api::acs::docker::HostConfig;
use berth_api::ecs::SubmitTaskStateChangeRequest;
use berth_client::CallError;
use berth_model::{NetworkBinding, Timestamp};
use berth_runtime::{ContainerSpec, Runtime, RuntimeError, Standing, Step};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Mutex;
use tokio::time::sleep;
use tracing::{debug, error, info, warn};

use super::actor::Shared;
use super::folders::TaskFolder;
use super::health::Checkup;
use super::report::Progress;
use crate::backoff::Backoff;
use crate::container_spec::{self, NodeFacts};
use crate::environment_files;
use crate::images::{Obtained, PullTimes, Resolved};
use crate::logs::{Context, Driver};
use crate::machine::timestamp;
use crate::network::Pending;
use crate::volumes;

/// Between looks at a container that gives nothing to wait for.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Between attempts at what the machine refuses.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(60));

/// What came of a piece of work, and the container it was about.
#[derive(Debug)]
pub(super) enum Done {
    /// The image is there; a registry was asked for it then.
    Resolved(usize, Option<PullTimes>, Result<Resolved, Failure>),
    /// The container is made.
    Created(usize, Result<Created, Failure>),
    /// It was started.
    Started(usize, Result<Timestamp, Failure>),
    /// After a restart it is known how it stands.
    Settled(usize, Standing),
    /// It is over.
    Over(usize, Standing),
    /// It got a signal.
    Signalled,
    /// Its health was checked.
    Checked(usize, Checkup),
    /// All it wrote is where it belongs.
    Shipped(usize),
    /// Something was said to the control plane.
    Submitted(Progress, Result<(), CallError>),
    /// Containers are removed, and the task's folder if it says so.
    Cleared(Result<bool, String>),
}

/// Why a container will not run.
#[derive(Debug)]
pub(super) struct Failure {
    /// What a shell would exit with, if it got as far.
    pub(super) code: Option<i32>,
    /// As ECS words it.
    pub(super) reason: String,
}

/// A container that waits to be started.
#[derive(Debug)]
pub(super) struct Created {
    pub(super) runtime_id: String,
    pub(super) stop_signal: i32,
    pub(super) driver: Driver,
    /// The ports of the machine that it has.
    pub(super) bindings: Vec<NetworkBinding>,
}

/// A container of a task, and all that is needed to do something to it.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) shared: Arc<Shared>,
    pub(super) task: Arc<acs::Task>,
    pub(super) folder: TaskFolder,
    /// Held while what the containers share is made.
    pub(super) sharing: Arc<Mutex<()>>,
    pub(super) at: usize,
}

impl Subject {
    fn name(&self) -> &str {
        self.task.containers.get(self.at).map_or("", |container| &container.name)
    }

    pub(super) fn runtime_folder(&self) -> PathBuf {
        self.folder.runtime(self.name())
    }

    /// One line per step: where the milliseconds go.
    fn took(&self, step: &'static str, since: Instant) {
        let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        debug!(task = %self.folder.id(), container = self.name(), step, micros);
        self.traced(step, since, false);
    }

    /// A step of a launch, for whoever collects them (`berth trace` shows them).
    fn traced(&self, step: &str, since: Instant, last: bool) {
        let took = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        info!(target: "launch", task = &*self.folder.id(), container = self.name(), step, took, ago = 0_u64, last);
    }

    /// What the runtime did to make and start the container.
    fn trace_runtime(&self) {
        for Step { name, began_nanos, took_nanos } in self.shared.runtime.take_steps(&self.runtime_folder()) {
            let (task, container) = (&*self.folder.id(), self.name());
            info!(target: "launch", task, container, step = name, took = took_nanos, began = began_nanos);
        }
    }

    /// Runs what blocks where it may.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Runtime, PathBuf) -> Result<T, RuntimeError> + Send + 'static,
    ) -> Result<T, RuntimeError> {
        let (runtime, folder) = (Arc::clone(&self.shared.runtime), self.runtime_folder());
        unblocked(move || work(&*runtime, folder)).await
    }

    pub(super) async fn resolve(self) -> Done {
        let since = Instant::now();
        let image = self.task.containers.get(self.at).map_or("", |container| &container.image);
        let Obtained { image, pull } = self.shared.images.obtain(image, &self.task.arn).await;
        self.took("resolve", since);
        Done::Resolved(self.at, pull, image.map_err(|error| Failure { code: None, reason: error.to_string() }))
    }

    /// The log's far end is made ready while the container is made.
    pub(super) async fn create(self, image: Resolved, network: Pending) -> Done {
        let since = Instant::now();
        let created = self.make(&image, network).await;
        self.took("create", since);
        Done::Created(self.at, created)
    }

    async fn make(&self, image: &Resolved, network: Pending) -> Result<Created, Failure> {
        let cannot =
            |error: &dyn ToString| Failure { code: None, reason: format!("CannotCreateContainerError: {}", error.to_string()) };
        let (task, Some(container)) = (&*self.task, self.task.containers.get(self.at)) else {
            return Err(cannot(&"the task has no such container"));
        };
        let initialized = |error| Failure { code: None, reason: format!("ResourceInitializationError: {error}") };
        let variables = environment_files::variables(self.shared.s3.as_ref(), container).await.map_err(initialized)?;
        let container = &acs::Container { environment: acs::Hidden(variables), ..container.clone() };
        let driver = self.driver()?;
        let etc = self.folder.etc(&container.name);
        let since = Instant::now();
        let (connection, bindings) = network.connection().await.map_err(|reason| Failure { code: None, reason })?;
        self.took("network", since);
        // As it is now: resolvers change with the places that a machine is at.
        let facts = unblocked(NodeFacts::read).await;
        let made = container_spec::of(task, container, image, &facts, &connection, driver.output(), &etc);
        let mut spec = made.map_err(|error| cannot(&error))?;
        spec.rootfs.layers.insert(0, self.shared.beneath.clone());
        self.place(&mut spec, container).await?;
        for lowered in container_spec::lowered(container, &facts).map_err(|error| cannot(&error))? {
            warn!(task = %self.folder.id(), container = container.name, "{lowered}");
        }
        let holder = self.folder.namespaces();
        container_spec::share(task, container, &mut spec, &holder).map_err(|error| cannot(&error))?;
        self.hold_namespaces(&spec).await.map_err(|error| cannot(&error))?;
        let files = container_spec::etc_files(task, container, &facts, &connection).map_err(|error| cannot(&error))?;
        let stop_signal = container_spec::stop_signal(container, &image.config).map_err(|error| cannot(&error))?;
        let group = container_spec::group(task);
        let runtime_id = spec.id.clone();
        let made = self.blocking(move |runtime, folder| {
            // What is left of an attempt that was cut off: nothing of it ever ran.
            if folder.exists() {
                runtime.delete(&folder)?;
            }
            let write = |source| RuntimeError::System { doing: format!("writing {}", etc.display()), source };
            files.write(&etc, spec.id_map).map_err(write)?;
            runtime.make_group(&group)?;
            runtime.create(&folder, &spec)
        });
        let (made, prepared) = tokio::join!(made, driver.prepare());
        made.map_err(|error| match error {
            RuntimeError::Specification { .. } => Failure { code: None, reason: format!("CannotStartContainerError: {error}") },
            _ => cannot(&error),
        })?;
        prepared.map_err(|error| Failure { code: None, reason: error.to_string() })?;
        Ok(Created { runtime_id, stop_signal, driver, bindings })
    }

    /// Makes the disk that a container's changes go to, where its task has one of its own, and the volumes that it mounts.
    async fn place(&self, spec: &mut ContainerSpec, container: &acs::Container) -> Result<(), Failure> {
        let failed = |kind: &str, error: &dyn ToString| Failure { code: None, reason: format!("{kind}: {}", error.to_string()) };
        if let Some(gib) = self.task.ephemeral_storage_gib {
            let (volumes, id, name) = (self.shared.volumes.clone(), self.folder.id().into_owned(), container.name.clone());
            let disk = unblocked(move || volumes.disk(&id, gib, &name)).await;
            spec.rootfs.changes = Some(disk.map_err(|error| failed("ResourceInitializationError", &error))?);
        }
        let mounts = volumes::mounts(&self.task, container).map_err(|error| failed("CannotCreateContainerError", &error))?;
        if !mounts.is_empty() {
            let (volumes, id) = (self.shared.volumes.clone(), self.folder.id().into_owned());
            let made = unblocked(move || volumes.prepare(&id, &mounts)).await;
            let made = made.map_err(|error| failed("CannotCreateVolumeError", &error))?;
            spec.binds = volumes::beside(made, std::mem::take(&mut spec.binds));
        }
        Ok(())
    }

    /// Makes what holds the namespaces that this container shares with others of its task, unless it is there.
    async fn hold_namespaces(&self, spec: &ContainerSpec) -> Result<(), RuntimeError> {
        let folder = self.folder.namespaces();
        let Some(spec) = container_spec::holder(&self.task, spec, &self.shared.beneath) else { return Ok(()) };
        let (runtime, group) = (Arc::clone(&self.shared.runtime), container_spec::group(&self.task));
        let _one = self.sharing.lock().await;
        let hold = move || {
            if matches!(runtime.look(&folder)?, Standing::Running { .. }) {
                return Ok(());
            }
            runtime.delete(&folder)?;
            let around = folder.parent().unwrap_or(&folder);
            let make = |source| RuntimeError::System { doing: format!("making {}", around.display()), source };
            std::fs::create_dir_all(around).map_err(make)?;
            runtime.make_group(&group)?;
            runtime.create(&folder, &spec)?;
            runtime.start(&folder).map(drop)
        };
        unblocked(hold).await
    }

    /// The driver that takes what the container writes.
    pub(super) fn driver(&self) -> Result<Driver, Failure> {
        let cannot = |error: &dyn ToString| Failure { code: None, reason: error.to_string() };
        let Some(container) = self.task.containers.get(self.at) else { return Err(cannot(&"the task has no such container")) };
        let host = container.docker_config.as_ref().and_then(|docker| docker.host_config.as_deref()).unwrap_or("{}");
        let host: HostConfig = serde_json::from_str(host).map_err(|error| cannot(&error))?;
        let context = Context {
            client: self.shared.client.clone(),
            wakes: Arc::clone(&self.shared.wakes),
            logs: self.shared.logs.clone(),
            task_id: self.folder.id().into_owned(),
            container: container.name.clone(),
            runtime_id: container_spec::runtime_id(&self.task, container),
        };
        Driver::of(&host, &context).map_err(|error| cannot(&error))
    }

    pub(super) async fn start(self) -> Done {
        let since = Instant::now();
        let standing = self.blocking(|runtime, folder| runtime.start(&folder)).await;
        self.took("start", since);
        self.trace_runtime();
        self.started(standing)
    }

    /// Starts a container that is over once more, in its place.
    pub(super) async fn restart(self) -> Done {
        let since = Instant::now();
        let standing = self.blocking(|runtime, folder| {
            runtime.recreate(&folder)?;
            runtime.start(&folder)
        });
        let standing = standing.await;
        self.took("restart", since);
        // Of a launch that is long over.
        self.shared.runtime.take_steps(&self.runtime_folder());
        self.started(standing)
    }

    fn started(&self, standing: Result<Standing, RuntimeError>) -> Done {
        let cannot =
            |code, what: &dyn ToString| Failure { code, reason: format!("CannotStartContainerError: {}", what.to_string()) };
        Done::Started(
            self.at,
            match standing {
                Ok(Standing::Running { started_at, .. }) => Ok(timestamp(started_at)),
                Ok(Standing::Ended(ended)) => Ok(timestamp(ended.started_at)),
                Ok(Standing::Lost { why }) => Err(cannot(None, &why)),
                Ok(Standing::Absent | Standing::Unsettled | Standing::Created) => Err(cannot(None, &"it is not there")),
                Err(error) => {
                    let code = if let RuntimeError::Program { code, .. } = error { Some(code) } else { None };
                    Err(cannot(code, &error))
                }
            },
        )
    }

    /// How the container stands.
    pub(super) async fn look(&self) -> Result<Standing, RuntimeError> {
        self.blocking(|runtime, folder| runtime.look(&folder)).await
    }

    /// Waits until the container is over.
    pub(super) async fn watch(self) -> Done {
        let over = |standing: &Standing| matches!(standing, Standing::Absent | Standing::Ended(_) | Standing::Lost { .. });
        let standing = self.wait(over).await;
        if let Standing::Lost { why } = &standing {
            warn!(task = %self.folder.id(), container = self.name(), why, "a container is lost");
            // Whoever held it is gone, it may go on for itself.
            if let Err(error) = self.blocking(|runtime, folder| runtime.signal(&folder, KILL)).await {
                warn!(task = %self.folder.id(), container = self.name(), %error, "ending a lost container");
            }
        }
        Done::Over(self.at, standing)
    }

    /// Waits until somebody who was at it when the agent was killed is done.
    pub(super) async fn settle(self) -> Done {
        Done::Settled(self.at, self.wait(|standing| *standing != Standing::Unsettled).await)
    }

    /// Looks again whenever something may have changed.
    async fn wait(&self, is_enough: fn(&Standing) -> bool) -> Standing {
        let mut backoff = Backoff::new(RETRY.0, RETRY.1, 2.0);
        loop {
            // The descriptor comes before the look: what happens in between makes it readable.
            let watched = self.blocking(|runtime, folder| runtime.watch(&folder)).await;
            match self.look().await {
                Ok(standing) if is_enough(&standing) => return standing,
                Ok(_) => {}
                Err(error) => {
                    error!(task = %self.folder.id(), container = self.name(), %error, "looking at a container");
                    sleep(backoff.delay()).await;
                    continue;
                }
            }
            match watched.map(|descriptor| descriptor.map(readable)) {
                Ok(Some(Ok(descriptor))) if descriptor.readable().await.is_ok() => {}
                _ => sleep(LOOK_AGAIN).await,
            }
        }
    }

    /// Says something to the control plane.
    pub(super) async fn submit(self, request: SubmitTaskStateChangeRequest, progress: Progress) -> Done {
        let since = Instant::now();
        // It is never closed.
        let _permit = self.shared.reports.acquire().await;
        let runs = request.status.as_deref() == Some("RUNNING");
        let outcome = self.shared.client.call(&request).await.map(drop);
        let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        debug!(task = %self.folder.id(), step = "report", micros);
        if runs {
            self.traced("report", since, true);
        }
        Done::Submitted(progress, outcome)
    }

    /// Sends a signal, however often it takes.
    pub(super) async fn signal(self, signal: i32) -> Done {
        let mut backoff = Backoff::new(RETRY.0, RETRY.1, 2.0);
        while let Err(error) = self.blocking(move |runtime, folder| runtime.signal(&folder, signal)).await {
            error!(task = %self.folder.id(), container = self.name(), signal, %error, "signalling a container");
            sleep(backoff.delay()).await;
        }
        Done::Signalled
    }
}

/// Waits for a descriptor in this runtime's own way.
#[expect(deprecated, reason = "an owned descriptor stays what it is, and what replaces this is unsafe")]
fn readable(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}

/// SIGKILL.
pub(super) const KILL: i32 = 9;

/// Runs what blocks on a thread that may.
pub(crate) async fn unblocked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // What panicked there panics here, and the actor is started again.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The process is about to end.
        Err(_) => std::future::pending().await,
    }
}
