//! Amazon ECS: clusters, task definitions, container instances, tasks.
//!
//! Every operation is a file that says what it does (`run`) and which resources it touches (`access`).

mod capacity;
mod cluster;
mod create_cluster;
mod delete_cluster;
mod describe_clusters;
mod failure;
mod list_clusters;
mod scope;
mod tags;
mod task_definition;

use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use berth_api::ecs::{self as api, Ecs};
use berth_api::{Call, Refusal, Target};
use berth_model::{Region, RegionError, Timestamp};
use berth_store::{Store, UpdateError};

/// Where agents find the streams of the agent protocol.
#[derive(Debug, Clone)]
pub struct PollEndpoints {
    control: String,
    telemetry: String,
}

impl PollEndpoints {
    /// Below the base URL of this control plane, such as `http://127.0.0.1:7300`.
    #[must_use]
    pub fn at(base: &str) -> Self {
        Self { control: format!("{base}/_berth/acs"), telemetry: format!("{base}/_berth/tcs") }
    }
}

/// ECS over a store.
#[derive(Debug)]
pub struct EcsService {
    store: Store,
    endpoints: PollEndpoints,
}

impl EcsService {
    /// ECS over this store.
    #[must_use]
    pub const fn new(store: Store, endpoints: PollEndpoints) -> Self {
        Self { store, endpoints }
    }

    /// Makes the cluster `default` in a region where there has been none.
    ///
    /// # Errors
    /// The region's name is none, or the store has stopped.
    pub async fn make_default_cluster(&self, region: &str) -> Result<(), BootstrapError> {
        let region = Region::new(region)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp::EPOCH + now;
        self.store.update(|tx| Ok(cluster::make_default(tx, region, now))).await?;
        Ok(())
    }

    /// Runs an update; what the store itself refuses is an internal failure.
    async fn update<T>(&self, run: impl FnOnce(&mut berth_store::Transaction) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.store.update(run).await.map_err(|error| match error {
            UpdateError::Aborted(refusal) => refusal,
            UpdateError::TooManyRows(rows) => Refusal::internal(&api::SERVICE, format!("one update would write {rows} rows")),
            UpdateError::Encoding(cause) => Refusal::internal(&api::SERVICE, cause),
            UpdateError::Failed(cause) => Refusal::internal(&api::SERVICE, cause),
            UpdateError::Closed => Refusal::internal(&api::SERVICE, "the store is closed"),
        })
    }
}

/// Why a region has no default cluster.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// No region has such a name.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// The store has stopped.
    #[error(transparent)]
    Store(#[from] UpdateError<Infallible>),
}

impl Ecs for EcsService {
    async fn create_cluster(&self, call: &Call, input: api::CreateClusterRequest) -> Result<api::CreateClusterResponse, Refusal> {
        create_cluster::run(self, call, input).await
    }

    fn access_create_cluster(&self, call: &Call, input: &api::CreateClusterRequest) -> Vec<Target> {
        create_cluster::access(call, input)
    }

    async fn delete_cluster(&self, call: &Call, input: api::DeleteClusterRequest) -> Result<api::DeleteClusterResponse, Refusal> {
        delete_cluster::run(self, call, input).await
    }

    fn access_delete_cluster(&self, call: &Call, input: &api::DeleteClusterRequest) -> Vec<Target> {
        delete_cluster::access(self, call, input)
    }

    async fn describe_clusters(&self, call: &Call, input: api::DescribeClustersRequest) -> Result<api::DescribeClustersResponse, Refusal> {
        describe_clusters::run(self, call, input)
    }

    fn access_describe_clusters(&self, call: &Call, input: &api::DescribeClustersRequest) -> Vec<Target> {
        describe_clusters::access(self, call, input)
    }

    async fn list_clusters(&self, call: &Call, input: api::ListClustersRequest) -> Result<api::ListClustersResponse, Refusal> {
        list_clusters::run(self, call, input)
    }
}
