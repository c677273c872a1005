//! Which file does what.

use berth_api::logs::{self as api, Logs};
use berth_api::{Call, Events, Refusal, Target};

use super::LogsService;

impl Logs for LogsService {
    async fn create_log_group(&self, call: &Call, input: api::CreateLogGroupRequest) -> Result<api::Unit, Refusal> {
        super::create_log_group::run(self, call, input).await
    }

    fn access_create_log_group(&self, call: &Call, input: &api::CreateLogGroupRequest) -> Vec<Target> {
        super::create_log_group::access(call, input)
    }

    async fn create_log_stream(&self, call: &Call, input: api::CreateLogStreamRequest) -> Result<api::Unit, Refusal> {
        super::create_log_stream::run(self, call, input).await
    }

    fn access_create_log_stream(&self, call: &Call, input: &api::CreateLogStreamRequest) -> Vec<Target> {
        super::create_log_stream::access(self, call, input)
    }

    async fn delete_log_group(&self, call: &Call, input: api::DeleteLogGroupRequest) -> Result<api::Unit, Refusal> {
        super::delete_log_group::run(self, call, input).await
    }

    fn access_delete_log_group(&self, call: &Call, input: &api::DeleteLogGroupRequest) -> Vec<Target> {
        super::delete_log_group::access(self, call, input)
    }

    async fn delete_log_stream(&self, call: &Call, input: api::DeleteLogStreamRequest) -> Result<api::Unit, Refusal> {
        super::delete_log_stream::run(self, call, input).await
    }

    fn access_delete_log_stream(&self, call: &Call, input: &api::DeleteLogStreamRequest) -> Vec<Target> {
        super::delete_log_stream::access(self, call, input)
    }

    async fn delete_metric_filter(&self, call: &Call, input: api::DeleteMetricFilterRequest) -> Result<api::Unit, Refusal> {
        super::delete_metric_filter::run(self, call, input).await
    }

    fn access_delete_metric_filter(&self, call: &Call, input: &api::DeleteMetricFilterRequest) -> Vec<Target> {
        super::delete_metric_filter::access(self, call, input)
    }

    async fn delete_query_definition(
        &self,
        call: &Call,
        input: api::DeleteQueryDefinitionRequest,
    ) -> Result<api::DeleteQueryDefinitionResponse, Refusal> {
        super::delete_query_definition::run(self, call, input).await
    }

    fn access_delete_query_definition(&self, _: &Call, input: &api::DeleteQueryDefinitionRequest) -> Vec<Target> {
        super::delete_query_definition::access(input)
    }

    async fn delete_resource_policy(&self, call: &Call, input: api::DeleteResourcePolicyRequest) -> Result<api::Unit, Refusal> {
        super::delete_resource_policy::run(self, call, input).await
    }

    fn access_delete_resource_policy(&self, _: &Call, input: &api::DeleteResourcePolicyRequest) -> Vec<Target> {
        super::delete_resource_policy::access(input)
    }

    async fn delete_retention_policy(&self, call: &Call, input: api::DeleteRetentionPolicyRequest) -> Result<api::Unit, Refusal> {
        super::delete_retention_policy::run(self, call, input).await
    }

    fn access_delete_retention_policy(&self, call: &Call, input: &api::DeleteRetentionPolicyRequest) -> Vec<Target> {
        super::delete_retention_policy::access(self, call, input)
    }

    async fn delete_subscription_filter(
        &self,
        call: &Call,
        input: api::DeleteSubscriptionFilterRequest,
    ) -> Result<api::Unit, Refusal> {
        super::delete_subscription_filter::run(self, call, &input)
    }

    fn access_delete_subscription_filter(&self, call: &Call, input: &api::DeleteSubscriptionFilterRequest) -> Vec<Target> {
        super::delete_subscription_filter::access(self, call, input)
    }

    async fn describe_log_groups(
        &self,
        call: &Call,
        input: api::DescribeLogGroupsRequest,
    ) -> Result<api::DescribeLogGroupsResponse, Refusal> {
        super::describe_log_groups::run(self, call, &input)
    }

    fn access_describe_log_groups(&self, call: &Call, input: &api::DescribeLogGroupsRequest) -> Vec<Target> {
        super::describe_log_groups::access(call, input)
    }

    async fn describe_log_streams(
        &self,
        call: &Call,
        input: api::DescribeLogStreamsRequest,
    ) -> Result<api::DescribeLogStreamsResponse, Refusal> {
        super::describe_log_streams::run(self, call, input).await
    }

    fn access_describe_log_streams(&self, call: &Call, input: &api::DescribeLogStreamsRequest) -> Vec<Target> {
        super::describe_log_streams::access(self, call, input)
    }

    async fn describe_metric_filters(
        &self,
        call: &Call,
        input: api::DescribeMetricFiltersRequest,
    ) -> Result<api::DescribeMetricFiltersResponse, Refusal> {
        super::describe_metric_filters::run(self, call, &input)
    }

    fn access_describe_metric_filters(&self, call: &Call, input: &api::DescribeMetricFiltersRequest) -> Vec<Target> {
        super::describe_metric_filters::access(self, call, input)
    }

