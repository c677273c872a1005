//! Amazon ECS: clusters, task definitions, container instances, tasks.
//!
//! Every operation is a file that says what it does (`run`) and which resources it touches (`access`).

mod account_setting;
mod acts;
mod altered;
mod asked;
mod attribute;
mod capacity;
mod capacity_provider;
mod cluster;
mod constraints;
mod container_instance;
mod continue_service_deployment;
mod create_capacity_provider;
mod create_cluster;
mod create_daemon;
mod create_service;
mod create_task_set;
mod daemon;
mod delete_account_setting;
mod delete_attributes;
mod delete_capacity_provider;
mod delete_cluster;
mod delete_daemon;
mod delete_daemon_task_definition;
mod delete_service;
mod delete_task_definitions;
mod delete_task_set;
mod deregister_container_instance;
mod deregister_task_definition;
mod describe_capacity_providers;
mod describe_clusters;
mod describe_container_instances;
mod describe_daemon;
mod describe_daemon_deployments;
mod describe_daemon_revisions;
mod describe_daemon_task_definition;
mod describe_service_deployments;
mod describe_service_revisions;
mod describe_services;
mod describe_task_definition;
mod describe_task_sets;
mod describe_tasks;
mod discover_poll_endpoint;
mod failure;
mod fargate;
mod get_task_protection;
mod idempotency;
mod launch;
mod ledger;
mod list_account_settings;
mod list_attributes;
mod list_clusters;
mod list_container_instances;
mod list_daemon_deployments;
mod list_daemon_task_definitions;
mod list_daemons;
mod list_service_deployments;
mod list_services;
mod list_services_by_namespace;
mod list_tags_for_resource;
mod list_task_definition_families;
mod list_task_definitions;
mod list_tasks;
mod network;
mod offline;
mod overrides;
mod placements;
mod protection;
mod put_account_setting;
mod put_account_setting_default;
mod put_attributes;
mod put_cluster_capacity_providers;
mod register_container_instance;
mod register_daemon_task_definition;
mod register_task_definition;
mod revision;
mod run_task;
mod scope;
mod service;
mod service_deployment;
mod start_task;
mod stop_service_deployment;
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
mod task_set;
mod traced;
mod untag_resource;
mod update_capacity_provider;
mod update_cluster;
mod update_cluster_settings;
mod update_container_agent;
mod update_container_instances_state;
mod update_daemon;
mod update_service;
mod update_service_primary_task_set;
mod update_task_protection;
mod update_task_set;

pub use placements::Placements;

use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use berth_api::ecs::{self as api, Ecs};
use berth_api::{Call, Refusal, Target};
use berth_model::{Region, RegionError, Timestamp};
use berth_store::{Store, Transaction, UpdateError};
use ipnet::Ipv4Net;

use crate::ids::RandomIds;
use crate::vpc::{self, CidrError, DefaultVpc};

pub use offline::{Unsupported, check_task_definition};

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

/// Binds an operation of the handler to its file. `update` awaits the store, `read` does not; an operation without `access`
/// names no resource.
macro_rules! operation {
    (update $run:ident: $input:ident -> $output:ident) => {
        async fn $run(&self, call: &Call, input: api::$input) -> Result<api::$output, Refusal> {
            $run::run(self, call, input).await
        }
    };
    (read $run:ident: $input:ident -> $output:ident) => {
        async fn $run(&self, call: &Call, input: api::$input) -> Result<api::$output, Refusal> {
            $run::run(self, call, input)
        }
    };
    ($kind:ident $run:ident, $access:ident: $input:ident -> $output:ident) => {
        operation!($kind $run: $input -> $output);

        fn $access(&self, call: &Call, input: &api::$input) -> Vec<Target> {
            $run::access(self, call, input)
        }
    };
}

