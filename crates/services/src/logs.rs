//! CloudWatch Logs: groups are records of the store, streams and events are telemetry's.
//!
//! Every operation is a file that says what it does (`run`) and which resources it touches (`access`).

mod create_log_group;
mod create_log_stream;
mod delete_log_group;
mod delete_log_stream;
mod describe_log_groups;
mod describe_log_streams;
mod failure;
mod filter_log_events;
mod get_log_events;
mod group;
mod put_log_events;
mod scope;
mod token;

use berth_api::logs::{self as api, Logs};
use berth_api::{Call, Refusal, Target};
use berth_model::LogGroup;
use berth_store::{Store, Transaction, UpdateError};
use berth_telemetry::logs::{LogError, LogStore, WriteError};

/// CloudWatch Logs over a store and a log store.
#[derive(Debug)]
pub struct LogsService {
    store: Store,
    logs: LogStore,
}

impl LogsService {
    /// CloudWatch Logs over these.
    #[must_use]
    pub const fn new(store: Store, logs: LogStore) -> Self {
        Self { store, logs }
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

impl Logs for LogsService {
    async fn create_log_group(&self, call: &Call, input: api::CreateLogGroupRequest) -> Result<api::Unit, Refusal> {
        create_log_group::run(self, call, input).await
    }

    fn access_create_log_group(&self, call: &Call, input: &api::CreateLogGroupRequest) -> Vec<Target> {
        create_log_group::access(call, input)
    }

    async fn delete_log_group(&self, call: &Call, input: api::DeleteLogGroupRequest) -> Result<api::Unit, Refusal> {
        delete_log_group::run(self, call, input).await
    }

    fn access_delete_log_group(&self, call: &Call, input: &api::DeleteLogGroupRequest) -> Vec<Target> {
        delete_log_group::access(self, call, input)
    }

    async fn describe_log_groups(
        &self,
        call: &Call,
        input: api::DescribeLogGroupsRequest,
    ) -> Result<api::DescribeLogGroupsResponse, Refusal> {
        describe_log_groups::run(self, call, &input)
    }

    fn access_describe_log_groups(&self, call: &Call, input: &api::DescribeLogGroupsRequest) -> Vec<Target> {
        describe_log_groups::access(call, input)
    }

    async fn create_log_stream(&self, call: &Call, input: api::CreateLogStreamRequest) -> Result<api::Unit, Refusal> {
        create_log_stream::run(self, call, input).await
    }

    fn access_create_log_stream(&self, call: &Call, input: &api::CreateLogStreamRequest) -> Vec<Target> {
        create_log_stream::access(self, call, input)
    }

    async fn delete_log_stream(&self, call: &Call, input: api::DeleteLogStreamRequest) -> Result<api::Unit, Refusal> {
        delete_log_stream::run(self, call, input).await
    }

    fn access_delete_log_stream(&self, call: &Call, input: &api::DeleteLogStreamRequest) -> Vec<Target> {
        delete_log_stream::access(self, call, input)
    }

    async fn describe_log_streams(
        &self,
        call: &Call,
        input: api::DescribeLogStreamsRequest,
    ) -> Result<api::DescribeLogStreamsResponse, Refusal> {
        describe_log_streams::run(self, call, input).await
    }

    fn access_describe_log_streams(&self, call: &Call, input: &api::DescribeLogStreamsRequest) -> Vec<Target> {
        describe_log_streams::access(self, call, input)
    }

    async fn put_log_events(&self, call: &Call, input: api::PutLogEventsRequest) -> Result<api::PutLogEventsResponse, Refusal> {
        put_log_events::run(self, call, input).await
    }

    fn access_put_log_events(&self, call: &Call, input: &api::PutLogEventsRequest) -> Vec<Target> {
        put_log_events::access(self, call, input)
    }

    async fn get_log_events(&self, call: &Call, input: api::GetLogEventsRequest) -> Result<api::GetLogEventsResponse, Refusal> {
        get_log_events::run(self, call, input).await
    }

    fn access_get_log_events(&self, call: &Call, input: &api::GetLogEventsRequest) -> Vec<Target> {
        get_log_events::access(self, call, input)
    }

    async fn filter_log_events(
        &self,
        call: &Call,
        input: api::FilterLogEventsRequest,
    ) -> Result<api::FilterLogEventsResponse, Refusal> {
        filter_log_events::run(self, call, input).await
    }

    fn access_filter_log_events(&self, call: &Call, input: &api::FilterLogEventsRequest) -> Vec<Target> {
        filter_log_events::access(self, call, input)
    }
}
