//! Amazon ECS: clusters, task definitions, container instances, tasks.
//!
//! Every operation is a file that says what it does (`run`) and which resources it touches (`access`).

mod account_setting;
mod acts;
mod attribute;
mod capacity;
mod cluster;
mod container_instance;
mod create_cluster;
mod delete_account_setting;
mod delete_attributes;
mod delete_cluster;
mod delete_task_definitions;
mod deregister_container_instance;
mod deregister_task_definition;
mod describe_clusters;
mod describe_container_instances;
mod describe_task_definition;
mod describe_tasks;
mod discover_poll_endpoint;
mod failure;
mod fargate;
mod idempotency;
mod launch;
mod ledger;
mod list_account_settings;
mod list_attributes;
mod list_clusters;
mod list_container_instances;
mod list_tags_for_resource;
mod list_task_definition_families;
mod list_task_definitions;
mod list_tasks;
mod network;
mod overrides;
mod put_account_setting;
mod put_account_setting_default;
mod put_attributes;
mod put_cluster_capacity_providers;
mod register_container_instance;
mod register_task_definition;
mod revision;
mod run_task;
mod scope;
mod start_task;
mod stop_task;
mod subject;
mod submit_attachment_state_changes;
mod submit_container_state_change;
mod submit_task_state_change;
mod tag_resource;
mod tagged;
mod tags;
mod task;
mod task_definition;
mod untag_resource;
mod update_cluster;
mod update_cluster_settings;
mod update_container_agent;
mod update_container_instances_state;

use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use berth_api::ecs::{self as api, Ecs};
use berth_api::{Call, Refusal, Target};
use berth_model::{Region, RegionError, Timestamp};
use berth_store::{Store, Transaction, UpdateError};
use ipnet::Ipv4Net;

use crate::ids::RandomIds;
use crate::vpc::{self, CidrError, DefaultVpc};

/// ECS over a store.
#[derive(Debug)]
pub struct EcsService {
    store: Store,
}

impl EcsService {
    /// ECS over this store.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Makes the cluster `default` in a region where there has been none.
    ///
    /// # Errors
    /// The region's name is none, or the store has stopped.
    pub async fn make_default_cluster(&self, region: &str) -> Result<(), BootstrapError> {
        let region = Region::new(region)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp::EPOCH + now;
        let make = |tx: &mut Transaction| {
            cluster::make_default(tx, region, now);
            Ok::<(), Infallible>(())
        };
        Ok(self.store.update(make).await?)
    }

    /// The default VPC of a region, made with these addresses where there has been none.
    ///
    /// # Errors
    /// The region's name or the block of addresses is none, or the store has stopped.
    pub async fn make_default_vpc(&self, region: &str, cidr: Ipv4Net) -> Result<DefaultVpc, BootstrapError> {
        let region = Region::new(region)?;
        let mut ids = RandomIds::seeded()?;
        Ok(self.store.update(|tx| vpc::make_default(tx, region, cidr, &mut ids)).await?)
    }

    /// Runs an update; what the store itself refuses is an internal failure.
    async fn update<T>(&self, run: impl FnOnce(&mut Transaction) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.store.update(run).await.map_err(|error| match error {
            UpdateError::Aborted(refusal) => refusal,
            UpdateError::TooManyRows(rows) => Refusal::internal(&api::SERVICE, format!("one update would write {rows} rows")),
            UpdateError::TooManyBytes(bytes) => Refusal::internal(&api::SERVICE, format!("one update would write {bytes} bytes")),
            UpdateError::Encoding(cause) => Refusal::internal(&api::SERVICE, cause),
            UpdateError::Failed(cause) => Refusal::internal(&api::SERVICE, cause),
            UpdateError::Closed => Refusal::internal(&api::SERVICE, "the store is closed"),
        })
    }
}