impl Ecs for EcsService {
    operation!(update continue_service_deployment, access_continue_service_deployment: ContinueServiceDeploymentRequest -> ContinueServiceDeploymentResponse);
    operation!(update create_capacity_provider, access_create_capacity_provider: CreateCapacityProviderRequest -> CreateCapacityProviderResponse);
    operation!(update create_cluster, access_create_cluster: CreateClusterRequest -> CreateClusterResponse);
    operation!(update create_daemon, access_create_daemon: CreateDaemonRequest -> CreateDaemonResponse);
    operation!(update create_service, access_create_service: CreateServiceRequest -> CreateServiceResponse);
    operation!(update create_task_set, access_create_task_set: CreateTaskSetRequest -> CreateTaskSetResponse);
    operation!(update delete_account_setting, access_delete_account_setting: DeleteAccountSettingRequest -> DeleteAccountSettingResponse);
    operation!(update delete_attributes, access_delete_attributes: DeleteAttributesRequest -> DeleteAttributesResponse);
    operation!(update delete_capacity_provider, access_delete_capacity_provider: DeleteCapacityProviderRequest -> DeleteCapacityProviderResponse);
    operation!(update delete_cluster, access_delete_cluster: DeleteClusterRequest -> DeleteClusterResponse);
    operation!(update delete_daemon, access_delete_daemon: DeleteDaemonRequest -> DeleteDaemonResponse);
    operation!(update delete_daemon_task_definition, access_delete_daemon_task_definition: DeleteDaemonTaskDefinitionRequest -> DeleteDaemonTaskDefinitionResponse);
    operation!(update delete_service, access_delete_service: DeleteServiceRequest -> DeleteServiceResponse);
    operation!(update delete_task_definitions, access_delete_task_definitions: DeleteTaskDefinitionsRequest -> DeleteTaskDefinitionsResponse);
    operation!(update delete_task_set, access_delete_task_set: DeleteTaskSetRequest -> DeleteTaskSetResponse);
    operation!(update deregister_container_instance, access_deregister_container_instance: DeregisterContainerInstanceRequest -> DeregisterContainerInstanceResponse);
    operation!(update deregister_task_definition: DeregisterTaskDefinitionRequest -> DeregisterTaskDefinitionResponse);
    operation!(read describe_capacity_providers, access_describe_capacity_providers: DescribeCapacityProvidersRequest -> DescribeCapacityProvidersResponse);
    operation!(read describe_clusters, access_describe_clusters: DescribeClustersRequest -> DescribeClustersResponse);
    operation!(read describe_container_instances, access_describe_container_instances: DescribeContainerInstancesRequest -> DescribeContainerInstancesResponse);
    operation!(read describe_daemon, access_describe_daemon: DescribeDaemonRequest -> DescribeDaemonResponse);
    operation!(read describe_daemon_deployments, access_describe_daemon_deployments: DescribeDaemonDeploymentsRequest -> DescribeDaemonDeploymentsResponse);
    operation!(read describe_daemon_revisions, access_describe_daemon_revisions: DescribeDaemonRevisionsRequest -> DescribeDaemonRevisionsResponse);
    operation!(read describe_daemon_task_definition, access_describe_daemon_task_definition: DescribeDaemonTaskDefinitionRequest -> DescribeDaemonTaskDefinitionResponse);
    operation!(read describe_service_deployments, access_describe_service_deployments: DescribeServiceDeploymentsRequest -> DescribeServiceDeploymentsResponse);
    operation!(read describe_service_revisions, access_describe_service_revisions: DescribeServiceRevisionsRequest -> DescribeServiceRevisionsResponse);
    operation!(read describe_services, access_describe_services: DescribeServicesRequest -> DescribeServicesResponse);
    operation!(read describe_task_definition: DescribeTaskDefinitionRequest -> DescribeTaskDefinitionResponse);
    operation!(read describe_task_sets, access_describe_task_sets: DescribeTaskSetsRequest -> DescribeTaskSetsResponse);
    operation!(read describe_tasks, access_describe_tasks: DescribeTasksRequest -> DescribeTasksResponse);
    operation!(read discover_poll_endpoint, access_discover_poll_endpoint: DiscoverPollEndpointRequest -> DiscoverPollEndpointResponse);
    operation!(read get_task_protection, access_get_task_protection: GetTaskProtectionRequest -> GetTaskProtectionResponse);
    operation!(read list_account_settings, access_list_account_settings: ListAccountSettingsRequest -> ListAccountSettingsResponse);
    operation!(read list_attributes, access_list_attributes: ListAttributesRequest -> ListAttributesResponse);
    operation!(read list_clusters: ListClustersRequest -> ListClustersResponse);
    operation!(read list_container_instances, access_list_container_instances: ListContainerInstancesRequest -> ListContainerInstancesResponse);
    operation!(read list_daemon_deployments, access_list_daemon_deployments: ListDaemonDeploymentsRequest -> ListDaemonDeploymentsResponse);
    operation!(read list_daemon_task_definitions: ListDaemonTaskDefinitionsRequest -> ListDaemonTaskDefinitionsResponse);
    operation!(read list_daemons, access_list_daemons: ListDaemonsRequest -> ListDaemonsResponse);
    operation!(read list_service_deployments, access_list_service_deployments: ListServiceDeploymentsRequest -> ListServiceDeploymentsResponse);
    operation!(read list_services, access_list_services: ListServicesRequest -> ListServicesResponse);
    operation!(read list_services_by_namespace, access_list_services_by_namespace: ListServicesByNamespaceRequest -> ListServicesByNamespaceResponse);
    operation!(read list_tags_for_resource, access_list_tags_for_resource: ListTagsForResourceRequest -> ListTagsForResourceResponse);
    operation!(read list_task_definition_families: ListTaskDefinitionFamiliesRequest -> ListTaskDefinitionFamiliesResponse);
    operation!(read list_task_definitions: ListTaskDefinitionsRequest -> ListTaskDefinitionsResponse);
    operation!(read list_tasks, access_list_tasks: ListTasksRequest -> ListTasksResponse);
    operation!(update put_account_setting, access_put_account_setting: PutAccountSettingRequest -> PutAccountSettingResponse);
    operation!(update put_account_setting_default, access_put_account_setting_default: PutAccountSettingDefaultRequest -> PutAccountSettingDefaultResponse);
    operation!(update put_attributes, access_put_attributes: PutAttributesRequest -> PutAttributesResponse);
    operation!(update put_cluster_capacity_providers, access_put_cluster_capacity_providers: PutClusterCapacityProvidersRequest -> PutClusterCapacityProvidersResponse);
    operation!(update register_container_instance, access_register_container_instance: RegisterContainerInstanceRequest -> RegisterContainerInstanceResponse);
    operation!(update register_daemon_task_definition, access_register_daemon_task_definition: RegisterDaemonTaskDefinitionRequest -> RegisterDaemonTaskDefinitionResponse);
    operation!(update register_task_definition, access_register_task_definition: RegisterTaskDefinitionRequest -> RegisterTaskDefinitionResponse);
    operation!(update run_task, access_run_task: RunTaskRequest -> RunTaskResponse);
    operation!(update start_task, access_start_task: StartTaskRequest -> StartTaskResponse);
    operation!(update stop_service_deployment, access_stop_service_deployment: StopServiceDeploymentRequest -> StopServiceDeploymentResponse);
    operation!(update stop_task, access_stop_task: StopTaskRequest -> StopTaskResponse);
    operation!(update submit_attachment_state_changes, access_submit_attachment_state_changes: SubmitAttachmentStateChangesRequest -> SubmitAttachmentStateChangesResponse);
    operation!(update submit_container_state_change, access_submit_container_state_change: SubmitContainerStateChangeRequest -> SubmitContainerStateChangeResponse);
    operation!(update submit_task_state_change, access_submit_task_state_change: SubmitTaskStateChangeRequest -> SubmitTaskStateChangeResponse);
    operation!(update tag_resource, access_tag_resource: TagResourceRequest -> TagResourceResponse);
    operation!(update untag_resource, access_untag_resource: UntagResourceRequest -> UntagResourceResponse);
    operation!(update update_capacity_provider, access_update_capacity_provider: UpdateCapacityProviderRequest -> UpdateCapacityProviderResponse);
    operation!(update update_cluster, access_update_cluster: UpdateClusterRequest -> UpdateClusterResponse);
    operation!(update update_cluster_settings, access_update_cluster_settings: UpdateClusterSettingsRequest -> UpdateClusterSettingsResponse);
    operation!(read update_container_agent, access_update_container_agent: UpdateContainerAgentRequest -> UpdateContainerAgentResponse);
    operation!(update update_container_instances_state, access_update_container_instances_state: UpdateContainerInstancesStateRequest -> UpdateContainerInstancesStateResponse);
    operation!(update update_daemon, access_update_daemon: UpdateDaemonRequest -> UpdateDaemonResponse);
    operation!(update update_service, access_update_service: UpdateServiceRequest -> UpdateServiceResponse);
    operation!(update update_service_primary_task_set, access_update_service_primary_task_set: UpdateServicePrimaryTaskSetRequest -> UpdateServicePrimaryTaskSetResponse);
    operation!(update update_task_protection, access_update_task_protection: UpdateTaskProtectionRequest -> UpdateTaskProtectionResponse);
    operation!(update update_task_set, access_update_task_set: UpdateTaskSetRequest -> UpdateTaskSetResponse);
}
