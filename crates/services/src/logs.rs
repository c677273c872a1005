//! CloudWatch Logs: groups are records of the store, streams and events are telemetry's.
//!
//! Every operation is a file that says what it does (`run`) and which resources it touches (`access`).

mod create_log_group;
mod create_log_stream;
mod delete_log_group;
mod delete_log_stream;
mod delete_metric_filter;
mod delete_query_definition;
mod delete_resource_policy;
mod delete_retention_policy;
mod delete_subscription_filter;
mod describe_log_groups;
mod describe_log_streams;
mod describe_metric_filters;
mod describe_queries;
mod describe_query_definitions;
mod describe_resource_policies;
mod describe_subscription_filters;
mod failure;
mod filter_log_events;
mod get_log_events;
mod get_log_group_fields;
mod get_log_record;
mod get_query_results;
mod group;
mod handler;
mod list_log_groups;
mod list_log_groups_for_query;
mod list_tags_for_resource;
mod list_tags_log_group;
mod put_log_events;
mod put_log_group_deletion_protection;
mod put_metric_filter;
mod put_query_definition;
mod put_resource_policy;
mod put_retention_policy;
mod queries;
mod scope;
mod start_live_tail;
mod start_query;
mod stop_query;
mod tag_log_group;
mod tag_resource;
mod tagging;
mod tails;
mod test_metric_filter;
mod token;
mod untag_log_group;
mod untag_resource;

use std::sync::Arc;

use berth_api::Refusal;
use berth_api::logs as api;
use berth_model::{LogGroup, Timestamp};
use berth_store::{Store, Transaction, UpdateError};
use berth_telemetry::logs::{LogError, LogStore, WriteError};
use tokio::sync::Notify;

use self::queries::Queries;
use self::tails::Tails;

/// CloudWatch Logs over a store and a log store.
#[derive(Debug)]
pub struct LogsService {
    store: Store,
    logs: LogStore,
    /// Told when there may be events that have expired.
    expiry: Arc<Notify>,
    queries: Queries,
    tails: Arc<Tails>,
}

impl LogsService {
    /// CloudWatch Logs over these.
    #[must_use]
    pub fn new(store: Store, logs: LogStore) -> Self {
        Self { store, logs, expiry: Arc::default(), queries: Queries::default(), tails: Arc::default() }
    }

    /// Deletes the events of groups that are not there any more: a crash may have come between the two halves of deleting one.
    ///
    /// # Errors
    /// Nothing could be written.
    pub async fn forget_deleted_groups(&self) -> Result<(), WriteError> {
        let view = self.store.view();
        let groups: std::collections::HashSet<_> = view.range::<LogGroup>(..).map(|group| group.id).collect();
        self.logs.retain_groups(|group| groups.contains(&group)).await
    }

    /// Waits until there may be events that have expired, apart from time going on.
    pub async fn expiry_due(&self) {
        self.expiry.notified().await;
    }

    /// Gives back the space of events that are older than their groups keep them. Nobody reads them in any case.
    ///
    /// # Errors
    /// A file cannot be read, or the log store is closed.
    pub async fn expire_events(&self, now: Timestamp) -> Result<usize, WriteError> {
        let view = self.store.view();
        let groups = view.range::<LogGroup>(..).filter_map(|found| Some((found.id, group::kept_since(found, now)?)));
        self.logs.expire(groups.collect()).await
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

    /// Reads log files, which may take a while, where that holds nobody up.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&LogStore) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let logs = self.logs.clone();
        let done = tokio::task::spawn_blocking(move || read(&logs)).await;
        let done = done.map_err(|cause| Refusal::internal(&api::SERVICE, Box::new(cause)))?;
        done.map_err(|cause| Refusal::internal(&api::SERVICE, Box::new(cause)))
    }
}