    async fn describe_queries(
        &self,
        call: &Call,
        input: api::DescribeQueriesRequest,
    ) -> Result<api::DescribeQueriesResponse, Refusal> {
        super::describe_queries::run(self, call, &input)
    }

    async fn describe_query_definitions(
        &self,
        call: &Call,
        input: api::DescribeQueryDefinitionsRequest,
    ) -> Result<api::DescribeQueryDefinitionsResponse, Refusal> {
        super::describe_query_definitions::run(self, call, &input)
    }

    fn access_describe_query_definitions(&self, _: &Call, input: &api::DescribeQueryDefinitionsRequest) -> Vec<Target> {
        super::describe_query_definitions::access(input)
    }

    async fn describe_resource_policies(
        &self,
        call: &Call,
        input: api::DescribeResourcePoliciesRequest,
    ) -> Result<api::DescribeResourcePoliciesResponse, Refusal> {
        super::describe_resource_policies::run(self, call, &input)
    }

    fn access_describe_resource_policies(&self, _: &Call, input: &api::DescribeResourcePoliciesRequest) -> Vec<Target> {
        super::describe_resource_policies::access(input)
    }

    async fn describe_subscription_filters(
        &self,
        call: &Call,
        input: api::DescribeSubscriptionFiltersRequest,
    ) -> Result<api::DescribeSubscriptionFiltersResponse, Refusal> {
        super::describe_subscription_filters::run(self, call, &input)
    }

    fn access_describe_subscription_filters(&self, call: &Call, input: &api::DescribeSubscriptionFiltersRequest) -> Vec<Target> {
        super::describe_subscription_filters::access(self, call, input)
    }

    async fn filter_log_events(
        &self,
        call: &Call,
        input: api::FilterLogEventsRequest,
    ) -> Result<api::FilterLogEventsResponse, Refusal> {
        super::filter_log_events::run(self, call, input).await
    }

    fn access_filter_log_events(&self, call: &Call, input: &api::FilterLogEventsRequest) -> Vec<Target> {
        super::filter_log_events::access(self, call, input)
    }

    async fn get_log_events(&self, call: &Call, input: api::GetLogEventsRequest) -> Result<api::GetLogEventsResponse, Refusal> {
        super::get_log_events::run(self, call, input).await
    }

    fn access_get_log_events(&self, call: &Call, input: &api::GetLogEventsRequest) -> Vec<Target> {
        super::get_log_events::access(self, call, input)
    }

    async fn get_log_group_fields(
        &self,
        call: &Call,
        input: api::GetLogGroupFieldsRequest,
    ) -> Result<api::GetLogGroupFieldsResponse, Refusal> {
        super::get_log_group_fields::run(self, call, input).await
    }

    fn access_get_log_group_fields(&self, call: &Call, input: &api::GetLogGroupFieldsRequest) -> Vec<Target> {
        super::get_log_group_fields::access(self, call, input)
    }

    async fn get_log_record(&self, call: &Call, input: api::GetLogRecordRequest) -> Result<api::GetLogRecordResponse, Refusal> {
        super::get_log_record::run(self, call, input).await
    }

    async fn get_query_results(
        &self,
        call: &Call,
        input: api::GetQueryResultsRequest,
    ) -> Result<api::GetQueryResultsResponse, Refusal> {
        super::get_query_results::run(self, call, &input)
    }

    async fn list_log_groups(
        &self,
        call: &Call,
        input: api::ListLogGroupsRequest,
    ) -> Result<api::ListLogGroupsResponse, Refusal> {
        super::list_log_groups::run(self, call, &input)
    }

    fn access_list_log_groups(&self, call: &Call, input: &api::ListLogGroupsRequest) -> Vec<Target> {
        super::list_log_groups::access(call, input)
    }

    async fn list_log_groups_for_query(
        &self,
        call: &Call,
        input: api::ListLogGroupsForQueryRequest,
    ) -> Result<api::ListLogGroupsForQueryResponse, Refusal> {
        super::list_log_groups_for_query::run(self, call, &input)
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: api::ListTagsForResourceRequest,
    ) -> Result<api::ListTagsForResourceResponse, Refusal> {
        super::list_tags_for_resource::run(self, call, &input)
    }

    fn access_list_tags_for_resource(&self, call: &Call, input: &api::ListTagsForResourceRequest) -> Vec<Target> {
        super::list_tags_for_resource::access(self, call, input)
    }

    async fn list_tags_log_group(
        &self,
        call: &Call,
        input: api::ListTagsLogGroupRequest,
    ) -> Result<api::ListTagsLogGroupResponse, Refusal> {
        super::list_tags_log_group::run(self, call, &input)
    }

    fn access_list_tags_log_group(&self, call: &Call, input: &api::ListTagsLogGroupRequest) -> Vec<Target> {
        super::list_tags_log_group::access(self, call, input)
    }

    async fn put_log_events(&self, call: &Call, input: api::PutLogEventsRequest) -> Result<api::PutLogEventsResponse, Refusal> {
        super::put_log_events::run(self, call, input).await
    }