/// Why a region does not have what it comes with.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The kernel has no random bytes for ids.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
    /// The block of addresses is refused, or the store has stopped.
    #[error(transparent)]
    Vpc(#[from] UpdateError<CidrError>),
    /// No region has such a name.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// The store has stopped.
    #[error(transparent)]
    Store(#[from] UpdateError<Infallible>),
}

/// Binds an operation of the handler to its file. `update` awaits the store, `read` does not.
macro_rules! operation {
    (update $run:ident, $access:ident: $input:ident -> $output:ident) => {
        async fn $run(&self, call: &Call, input: api::$input) -> Result<api::$output, Refusal> {
            $run::run(self, call, input).await
        }

        operation!(access $run, $access: $input);
    };
    (read $run:ident, $access:ident: $input:ident -> $output:ident) => {
        async fn $run(&self, call: &Call, input: api::$input) -> Result<api::$output, Refusal> {
            $run::run(self, call, input)
        }

        operation!(access $run, $access: $input);
    };
    (access $run:ident, $access:ident: $input:ident) => {
        fn $access(&self, call: &Call, input: &api::$input) -> Vec<Target> {
            $run::access(self, call, input)
        }
    };
}

impl Ecs for EcsService {
    operation!(update delete_account_setting, access_delete_account_setting: DeleteAccountSettingRequest -> DeleteAccountSettingResponse);
    operation!(update delete_attributes, access_delete_attributes: DeleteAttributesRequest -> DeleteAttributesResponse);
    operation!(read list_account_settings, access_list_account_settings: ListAccountSettingsRequest -> ListAccountSettingsResponse);
    operation!(read list_attributes, access_list_attributes: ListAttributesRequest -> ListAttributesResponse);
    operation!(read list_tags_for_resource, access_list_tags_for_resource: ListTagsForResourceRequest -> ListTagsForResourceResponse);
    operation!(update put_account_setting, access_put_account_setting: PutAccountSettingRequest -> PutAccountSettingResponse);
    operation!(update put_account_setting_default, access_put_account_setting_default: PutAccountSettingDefaultRequest -> PutAccountSettingDefaultResponse);
    operation!(update put_attributes, access_put_attributes: PutAttributesRequest -> PutAttributesResponse);
    operation!(update put_cluster_capacity_providers, access_put_cluster_capacity_providers: PutClusterCapacityProvidersRequest -> PutClusterCapacityProvidersResponse);
    operation!(update submit_container_state_change, access_submit_container_state_change: SubmitContainerStateChangeRequest -> SubmitContainerStateChangeResponse);
    operation!(update tag_resource, access_tag_resource: TagResourceRequest -> TagResourceResponse);
    operation!(update untag_resource, access_untag_resource: UntagResourceRequest -> UntagResourceResponse);
    operation!(update update_cluster, access_update_cluster: UpdateClusterRequest -> UpdateClusterResponse);
    operation!(update update_cluster_settings, access_update_cluster_settings: UpdateClusterSettingsRequest -> UpdateClusterSettingsResponse);
    operation!(read update_container_agent, access_update_container_agent: UpdateContainerAgentRequest -> UpdateContainerAgentResponse);
    operation!(update update_container_instances_state, access_update_container_instances_state: UpdateContainerInstancesStateRequest -> UpdateContainerInstancesStateResponse);

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

    async fn describe_clusters(
        &self,
        call: &Call,
        input: api::DescribeClustersRequest,
    ) -> Result<api::DescribeClustersResponse, Refusal> {
        describe_clusters::run(self, call, input)
    }

    fn access_describe_clusters(&self, call: &Call, input: &api::DescribeClustersRequest) -> Vec<Target> {
        describe_clusters::access(self, call, input)
    }

    async fn register_task_definition(
        &self,
        call: &Call,
        input: api::RegisterTaskDefinitionRequest,
    ) -> Result<api::RegisterTaskDefinitionResponse, Refusal> {
        register_task_definition::run(self, call, input).await
    }

    fn access_register_task_definition(&self, call: &Call, input: &api::RegisterTaskDefinitionRequest) -> Vec<Target> {
        register_task_definition::access(call, input)
    }

    async fn describe_task_definition(
        &self,
        call: &Call,
        input: api::DescribeTaskDefinitionRequest,
    ) -> Result<api::DescribeTaskDefinitionResponse, Refusal> {
        describe_task_definition::run(self, call, input)
    }

    async fn deregister_task_definition(
        &self,
        call: &Call,
        input: api::DeregisterTaskDefinitionRequest,
    ) -> Result<api::DeregisterTaskDefinitionResponse, Refusal> {
        deregister_task_definition::run(self, call, input).await
    }

    async fn delete_task_definitions(
        &self,
        call: &Call,
        input: api::DeleteTaskDefinitionsRequest,
    ) -> Result<api::DeleteTaskDefinitionsResponse, Refusal> {
        delete_task_definitions::run(self, call, input).await
    }

    fn access_delete_task_definitions(&self, call: &Call, input: &api::DeleteTaskDefinitionsRequest) -> Vec<Target> {
        delete_task_definitions::access(self, call, input)
    }

    async fn list_task_definitions(
        &self,
        call: &Call,
        input: api::ListTaskDefinitionsRequest,
    ) -> Result<api::ListTaskDefinitionsResponse, Refusal> {
        list_task_definitions::run(self, call, input)
    }

    async fn list_task_definition_families(
        &self,
        call: &Call,
        input: api::ListTaskDefinitionFamiliesRequest,
    ) -> Result<api::ListTaskDefinitionFamiliesResponse, Refusal> {
        list_task_definition_families::run(self, call, input)
    }

    async fn list_clusters(&self, call: &Call, input: api::ListClustersRequest) -> Result<api::ListClustersResponse, Refusal> {
        list_clusters::run(self, call, input)
    }

    async fn register_container_instance(
        &self,
        call: &Call,
        input: api::RegisterContainerInstanceRequest,
    ) -> Result<api::RegisterContainerInstanceResponse, Refusal> {
        register_container_instance::run(self, call, input).await
    }

    fn access_register_container_instance(&self, call: &Call, input: &api::RegisterContainerInstanceRequest) -> Vec<Target> {
        register_container_instance::access(self, call, input)
    }

    async fn deregister_container_instance(
        &self,
        call: &Call,
        input: api::DeregisterContainerInstanceRequest,
    ) -> Result<api::DeregisterContainerInstanceResponse, Refusal> {
        deregister_container_instance::run(self, call, input).await
    }

    fn access_deregister_container_instance(&self, call: &Call, input: &api::DeregisterContainerInstanceRequest) -> Vec<Target> {
        deregister_container_instance::access(self, call, input)
    }

    async fn describe_container_instances(
        &self,
        call: &Call,
        input: api::DescribeContainerInstancesRequest,
    ) -> Result<api::DescribeContainerInstancesResponse, Refusal> {
        describe_container_instances::run(self, call, input)
    }

    fn access_describe_container_instances(&self, call: &Call, input: &api::DescribeContainerInstancesRequest) -> Vec<Target> {
        describe_container_instances::access(self, call, input)
    }

    async fn list_container_instances(
        &self,
        call: &Call,
        input: api::ListContainerInstancesRequest,
    ) -> Result<api::ListContainerInstancesResponse, Refusal> {
        list_container_instances::run(self, call, input)
    }

    fn access_list_container_instances(&self, call: &Call, input: &api::ListContainerInstancesRequest) -> Vec<Target> {
        list_container_instances::access(self, call, input)
    }

    async fn discover_poll_endpoint(
        &self,
        call: &Call,
        input: api::DiscoverPollEndpointRequest,
    ) -> Result<api::DiscoverPollEndpointResponse, Refusal> {
        discover_poll_endpoint::run(self, call, input)
    }

    fn access_discover_poll_endpoint(&self, call: &Call, input: &api::DiscoverPollEndpointRequest) -> Vec<Target> {
        discover_poll_endpoint::access(self, call, input)
    }

    async fn submit_task_state_change(
        &self,
        call: &Call,
        input: api::SubmitTaskStateChangeRequest,
    ) -> Result<api::SubmitTaskStateChangeResponse, Refusal> {
        submit_task_state_change::run(self, call, input).await
    }

    fn access_submit_task_state_change(&self, call: &Call, input: &api::SubmitTaskStateChangeRequest) -> Vec<Target> {
        submit_task_state_change::access(self, call, input)
    }

    async fn submit_attachment_state_changes(
        &self,
        call: &Call,
        input: api::SubmitAttachmentStateChangesRequest,
    ) -> Result<api::SubmitAttachmentStateChangesResponse, Refusal> {
        submit_attachment_state_changes::run(self, call, input).await
    }

    fn access_submit_attachment_state_changes(
        &self,
        call: &Call,
        input: &api::SubmitAttachmentStateChangesRequest,
    ) -> Vec<Target> {
        submit_attachment_state_changes::access(self, call, input)
    }

    async fn run_task(&self, call: &Call, input: api::RunTaskRequest) -> Result<api::RunTaskResponse, Refusal> {
        run_task::run(self, call, input).await
    }

    fn access_run_task(&self, call: &Call, input: &api::RunTaskRequest) -> Vec<Target> {
        run_task::access(self, call, input)
    }

    async fn start_task(&self, call: &Call, input: api::StartTaskRequest) -> Result<api::StartTaskResponse, Refusal> {
        start_task::run(self, call, input).await
    }

    fn access_start_task(&self, call: &Call, input: &api::StartTaskRequest) -> Vec<Target> {
        start_task::access(self, call, input)
    }

    async fn stop_task(&self, call: &Call, input: api::StopTaskRequest) -> Result<api::StopTaskResponse, Refusal> {
        stop_task::run(self, call, input).await
    }

    fn access_stop_task(&self, call: &Call, input: &api::StopTaskRequest) -> Vec<Target> {
        stop_task::access(self, call, input)
    }

    async fn describe_tasks(&self, call: &Call, input: api::DescribeTasksRequest) -> Result<api::DescribeTasksResponse, Refusal> {
        describe_tasks::run(self, call, input)
    }

    fn access_describe_tasks(&self, call: &Call, input: &api::DescribeTasksRequest) -> Vec<Target> {
        describe_tasks::access(self, call, input)
    }

    async fn list_tasks(&self, call: &Call, input: api::ListTasksRequest) -> Result<api::ListTasksResponse, Refusal> {
        list_tasks::run(self, call, input)
    }

    fn access_list_tasks(&self, call: &Call, input: &api::ListTasksRequest) -> Vec<Target> {
        list_tasks::access(self, call, input)
    }
}
