//! A whole control plane in this process: the real door, services, loops and hub, over a store in memory and logs in a folder.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use berth_api::Caller;
use berth_api::ecs::EcsDoor;
use berth_api::logs::LogsDoor;
use berth_controllers::{Hub, StreamKind};
use berth_front::{AuditRecord, AuditSink, Callers, Credential, Door, Limits, Streams, Views};
use berth_iam::{OWNER_KEY, Principal};
use berth_services::vpc::{DEFAULT_CIDR, DefaultVpc};
use berth_services::{EcsService, LogsService, Placements};
use berth_store::backend::Memory;
use berth_store::{Options, Store};
use berth_telemetry::logs::{self, LogStore};
use berth_wire::Sensitive;
use prometheus_client::registry::Registry;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use berth_controllers::Timing;

use crate::aws::AwsClient;

/// The account of every plane.
pub const ACCOUNT: &str = "000000000000";
/// The region of every plane.
pub const REGION: &str = "us-east-1";
/// Root's key id.
const ROOT: &str = "AKIAROOTROOTROOTROOT";

/// A running control plane. It ends with the runtime, or in good order with [`Plane::close`].
#[derive(Debug)]
pub struct Plane {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its state.
    pub store: Store,
    /// The network of its region.
    pub network: DefaultVpc,
    log_folder: Arc<TempDir>,
    logs: LogStore,
    close: watch::Sender<bool>,
    running: Vec<JoinHandle<()>>,
}

impl Plane {
    /// Starts one on a port of its own.
    ///
    /// # Errors
    /// No port is free, or the account or region is none.
    pub async fn start(timing: Timing) -> Result<Self> {
        let store =
            Store::open(Memory::default(), Options::new("test").derive(Placements::default())).context("opening the store")?;
        Self::over(store, timing).await
    }

    /// Starts one over a store, such as that of a plane that was closed.
    ///
    /// # Errors
    /// As [`Plane::start`].
    pub async fn over(store: Store, timing: Timing) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listening")?;
        Self::at(listener, store, Arc::new(tempfile::tempdir()?), timing).await
    }

    /// Ends it and starts it again at the same address, with all it knew, when `meanwhile` is over.
    ///
    /// # Errors
    /// As [`Plane::start`].
    pub async fn restart(self, timing: Timing, meanwhile: impl Future<Output = ()>) -> Result<Self> {
        let (address, log_folder) = (self.address, Arc::clone(&self.log_folder));
        let store = self.close().await?;
        meanwhile.await;
        let listener = TcpListener::bind(address).await.context("listening again")?;
        Self::at(listener, store, log_folder, timing).await
    }

    async fn at(listener: TcpListener, store: Store, log_folder: Arc<TempDir>, timing: Timing) -> Result<Self> {
        let address = listener.local_addr()?;
        let logs = LogStore::open(log_folder.path(), logs::Options::default()).context("opening the log store")?;
        let ecs = EcsService::new(store.clone());
        ecs.make_default_cluster(REGION).await?;
        let network = ecs.make_default_vpc(REGION, DEFAULT_CIDR.parse()?).await?;
        let mut registry = Registry::default();
        let hub = Hub::new(store.clone(), ACCOUNT.parse()?, timing, &mut registry);
        let door = Door::new(ACCOUNT, Limits::default(), Keys, Nowhere, &mut registry)
            .with_service(EcsDoor(Arc::new(ecs)))
            .with_service(LogsDoor(Arc::new(LogsService::new(store.clone(), logs.clone()))));
        let authenticator = door.authenticator();
        let streams = |kind| Streams::new(Arc::clone(&authenticator), hub.streams(kind, OWNER_KEY));
        let door = door
            .with_mount(streams(StreamKind::Control))
            .with_mount(streams(StreamKind::Telemetry))
            .with_mount(Views::new(Arc::clone(&authenticator), hub.usage()))
            .with_mount(Views::new(Arc::clone(&authenticator), hub.why(Placements::of)));
        let (close, closing) = watch::channel(false);
        let running = vec![
            tokio::spawn(berth_controllers::run(store.clone(), Placements::of, closing.clone())),
            tokio::spawn(berth_front::serve(Arc::new(door), listener, closing.clone())),
            tokio::spawn(async move { hub.run(closing).await }),
        ];
        Ok(Self { address, store, network, log_folder, logs, close, running })
    }

    /// A client that signs as root.
    #[must_use]
    pub fn root(&self) -> AwsClient {
        AwsClient::new(self.address, REGION, ROOT, &secret(ROOT))
    }

    /// A client that signs with the key of a node, of whatever name.
    #[must_use]
    pub fn node(&self, name: &str) -> AwsClient {
        let key_id = format!("AKIANODE{name}");
        AwsClient::new(self.address, REGION, &key_id, &secret(&key_id))
    }

    /// Ends it as a signal would.
    ///
    /// # Errors
    /// A part of it panicked.
    pub async fn close(self) -> Result<Store> {
        self.close.send_replace(true);
        for part in self.running {
            part.await?;
        }
        self.logs.close().await.map_err(|failure| anyhow::anyhow!("closing the log store: {failure:?}"))?;
        Ok(self.store)
    }
}

fn secret(key_id: &str) -> String {
    format!("the secret of {key_id}")
}

/// Knows root's key, and any key that says it is a node's.
#[derive(Debug)]
struct Keys;

impl Callers for Keys {
    fn find(&self, key_id: &str) -> Option<Credential> {
        let principal = match key_id {
            ROOT => Principal::Root,
            _ => Principal::Node { key_id: key_id.strip_prefix("AKIANODE").map(|_| key_id.to_owned())? },
        };
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/{key_id}");
        Some(Credential {
            secret: Arc::new(Sensitive::new(secret(key_id))),
            caller: Arc::new(Caller { arn, user_id: key_id.to_owned(), key_id: key_id.to_owned() }),
            principal: Arc::new(principal),
        })
    }
}

/// Forgets all records.
#[derive(Debug)]
struct Nowhere;

impl AuditSink for Nowhere {
    fn record(&self, _: &AuditRecord<'_>) {}
}
