"""CloudWatch Logs: what is set up around groups: retention, tags, metric filters, policies, saved queries; and lists of groups."""

import time
import uuid

import pytest

ARN = "arn:aws:logs:us-east-1:000000000000:log-group:"
DAY = 86_400_000
NO_GROUP = ("ResourceNotFoundException", "The specified log group does not exist.")


@pytest.fixture(scope="session")
def logs(berth):
    return berth.client("logs")


@pytest.fixture
def group(logs, name):
    logs.create_log_group(logGroupName=name)
    return name


def described(logs, group):
    return logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


# Retention


def test_retention_hides_and_refuses_what_is_older(logs, group):
    place = {"logGroupName": group, "logStreamName": "main"}
    logs.create_log_stream(**place)
    now = int(time.time() * 1000)
    for age in (5 * DAY, 0):
        logs.put_log_events(**place, logEvents=[{"timestamp": now - age, "message": f"{age}"}])
    logs.put_retention_policy(logGroupName=group, retentionInDays=3)
    assert described(logs, group)["retentionInDays"] == 3
    assert [each["message"] for each in logs.get_log_events(**place)["events"]] == ["0"]
    assert [each["message"] for each in logs.filter_log_events(logGroupName=group)["events"]] == ["0"]
    answer = logs.put_log_events(**place, logEvents=[{"timestamp": now - 4 * DAY, "message": "old"}])
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in described(logs, group)


def test_retention_of_other_lengths_is_refused(logs, group, refused):
    code, message = refused(logs.put_retention_policy, logGroupName=group, retentionInDays=2)
    assert code == "InvalidParameterException" and "Member must satisfy enum value set: [1, 3, 5, 7, 14" in message
    assert refused(logs.put_retention_policy, logGroupName="no-such", retentionInDays=1) == NO_GROUP
    assert refused(logs.delete_retention_policy, logGroupName="no-such") == NO_GROUP


def test_deletion_protection_can_be_set_and_lifted(logs, group, refused):
    logs.put_log_group_deletion_protection(logGroupIdentifier=ARN + group, deletionProtectionEnabled=True)
    assert refused(logs.delete_log_group, logGroupName=group)[0] == "ValidationException"
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=group)
    missing = refused(logs.put_log_group_deletion_protection, logGroupIdentifier=group, deletionProtectionEnabled=True)
    assert missing == NO_GROUP


# Tags


def test_tags_of_both_generations_are_the_same(logs, name, refused):
    logs.create_log_group(logGroupName=name, tags={"a": "1", "b": "2"})
    logs.tag_resource(resourceArn=ARN + name, tags={"b": "3", "c": "4"})
    logs.tag_log_group(logGroupName=name, tags={"d": "5"})
    expected = {"a": "1", "b": "3", "c": "4", "d": "5"}
    assert logs.list_tags_for_resource(resourceArn=ARN + name)["tags"] == expected
    assert logs.list_tags_log_group(logGroupName=name)["tags"] == expected
    logs.untag_resource(resourceArn=ARN + name, tagKeys=["a", "nobody"])
    logs.untag_log_group(logGroupName=name, tags=["b", "c"])
    assert logs.list_tags_for_resource(resourceArn=ARN + name)["tags"] == {"d": "5"}


def test_bad_tags_are_refused(logs, group, refused):
    many = {f"k{number}": "v" for number in range(50)}
    logs.tag_resource(resourceArn=ARN + group, tags=many)
    assert refused(logs.tag_resource, resourceArn=ARN + group, tags={"more": "x"})[0] == "TooManyTagsException"
    assert refused(logs.tag_log_group, logGroupName=group, tags={"more": "x"})[0] == "InvalidParameterException"
    assert refused(logs.tag_resource, resourceArn=ARN + group, tags={"aws:x": "x"})[0] == "InvalidParameterException"
    assert refused(logs.tag_resource, resourceArn="nonsense", tags={"a": "x"})[0] == "InvalidParameterException"
    for call, parameters in [
        (logs.tag_resource, {"resourceArn": ARN + "no-such", "tags": {"a": "b"}}),
        (logs.untag_resource, {"resourceArn": ARN + "no-such", "tagKeys": ["a"]}),
        (logs.list_tags_for_resource, {"resourceArn": ARN + "no-such"}),
        (logs.tag_log_group, {"logGroupName": "no-such", "tags": {"a": "b"}}),
        (logs.untag_log_group, {"logGroupName": "no-such", "tags": ["a"]}),
        (logs.list_tags_log_group, {"logGroupName": "no-such"}),
    ]:
        assert refused(call, **parameters) == NO_GROUP