    fn access_put_log_events(&self, call: &Call, input: &api::PutLogEventsRequest) -> Vec<Target> {
        super::put_log_events::access(self, call, input)
    }

    async fn put_log_group_deletion_protection(
        &self,
        call: &Call,
        input: api::PutLogGroupDeletionProtectionRequest,
    ) -> Result<api::Unit, Refusal> {
        super::put_log_group_deletion_protection::run(self, call, input).await
    }

    fn access_put_log_group_deletion_protection(
        &self,
        call: &Call,
        input: &api::PutLogGroupDeletionProtectionRequest,
    ) -> Vec<Target> {
        super::put_log_group_deletion_protection::access(self, call, input)
    }

    async fn put_metric_filter(&self, call: &Call, input: api::PutMetricFilterRequest) -> Result<api::Unit, Refusal> {
        super::put_metric_filter::run(self, call, input).await
    }

    fn access_put_metric_filter(&self, call: &Call, input: &api::PutMetricFilterRequest) -> Vec<Target> {
        super::put_metric_filter::access(self, call, input)
    }

    async fn put_query_definition(
        &self,
        call: &Call,
        input: api::PutQueryDefinitionRequest,
    ) -> Result<api::PutQueryDefinitionResponse, Refusal> {
        super::put_query_definition::run(self, call, input).await
    }

    fn access_put_query_definition(&self, _: &Call, input: &api::PutQueryDefinitionRequest) -> Vec<Target> {
        super::put_query_definition::access(input)
    }

    async fn put_resource_policy(
        &self,
        call: &Call,
        input: api::PutResourcePolicyRequest,
    ) -> Result<api::PutResourcePolicyResponse, Refusal> {
        super::put_resource_policy::run(self, call, input).await
    }

    fn access_put_resource_policy(&self, _: &Call, input: &api::PutResourcePolicyRequest) -> Vec<Target> {
        super::put_resource_policy::access(input)
    }

    async fn put_retention_policy(&self, call: &Call, input: api::PutRetentionPolicyRequest) -> Result<api::Unit, Refusal> {
        super::put_retention_policy::run(self, call, input).await
    }

    fn access_put_retention_policy(&self, call: &Call, input: &api::PutRetentionPolicyRequest) -> Vec<Target> {
        super::put_retention_policy::access(self, call, input)
    }

    async fn start_live_tail(&self, call: &Call, input: api::StartLiveTailRequest) -> Result<Events, Refusal> {
        super::start_live_tail::run(self, call, input)
    }

    fn access_start_live_tail(&self, call: &Call, input: &api::StartLiveTailRequest) -> Vec<Target> {
        super::start_live_tail::access(self, call, input)
    }

    async fn start_query(&self, call: &Call, input: api::StartQueryRequest) -> Result<api::StartQueryResponse, Refusal> {
        super::start_query::run(self, call, input)
    }

    fn access_start_query(&self, call: &Call, input: &api::StartQueryRequest) -> Vec<Target> {
        super::start_query::access(self, call, input)
    }

    async fn stop_query(&self, call: &Call, input: api::StopQueryRequest) -> Result<api::StopQueryResponse, Refusal> {
        super::stop_query::run(self, call, &input)
    }

    async fn tag_log_group(&self, call: &Call, input: api::TagLogGroupRequest) -> Result<api::Unit, Refusal> {
        super::tag_log_group::run(self, call, input).await
    }

    fn access_tag_log_group(&self, call: &Call, input: &api::TagLogGroupRequest) -> Vec<Target> {
        super::tag_log_group::access(self, call, input)
    }

    async fn tag_resource(&self, call: &Call, input: api::TagResourceRequest) -> Result<api::Unit, Refusal> {
        super::tag_resource::run(self, call, input).await
    }

    fn access_tag_resource(&self, call: &Call, input: &api::TagResourceRequest) -> Vec<Target> {
        super::tag_resource::access(self, call, input)
    }

    async fn test_metric_filter(
        &self,
        _: &Call,
        input: api::TestMetricFilterRequest,
    ) -> Result<api::TestMetricFilterResponse, Refusal> {
        super::test_metric_filter::run(input)
    }

    fn access_test_metric_filter(&self, _: &Call, _: &api::TestMetricFilterRequest) -> Vec<Target> {
        super::test_metric_filter::access()
    }

    async fn untag_log_group(&self, call: &Call, input: api::UntagLogGroupRequest) -> Result<api::Unit, Refusal> {
        super::untag_log_group::run(self, call, input).await
    }

    fn access_untag_log_group(&self, call: &Call, input: &api::UntagLogGroupRequest) -> Vec<Target> {
        super::untag_log_group::access(self, call, input)
    }

    async fn untag_resource(&self, call: &Call, input: api::UntagResourceRequest) -> Result<api::Unit, Refusal> {
        super::untag_resource::run(self, call, input).await
    }

    fn access_untag_resource(&self, call: &Call, input: &api::UntagResourceRequest) -> Vec<Target> {
        super::untag_resource::access(self, call, input)
    }
}
