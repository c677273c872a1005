"""CloudWatch Logs: what each operation refuses that other tests do not come across. `test_coverage.py` counts."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from installation import AccessKey
from test_log_settings import ARN, METRIC, NO_GROUP, POLICY

BAD = "no name: it has spaces"
QUERY = {"startTime": 0, "endTime": 1, "queryString": "fields 1"}
NOBODY = "12345678-1234-1234-1234-123456789012"


@pytest.fixture(scope="session")
def logs(berth):
    return berth.client("logs")


@pytest.fixture(scope="session")
def unchecked(berth):
    return berth.client("logs", parameter_validation=False)


@pytest.fixture
def group(logs, name):
    logs.create_log_group(logGroupName=name)
    return name


INVALID = [
    ("delete_log_group", {"logGroupName": BAD}, "logGroupName"),
    ("delete_log_stream", {"logGroupName": "g", "logStreamName": "a:b"}, "logStreamName"),
    ("delete_metric_filter", {"logGroupName": "g", "filterName": ""}, "filterName"),
    ("delete_query_definition", {"queryDefinitionId": "x" * 300}, "queryDefinitionId"),
    ("delete_retention_policy", {"logGroupName": BAD}, "logGroupName"),
    ("delete_subscription_filter", {"logGroupName": BAD, "filterName": "f"}, "logGroupName"),
    ("describe_query_definitions", {"nextToken": "nonsense"}, "nextToken"),
    ("describe_resource_policies", {"nextToken": "nonsense"}, "nextToken"),
    ("describe_subscription_filters", {"logGroupName": BAD}, "logGroupName"),
    ("get_log_group_fields", {"logGroupName": BAD}, "logGroupName"),
    ("get_query_results", {"queryId": "x" * 300}, "queryId"),
    ("list_log_groups_for_query", {"queryId": "x" * 300}, "queryId"),
    ("list_tags_log_group", {"logGroupName": BAD}, "logGroupName"),
    ("put_log_group_deletion_protection", {"logGroupIdentifier": "*", "deletionProtectionEnabled": True}, "logGroupIdentifier"),
    ("put_query_definition", {"name": "", "queryString": "fields 1"}, "name"),
    ("untag_log_group", {"logGroupName": BAD, "tags": ["a"]}, "logGroupName"),
]


@pytest.mark.parametrize("operation, given, member", INVALID)
def test_parameter_that_cannot_be_is_named(unchecked, refused, operation, given, member):
    code, message = refused(getattr(unchecked, operation), **given)
    assert code == "InvalidParameterException" and member in message


def test_subscription_filters_have_no_second_page(logs, group, refused):
    expected = ("InvalidParameterException", "The specified nextToken is invalid.")
    assert refused(logs.describe_subscription_filters, logGroupName=group, nextToken="nonsense") == expected


ABSENT = [
    ("describe_queries", {"logGroupName": "no-such"}),
    ("put_metric_filter", {"logGroupName": "no-such", "filterName": "f", "filterPattern": "", "metricTransformations": [METRIC]}),
    ("put_resource_policy", {"resourceArn": ARN + "no-such", "policyDocument": POLICY}),
    ("delete_metric_filter", {"logGroupName": "no-such", "filterName": "f"}),
    ("delete_subscription_filter", {"logGroupName": "no-such", "filterName": "f"}),
]


@pytest.mark.parametrize("operation, given", ABSENT)
def test_group_that_is_not_there_is_missed(logs, refused, operation, given):
    assert refused(getattr(logs, operation), **given) == NO_GROUP


def test_protected_group_keeps_its_streams(logs, group, refused):
    stream = {"logGroupName": group, "logStreamName": "s"}
    logs.create_log_stream(**stream)
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=True)
    for what, call, given in [
        ("group", logs.delete_log_group, {"logGroupName": group}),
        ("stream", logs.delete_log_stream, stream),
    ]:
        message = f"Cannot delete log {what} with deletion protection enabled. Disable deletion protection first."
        assert refused(call, **given) == ("ValidationException", message)
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=False)
    logs.delete_log_stream(**stream)


def test_policy_goes_with_its_group(logs, group, refused):
    logs.put_resource_policy(resourceArn=ARN + group, policyDocument=POLICY)
    logs.delete_log_group(logGroupName=group)
    logs.create_log_group(logGroupName=group)
    assert logs.describe_resource_policies(resourceArn=ARN + group)["resourcePolicies"] == []


def test_thirty_queries_of_a_region_are_not_over(berth, refused):
    """Two run at a time, each for a while: those that wait become too many long before."""
    logs = berth.client("logs", region="ap-northeast-3")
    logs.create_log_group(logGroupName="slow")
    logs.create_log_stream(logGroupName="slow", logStreamName="s")
    now = int(time.time() * 1000)
    for _ in range(10):
        events = [{"timestamp": now, "message": "x" * 80}] * 8000
        logs.put_log_events(logGroupName="slow", logStreamName="s", logEvents=events)
    slow = "filter @message like /(x.x)+y/ | stats count(*) by strlen(replace(@message, 'x', 'yy'))"
    given = {"logGroupName": "slow", "startTime": 0, "endTime": now // 1000 + 60, "queryString": slow}
    started = []
    try:
        with pytest.raises(logs.exceptions.LimitExceededException):
            for _ in range(1000):
                started.append(logs.start_query(**given)["queryId"])
        assert len(started) >= 30
    finally:
        for query in started:
            if logs.get_query_results(queryId=query)["status"] == "Scheduled":
                logs.stop_query(queryId=query)


def test_region_has_a_thousand_saved_queries(berth):
    logs = berth.client("logs", region="ap-northeast-2", max_pool_connections=16)

    def save(number):
        return logs.put_query_definition(name=f"q{number}", queryString="fields 1")["queryDefinitionId"]

    with ThreadPoolExecutor(16) as several:
        (first, *_) = several.map(save, range(1000))
    with pytest.raises(logs.exceptions.LimitExceededException):
        save(1000)
    logs.put_query_definition(queryDefinitionId=first, name="q0", queryString="fields 2")
    logs.delete_query_definition(queryDefinitionId=first)
    save(1000)


NOT_FOR_NODES = {
    "describe_queries": {},
    "get_log_group_fields": {"logGroupName": "g"},
    "get_log_record": {"logRecordPointer": "p"},
    "get_query_results": {"queryId": NOBODY},
    "list_log_groups_for_query": {"queryId": NOBODY},
    "start_live_tail": {"logGroupIdentifiers": [ARN + "g"]},
    "start_query": {"logGroupName": "g", **QUERY},
    "stop_query": {"queryId": NOBODY},
}


@pytest.mark.parametrize("operation", NOT_FOR_NODES)
def test_node_asks_nothing(berth, refused, operation):
    node = berth.client("logs", key=berth.node_key(), inject_host_prefix=False)
    code, message = refused(getattr(node, operation), **NOT_FOR_NODES[operation])
    assert code == "AccessDeniedException" and "not authorized to perform: logs:" in message


def test_key_that_nobody_has_is_told_so_by_every_service(berth, refused):
    key = AccessKey("AKIA" + uuid.uuid4().hex[:16].upper(), berth.root_key().secret)
    stranger = berth.client("logs", key=key)
    given = {"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": 0, "message": "x"}]}
    assert refused(stranger.put_log_events, **given)[0] == "UnrecognizedClientException"