# Lists


def test_groups_are_listed_by_pattern_class_and_tags(logs, name):
    logs.create_log_group(logGroupName=f"{name}/web", tags={"team": f"{name}-blue"})
    logs.create_log_group(logGroupName=f"{name}/db", tags={"team": f"{name}-red"}, logGroupClass="INFREQUENT_ACCESS")
    logs.create_log_group(logGroupName=f"app/{name}/x", tags={"stage": "test"})

    def listed(**options):
        pager = logs.get_paginator("list_log_groups") if logs.can_paginate("list_log_groups") else None
        if pager is None:
            return [each["logGroupName"] for each in logs.list_log_groups(**options)["logGroups"]]
        return [each["logGroupName"] for page in pager.paginate(**options) for each in page["logGroups"]]

    assert listed(logGroupNamePattern=f"{name}/") == [f"app/{name}/x", f"{name}/db", f"{name}/web"]
    assert listed(logGroupNamePattern=f"^{name}/") == [f"{name}/db", f"{name}/web"]
    assert listed(logGroupNamePattern=f"^{name}/|^app/{name}", limit=1)[:1] == [f"app/{name}/x"]
    assert listed(logGroupNamePattern=f"^{name}/", logGroupClass="INFREQUENT_ACCESS") == [f"{name}/db"]
    assert listed(logGroupTags=[{"key": "team", "values": [f"{name}-*"]}]) == [f"{name}/db", f"{name}/web"]
    assert listed(logGroupTags=[{"key": "team", "values": [f"{name}-*", f"!{name}-red"]}]) == [f"{name}/web"]
    (found,) = logs.list_log_groups(logGroupNamePattern=f"^{name}/web")["logGroups"]
    assert found == {"logGroupName": f"{name}/web", "logGroupArn": f"{ARN}{name}/web", "logGroupClass": "STANDARD"}


def test_bad_page_of_groups_is_refused(logs, refused):
    assert refused(logs.list_log_groups, nextToken="nonsense")[0] == "InvalidParameterException"


# Metric filters

METRIC = {"metricName": "errors", "metricNamespace": "mine", "metricValue": "1"}


