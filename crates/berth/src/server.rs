//! The control plane: state, services and door, wired together.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use berth_api::ecs::EcsDoor;
use berth_api::logs::LogsDoor;
use berth_api::sts::StsDoor;
use berth_controllers::{Hub, StreamKind, Timing};
use berth_front::{AuditRecord, AuditSink, Door, Limits, Streams, Views};
use berth_iam::OWNER_KEY;
use berth_model::AccountId;
use berth_services::vpc;
use berth_services::{EcsService, LogsService, Placements, StsService};
use berth_store::backend::Sqlite;
use berth_store::{Options, Store};
use berth_telemetry::logs::{self, LogStore};
use ipnet::Ipv4Net;
use nix::unistd::getppid;
use prometheus_client::registry::Registry;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{debug, error, info};

use crate::cli::Plane;
use crate::keys::KeyRing;
use crate::launches::{self, Part};
use crate::{confinement, log_expiry, mounts, network};

/// What a control plane is told.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    account: AccountId,
    region: String,
    vpc_cidr: Ipv4Net,
    supervised: bool,
}

impl Settings {
    /// Checks what the command line says.
    pub(crate) fn of(plane: &Plane) -> Result<Self> {
        let account = plane
            .account_id
            .parse()
            .with_context(|| format!("--account-id {}: an account id has 12 digits", plane.account_id))?;
        berth_model::Region::new(&plane.region).with_context(|| format!("--region {}", plane.region))?;
        let vpc_cidr = plane.vpc_cidr.map_or_else(|| vpc::DEFAULT_CIDR.parse().context("reading the default VPC"), Ok)?;
        let vpc_cidr = vpc::checked(vpc_cidr).context("--vpc-cidr")?;
        Ok(Self { account, region: plane.region.clone(), vpc_cidr, supervised: false })
    }

    /// The same, for a control plane that ends with the process that started it: an orphan would keep the database from the
    /// next one.
    pub(crate) fn supervised(self) -> Self {
        Self { supervised: true, ..self }
    }
}

/// Serves until a signal ends it or the store fails. With `user`, the server's folder becomes its root and it that user,
/// before anything is read or a request is parsed.
pub(crate) fn run(
    settings: Settings,
    listener: TcpListener,
    folder: &Path,
    installation: &str,
    user: Option<(u32, u32)>,
) -> Result<()> {
    let parent = getppid();
    let folder = match user {
        Some(user) => {
            confinement::enter(folder, user)?;
            PathBuf::from("/")
        }
        None => folder.to_path_buf(),
    };
    if settings.supervised {
        confinement::end_with(parent)?;
    }
    launches::keep(&folder, Part::ControlPlane);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(serve(settings, listener, &folder, installation))
}

async fn serve(settings: Settings, listener: TcpListener, folder: &Path, installation: &str) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let address = listener.local_addr().context("asking for the listening address")?;
    listener.set_nonblocking(true).context("preparing the listening socket")?;
    let listener = tokio::net::TcpListener::from_std(listener).context("preparing the listening socket")?;

    let backend = Sqlite::open(&folder.join("berth.db"), installation).context("opening the database")?;
    let store = Store::open(backend, Options::new("server").derive(Placements::default())).context("opening the store")?;
    let log_store = LogStore::open(&folder.join("logs"), logs::Options::default()).context("opening the log store")?;
    let logs = Arc::new(LogsService::new(store.clone(), log_store.clone()));
    logs.forget_deleted_groups().await.context("deleting what is left of deleted log groups")?;
    let ecs = EcsService::new(store.clone());
    ecs.make_default_cluster(&settings.region).await.context("making the default cluster")?;
    let vpc = ecs.make_default_vpc(&settings.region, settings.vpc_cidr).await.context("making the default VPC")?;
    info!(id = %vpc.vpc.id, cidr = %vpc.vpc.cidr, "task networks are in this VPC");
    network::announce(folder, &vpc)?;
    let mut registry = Registry::with_prefix("berth");
    let hub = Hub::new(store.clone(), settings.account, Timing::default(), &mut registry);
    let keys = KeyRing::load(folder, &settings.account.to_string())?;
    let door = Arc::new(door(&settings, ecs, Arc::clone(&logs), keys, &hub, registry));

    let (close, closing) = watch::channel(false);
    let loops = tokio::spawn(berth_controllers::run(store.clone(), Placements::of, closing.clone()));
    let agents = tokio::spawn({
        let closing = closing.clone();
        async move { hub.run(closing).await }
    });
    let expiry = tokio::spawn(log_expiry::run(logs, closing.clone()));
    let serving = tokio::spawn(berth_front::serve(door, listener, closing));
    info!(listen = %address, version = env!("CARGO_PKG_VERSION"), "serving");
    let failed = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        failure = store.failed() => Some(failure.to_string()),
        failure = log_store.failed() => Some(failure.to_string()),
    };
    close.send_replace(true);
    serving.await.context("closing the door")?;
    agents.await.context("closing the streams of agents")?;
    loops.await.context("ending the loops")?;
    expiry.await.context("ending the deletion of expired logs")?;
    if let Some(failure) = failed {
        error!(%failure, "storage failed; the server stops");
        bail!("{failure}");
    }
    log_store.close().await.context("closing the log store")?;
    store.close().await.context("closing the store")?;
    info!("ended");
    Ok(())
}

fn door(
    settings: &Settings,
    ecs: EcsService,
    logs: Arc<LogsService>,
    callers: KeyRing,
    hub: &Hub,
    mut registry: Registry,
) -> Door {
    let account = settings.account.to_string();
    let door = Door::new(account, Limits::default(), callers, AuditLog, &mut registry);
    let authenticator = door.authenticator();
    let streams = |kind| Streams::new(Arc::clone(&authenticator), hub.streams(kind, OWNER_KEY));
    door.with_service(EcsDoor(Arc::new(ecs)))
        .with_service(LogsDoor(logs))
        .with_service(StsDoor(Arc::new(StsService)))
        .with_mount(streams(StreamKind::Control))
        .with_mount(streams(StreamKind::Telemetry))
        .with_mount(Views::new(Arc::clone(&authenticator), hub.usage()))
        .with_mount(Views::new(Arc::clone(&authenticator), hub.why(Placements::of)))
        .with_mount(mounts::Health)
        .with_mount(mounts::Metrics(Arc::new(Mutex::new(registry))))
}

/// Audit records go to the log until there is a store for them: `--log-level info,audit=debug` shows them.
#[derive(Debug)]
struct AuditLog;

impl AuditSink for AuditLog {
    fn record(&self, record: &AuditRecord<'_>) {
        let caller = record.caller.map(|caller| caller.arn.as_str());
        debug!(
            target: "audit",
            request_id = record.request_id,
            at = record.at,
            service = record.service,
            operation = record.operation,
            region = record.region,
            caller,
            source = record.source,
            user_agent = record.user_agent,
            status = record.status,
            error = record.error,
        );
    }
}