def test_metric_filter_is_kept_counted_and_deleted_with_its_group(logs, group, refused):
    metric = METRIC | {"metricValue": "$.took", "dimensions": {"level": "$.level"}, "unit": "Milliseconds"}
    given = {"logGroupName": group, "filterName": "f", "filterPattern": "{ $.took > 5 }", "metricTransformations": [metric]}
    logs.put_metric_filter(**given)
    (found,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert found.pop("creationTime") > 0
    assert found == given | {"applyOnTransformedLogs": False}
    assert described(logs, group)["metricFilterCount"] == 1
    logs.put_metric_filter(**(given | {"filterPattern": "[took, level]", "metricTransformations": [METRIC]}))
    (found,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert found["filterPattern"] == "[took, level]"
    logs.delete_metric_filter(logGroupName=group, filterName="f")
    missing = ("ResourceNotFoundException", "The specified metric filter does not exist.")
    assert refused(logs.delete_metric_filter, logGroupName=group, filterName="f") == missing
    logs.put_metric_filter(**given)
    logs.delete_log_group(logGroupName=group)
    logs.create_log_group(logGroupName=group)
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []


def test_metric_filters_are_found_by_prefix_and_metric(logs, name):
    for each in ("a", "b"):
        logs.create_log_group(logGroupName=f"{name}/{each}")
        for filter in ("one", "other", "two"):
            metric = METRIC | {"metricName": f"{name}-{filter}"}
            logs.put_metric_filter(
                logGroupName=f"{name}/{each}", filterName=filter, filterPattern="", metricTransformations=[metric]
            )
    found = logs.describe_metric_filters(logGroupName=f"{name}/a", filterNamePrefix="o")["metricFilters"]
    assert [each["filterName"] for each in found] == ["one", "other"]
    found = logs.describe_metric_filters(metricNamespace="mine", metricName=f"{name}-two")["metricFilters"]
    assert [each["logGroupName"] for each in found] == [f"{name}/a", f"{name}/b"]
    pages = logs.get_paginator("describe_metric_filters").paginate(logGroupName=f"{name}/b", PaginationConfig={"PageSize": 2})
    assert [[each["filterName"] for each in page["metricFilters"]] for page in pages] == [["one", "other"], ["two"]]


def test_bad_metric_filters_are_refused(logs, group, refused):
    def why(pattern="", **metric):
        parameters = {"filterName": "f", "filterPattern": pattern, "metricTransformations": [METRIC | metric]}
        code, message = refused(logs.put_metric_filter, logGroupName=group, **parameters)
        assert code == "InvalidParameterException"
        return message

    assert why("{ $.a") .startswith("Invalid filter pattern: ")
    assert "does not support dimensions" in why("ERROR", dimensions={"a": "$.a"})
    assert "mutually exclusive" in why("{ $.a = 1 }", dimensions={"a": "$.a"}, defaultValue=0)
    assert "metric value" in why(metricValue="many")
    assert "reserved" in why(metricNamespace="AWS/ECS")
    assert refused(logs.describe_metric_filters, metricName="x")[0] == "InvalidParameterException"
    for call in (logs.describe_metric_filters, logs.describe_subscription_filters):
        assert refused(call, logGroupName="no-such") == NO_GROUP


def test_group_has_five_filters_with_regular_expressions(logs, group, refused):
    for number in range(5):
        logs.put_metric_filter(
            logGroupName=group, filterName=f"f{number}", filterPattern="%a.b%", metricTransformations=[METRIC]
        )
    sixth = {"filterName": "g", "filterPattern": "%a.b%", "metricTransformations": [METRIC]}
    assert refused(logs.put_metric_filter, logGroupName=group, **sixth)[0] == "LimitExceededException"


def test_pattern_is_tried_on_texts(logs, refused):
    access = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534'
    answer = logs.test_metric_filter(
        filterPattern="[ip, id, user, timestamp, request, status_code = 200, size]",
        logEventMessages=["no match", access],
    )
    assert answer["matches"] == [
        {
            "eventNumber": 2,
            "eventMessage": access,
            "extractedValues": {
                "$ip": "127.0.0.1",
                "$id": "-",
                "$user": "frank",
                "$timestamp": "10/Oct/2000:13:25:15 -0700",
                "$request": "GET /apache_pb.gif HTTP/1.0",
                "$status_code": "200",
                "$size": "1534",
            },
        }
    ]
    answer = logs.test_metric_filter(filterPattern="{ $.a.b > 1 }", logEventMessages=['{"a": {"b": 2}}'])
    assert answer["matches"][0]["extractedValues"] == {"$.a.b": "2"}
    assert refused(logs.test_metric_filter, filterPattern="{", logEventMessages=["x"])[0] == "InvalidParameterException"


def test_there_are_no_subscription_filters(logs, group, refused):
    assert logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"] == []
    missing = ("ResourceNotFoundException", "The specified subscription filter does not exist.")
    assert refused(logs.delete_subscription_filter, logGroupName=group, filterName="f") == missing


# Resource policies

POLICY = '{"Version": "2012-10-17", "Statement": []}'


def test_resource_policies_are_kept_by_name(logs, name, refused):
    answer = logs.put_resource_policy(policyName=name, policyDocument=POLICY)["resourcePolicy"]
    assert answer["policyName"] == name and answer["policyDocument"] == POLICY and answer["lastUpdatedTime"] > 0
    found = [each["policyName"] for each in logs.describe_resource_policies()["resourcePolicies"]]
    assert name in found
    logs.delete_resource_policy(policyName=name)
    missing = ("ResourceNotFoundException", f"Policy with name [{name}] does not exist.")
    assert refused(logs.delete_resource_policy, policyName=name) == missing
    assert refused(logs.put_resource_policy, policyName=name, policyDocument="{")[0] == "InvalidParameterException"
    assert refused(logs.put_resource_policy, policyDocument=POLICY)[0] == "InvalidParameterException"


def test_policy_of_a_group_has_revisions(logs, group, refused):
    first = logs.put_resource_policy(resourceArn=ARN + group, policyDocument=POLICY)["revisionId"]
    second = logs.put_resource_policy(resourceArn=ARN + group, policyDocument=POLICY, expectedRevisionId=first)["revisionId"]
    assert second != first
    late = refused(logs.put_resource_policy, resourceArn=ARN + group, policyDocument=POLICY, expectedRevisionId=first)
    assert late[0] == "OperationAbortedException"
    (found,) = logs.describe_resource_policies(resourceArn=ARN + group)["resourcePolicies"]
    assert (found["resourceArn"], found["policyScope"], found["revisionId"]) == (ARN + group, "RESOURCE", second)
    logs.delete_resource_policy(resourceArn=ARN + group, expectedRevisionId=second)


def test_account_has_ten_policies_in_a_region(berth, refused):
    logs = berth.client("logs", region="eu-north-1")
    for number in range(10):
        logs.put_resource_policy(policyName=f"p{number}", policyDocument=POLICY)
    assert refused(logs.put_resource_policy, policyName="p10", policyDocument=POLICY)[0] == "LimitExceededException"
    logs.put_resource_policy(policyName="p9", policyDocument=POLICY)


# Saved queries


def test_saved_queries_are_kept_changed_and_deleted(logs, name, refused):
    token = str(uuid.uuid4())
    given = {"name": f"{name}/b", "queryString": "fields @message", "logGroupNames": ["x"]}
    made = logs.put_query_definition(**given, clientToken=token)["queryDefinitionId"]
    assert logs.put_query_definition(**given, clientToken=token)["queryDefinitionId"] == made
    logs.put_query_definition(name=f"{name}/a", queryString="limit 1")
    logs.put_query_definition(**(given | {"queryString": "limit 2"}), queryDefinitionId=made)
    found = logs.describe_query_definitions(queryDefinitionNamePrefix=f"{name}/")["queryDefinitions"]
    assert [(each["name"], each["queryString"]) for each in found] == [(f"{name}/a", "limit 1"), (f"{name}/b", "limit 2")]
    first = logs.describe_query_definitions(queryDefinitionNamePrefix=f"{name}/", maxResults=1)
    rest = logs.describe_query_definitions(
        queryDefinitionNamePrefix=f"{name}/", maxResults=1, nextToken=first["nextToken"]
    )
    assert [each["name"] for each in rest["queryDefinitions"]] == [f"{name}/b"] and "nextToken" not in rest
    assert logs.delete_query_definition(queryDefinitionId=made)["success"] is True
    assert refused(logs.delete_query_definition, queryDefinitionId=made)[0] == "ResourceNotFoundException"
    gone = refused(logs.put_query_definition, **given, queryDefinitionId=made)
    assert gone[0] == "ResourceNotFoundException"


NOT_FOR_NODES = {
    "put_retention_policy": {"logGroupName": "g", "retentionInDays": 1},
    "delete_retention_policy": {"logGroupName": "g"},
    "put_log_group_deletion_protection": {"logGroupIdentifier": "g", "deletionProtectionEnabled": False},
    "tag_resource": {"resourceArn": ARN + "g", "tags": {"a": "b"}},
    "untag_resource": {"resourceArn": ARN + "g", "tagKeys": ["a"]},
    "list_tags_for_resource": {"resourceArn": ARN + "g"},
    "tag_log_group": {"logGroupName": "g", "tags": {"a": "b"}},
    "untag_log_group": {"logGroupName": "g", "tags": ["a"]},
    "list_tags_log_group": {"logGroupName": "g"},
    "list_log_groups": {},
    "put_metric_filter": {
        "logGroupName": "g",
        "filterName": "f",
        "filterPattern": "",
        "metricTransformations": [METRIC],
    },
    "describe_metric_filters": {},
    "delete_metric_filter": {"logGroupName": "g", "filterName": "f"},
    "test_metric_filter": {"filterPattern": "", "logEventMessages": ["x"]},
    "describe_subscription_filters": {"logGroupName": "g"},
    "delete_subscription_filter": {"logGroupName": "g", "filterName": "f"},
    "put_resource_policy": {"policyName": "p", "policyDocument": POLICY},
    "describe_resource_policies": {},
    "delete_resource_policy": {"policyName": "p"},
    "put_query_definition": {"name": "q", "queryString": "limit 1"},
    "describe_query_definitions": {},
    "delete_query_definition": {"queryDefinitionId": "q"},
}


@pytest.mark.parametrize("operation", NOT_FOR_NODES)
def test_node_sets_up_nothing(berth, refused, operation):
    node = berth.client("logs", key=berth.node_key())
    code, message = refused(getattr(node, operation), **NOT_FOR_NODES[operation])
    assert code == "AccessDeniedException" and "not authorized to perform: logs:" in message
