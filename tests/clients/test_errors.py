"""What each operation refuses, with the code and the text that clients go by."""

import pytest

from agent import Agent
from conftest import CONTAINER

ABSENT = "0" * 32
ACCOUNT = "arn:aws:ecs:us-east-1:000000000000"
TASK = f"{ACCOUNT}:task/default/{ABSENT}"
INSTANCE = f"{ACCOUNT}:container-instance/default/{ABSENT}"

# Operations in a cluster, with what they need besides.
CLUSTERED = {
    "delete_cluster": {},
    "describe_container_instances": {"containerInstances": [ABSENT]},
    "describe_tasks": {"tasks": [ABSENT]},
    "deregister_container_instance": {"containerInstance": ABSENT},
    "list_container_instances": {},
    "list_tasks": {},
    "register_container_instance": {},
    "run_task": {"taskDefinition": "any"},
    "start_task": {"taskDefinition": "any", "containerInstances": [ABSENT]},
    "stop_task": {"task": ABSENT},
    "submit_task_state_change": {"task": ABSENT, "status": "RUNNING"},
    "submit_attachment_state_changes": {"attachments": []},
    "submit_container_state_change": {"task": ABSENT, "status": "RUNNING"},
    "update_cluster": {},
    "update_cluster_settings": {"settings": [{"name": "containerInsights", "value": "enabled"}]},
    "put_cluster_capacity_providers": {"capacityProviders": [], "defaultCapacityProviderStrategy": []},
    "update_container_instances_state": {"containerInstances": [ABSENT], "status": "DRAINING"},
    "update_container_agent": {"containerInstance": ABSENT},
    "put_attributes": {"attributes": [{"name": "a", "targetId": ABSENT, "targetType": "container-instance"}]},
    "delete_attributes": {"attributes": [{"name": "a", "targetId": ABSENT, "targetType": "container-instance"}]},
    "list_attributes": {"targetType": "container-instance"},
}


@pytest.mark.parametrize("operation", CLUSTERED)
def test_unknown_cluster_is_not_found(ecs, refused, operation):
    call = getattr(ecs, operation)
    for cluster in ["no-such-cluster", f"{ACCOUNT}:cluster/no-such-cluster"]:
        assert refused(call, cluster=cluster, **CLUSTERED[operation]) == (
            "ClusterNotFoundException",
            "Cluster not found.",
        )


@pytest.mark.parametrize("operation", [*CLUSTERED, "discover_poll_endpoint"])
def test_what_names_no_cluster_is_refused(ecs, refused, operation):
    call = getattr(ecs, operation)
    for cluster, text in {
        "no cluster": "Cluster must match",
        "x" * 256: "Cluster must match",
        f"{ACCOUNT}:task-definition/web:1": "is not a cluster",
        "arn:aws:ecs": "Invalid identifier",
        "arn:aws:ecs:eu-west-1:000000000000:cluster/default": "Invalid Region in ARN",
        "arn:aws:ecs:us-east-1:111111111111:cluster/default": "Identifier is for account 111111111111",
    }.items():
        code, said = refused(call, cluster=cluster, **CLUSTERED.get(operation, {}))
        assert code == "InvalidParameterException" and text in said, said


@pytest.mark.parametrize("operation", ["run_task", "stop_task", "describe_tasks", "list_tasks", "start_task"])
def test_deleted_cluster_is_not_found(ecs, cluster, refused, operation):
    ecs.delete_cluster(cluster=cluster)
    code, _ = refused(getattr(ecs, operation), cluster=cluster, **CLUSTERED[operation])
    assert code == "ClusterNotFoundException"


# Operation, parameters, code, and a part of the text.
REFUSALS = [
    ("create_cluster", {"clusterName": "no name"}, "InvalidParameterException", "Cluster must match"),
    (
        "create_cluster",
        {"clusterName": "c", "settings": [{"name": "containerInsights", "value": "much"}]},
        "InvalidParameterException",
        "containerInsights must be enabled, enhanced or disabled",
    ),
    (
        "create_cluster",
        {"clusterName": "c", "settings": [{"name": "other", "value": "enabled"}]},
        "InvalidParameterException",
        "settings.1.member.name",
    ),
    (
        "create_cluster",
        {"clusterName": "c", "capacityProviders": ["mine"]},
        "InvalidParameterException",
        "The specified capacity provider 'mine' was not found.",
    ),
    (
        "create_cluster",
        {"clusterName": "c", "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
        "InvalidParameterException",
        "not associated with the cluster",
    ),
    (
        "create_cluster",
        {
            "clusterName": "c",
            "capacityProviders": ["FARGATE"],
            "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1001}],
        },
        "InvalidParameterException",
        "weight",
    ),
    (
        "create_cluster",
        {"clusterName": "c", "tags": [{"key": "aws:mine", "value": "x"}]},
        "InvalidParameterException",
        "reserved",
    ),
    (
        "create_cluster",
        {"clusterName": "c", "tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]},
        "InvalidParameterException",
        "Duplicate tag keys found.",
    ),
    (
        "create_cluster",
        {"clusterName": "c", "tags": [{"key": str(n), "value": ""} for n in range(51)]},
        "InvalidParameterException",
        "less than or equal to 50",
    ),
    ("describe_clusters", {"clusters": ["c"] * 101}, "InvalidParameterException", "clusters can have at most 100 items."),
    ("list_clusters", {"maxResults": 0}, "InvalidParameterException", "maxResults"),
    ("register_task_definition", {"family": "f", "containerDefinitions": []}, "ClientException", ""),
    (
        "register_task_definition",
        {"family": "f", "containerDefinitions": [CONTAINER], "networkMode": "wire"},
        "InvalidParameterException",
        "networkMode",
    ),
    (
        "register_task_definition",
        {"family": "f", "containerDefinitions": [CONTAINER], "tags": [{"key": "", "value": ""}]},
        "InvalidParameterException",
        "tags.1.member.key",
    ),
    ("describe_task_definition", {"taskDefinition": "none"}, "ClientException", "Unable to describe task definition."),
    (
        "describe_task_definition",
        {"taskDefinition": f"{ACCOUNT}:cluster/default"},
        "InvalidParameterException",
        "is not a task definition",
    ),
    ("deregister_task_definition", {"taskDefinition": "f"}, "ClientException", "Revision is missing."),
    (
        "deregister_task_definition",
        {"taskDefinition": "arn:aws:ecs:us-west-2:000000000000:task-definition/f:1"},
        "InvalidParameterException",
        "Invalid Region in ARN",
    ),
    (
        "delete_task_definitions",
        {"taskDefinitions": ["f:1"] * 11},
        "InvalidParameterException",
        "between 1 and 10 entries",
    ),
    ("delete_task_definitions", {"taskDefinitions": []}, "InvalidParameterException", "between 1 and 10 entries"),
    ("list_task_definitions", {"status": "GONE"}, "InvalidParameterException", "status"),
    ("list_task_definitions", {"sort": "UP"}, "InvalidParameterException", "sort"),
    ("list_task_definition_families", {"status": "GONE"}, "InvalidParameterException", "status"),
    (
        "register_container_instance",
        {"totalResources": [{"name": "CPU", "type": "INTEGER", "integerValue": -1}]},
        "InvalidParameterException",
        "CPU",
    ),
    (
        "register_container_instance",
        {"totalResources": [{"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["65536"]}]},
        "InvalidParameterException",
        "PORTS",
    ),
    (
        "register_container_instance",
        {"attributes": [{"name": "x" * 129}]},
        "InvalidParameterException",
        "Invalid attribute",
    ),
    (
        "register_container_instance",
        {"containerInstanceArn": INSTANCE},
        "InvalidParameterException",
        "The specified container instance was not found.",
    ),
    ("describe_container_instances", {"containerInstances": []}, "InvalidParameterException", "cannot be empty"),
    (
        "describe_container_instances",
        {"containerInstances": [ABSENT] * 101},
        "InvalidParameterException",
        "instanceIds can have at most 100 items.",
    ),
    (
        "describe_container_instances",
        {"containerInstances": ["short"]},
        "InvalidParameterException",
        "containerInstanceId length should be one of [32,36]",
    ),
    ("describe_container_instances", {"containerInstances": [TASK]}, "InvalidParameterException", "is not a container"),
    (
        "deregister_container_instance",
        {"containerInstance": ABSENT},
        "InvalidParameterException",
        "The specified container instance was not found.",
    ),
    ("list_container_instances", {"status": "GONE"}, "InvalidParameterException", "status"),
    ("list_container_instances", {"filter": "a ==="}, "InvalidParameterException", "filter"),
    ("discover_poll_endpoint", {"containerInstance": "short"}, "InvalidParameterException", "containerInstanceId length"),
    ("describe_services", {"services": ["s"] * 11}, "InvalidParameterException", "service names can have at most 10 items."),
    ("describe_tasks", {"tasks": []}, "InvalidParameterException", "Tasks cannot be empty."),
    ("describe_tasks", {"tasks": [ABSENT] * 101}, "InvalidParameterException", "taskIds can have at most 100 items."),
    ("describe_tasks", {"tasks": ["short"]}, "InvalidParameterException", "taskId length should be one of [32,36]"),
    ("describe_tasks", {"tasks": ["z" * 32]}, "InvalidParameterException", "Invalid taskId"),
    ("describe_tasks", {"tasks": [INSTANCE]}, "InvalidParameterException", "is not a task"),
    ("list_tasks", {"containerInstance": ABSENT}, "InvalidParameterException", "container instance was not found"),
    ("list_tasks", {"serviceName": "web"}, "ServiceNotFoundException", "Service not found."),
    ("list_tasks", {"desiredStatus": "GONE"}, "InvalidParameterException", "desiredStatus"),
    ("list_tasks", {"launchType": "CLOUD"}, "InvalidParameterException", "launchType"),
    ("run_task", {"taskDefinition": "none"}, "InvalidParameterException", "TaskDefinition not found."),
    ("run_task", {"taskDefinition": "a b"}, "ClientException", "Family contains invalid characters."),
    (
        "start_task",
        {"taskDefinition": "none", "containerInstances": []},
        "InvalidParameterException",
        "cannot be empty",
    ),
    (
        "start_task",
        {"taskDefinition": "none", "containerInstances": [ABSENT] * 11},
        "InvalidParameterException",
        "instanceIds can have at most 10 items.",
    ),
    (
        "start_task",
        {"taskDefinition": "none", "containerInstances": [ABSENT]},
        "InvalidParameterException",
        "TaskDefinition not found.",
    ),
    (
        "start_task",
        {"taskDefinition": "f:x", "containerInstances": [ABSENT]},
        "ClientException",
        "Invalid revision number. Number: x",
    ),
    ("stop_task", {"task": ABSENT}, "InvalidParameterException", "The referenced task was not found."),
    ("stop_task", {"task": "short"}, "InvalidParameterException", "taskId length should be one of [32,36]"),
    ("stop_task", {"task": ABSENT, "reason": "x" * 1025}, "InvalidParameterException", "reason longer than 1024."),
    (
        "submit_task_state_change",
        {"task": ABSENT, "status": "RUNNING"},
        "InvalidParameterException",
        "The referenced task was not found.",
    ),
    ("submit_task_state_change", {"task": ABSENT, "status": "MAYBE"}, "InvalidParameterException", "Invalid status"),
    ("submit_task_state_change", {"status": "RUNNING"}, "InvalidParameterException", "taskId"),
    (
        "submit_attachment_state_changes",
        {"attachments": [{"attachmentArn": f"{ACCOUNT}:attachment/{ABSENT}", "status": "ATTACHED"}]},
        "InvalidParameterException",
        "was not found",
    ),
    (
        "submit_attachment_state_changes",
        {"attachments": [{"attachmentArn": TASK, "status": "ATTACHED"}]},
        "InvalidParameterException",
        "is not an attachment",
    ),
]


@pytest.mark.parametrize(
    "operation, parameters, code, text", REFUSALS, ids=[f"{row[0]}-{number}" for number, row in enumerate(REFUSALS)]
)
def test_refusal_has_its_code_and_text(unchecked, refused, operation, parameters, code, text):
    assert_refused(refused(getattr(unchecked, operation), **parameters), code, text)


def assert_refused(said, code, text):
    assert said[0] == code and text in said[1], said


def test_task_of_another_cluster_is_refused(ecs, agent, family, refused):
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"][0]["taskArn"]
    said = refused(ecs.stop_task, task=task)
    assert_refused(said, "InvalidParameterException", f"Identifier is for cluster {agent.cluster}. Your cluster is default")


@pytest.mark.parametrize(
    "members, text",
    [
        ({"group": "x" * 256}, "group longer than 255."),
        ({"startedBy": "x" * 129}, "startedBy longer than 128."),
        ({"platformVersion": "1.4.0"}, "platform version"),
        ({"propagateTags": "SERVICE"}, "propagateTags"),
        ({"tags": [{"key": "aws:x", "value": ""}]}, "reserved"),
        ({"placementStrategy": [{"type": "spread", "field": "memory"}]}, "placement strategy"),
        ({"placementStrategy": [{"type": "random"}] * 6}, "Too many placement strategies"),
        ({"placementConstraints": [{"type": "distinctInstance"}] * 11}, "Too many placement constraints"),
        ({"placementStrategy": [{"type": "binpack", "field": "disk"}]}, "placement strategy"),
        ({"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]}, "not associated with the cluster"),
        ({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}}, "Network Configuration is not valid"),
        ({"launchType": "CLOUD"}, "launchType"),
        ({"overrides": {"cpu": "none"}}, "'cpu' override"),
    ],
)
def test_run_task_checks_what_it_is_told(ecs, agent, family, refused, members, text):
    assert_refused(
        refused(ecs.run_task, cluster=agent.cluster, taskDefinition=family, **members), "InvalidParameterException", text
    )


@pytest.mark.parametrize(
    "members, text",
    [
        ({"enableExecuteCommand": True}, "enableExecuteCommand"),
        ({"launchType": "MANAGED_INSTANCES"}, "MANAGED_INSTANCES"),
        ({"overrides": {"taskRoleArn": "arn:aws:iam::000000000000:role/r"}}, "overrides.taskRoleArn"),
        ({"volumeConfigurations": [{"name": "v"}]}, "volumeConfigurations"),
    ],
)
def test_what_does_not_act_yet_is_refused_by_name(ecs, agent, family, refused, members, text):
    assert_refused(
        refused(ecs.run_task, cluster=agent.cluster, taskDefinition=family, **members), "UnsupportedFeatureException", text
    )


def test_awsvpc_task_wants_a_network_configuration(ecs, agent, name, refused):
    ecs.register_task_definition(family=name, networkMode="awsvpc", containerDefinitions=[CONTAINER])
    assert_refused(
        refused(ecs.run_task, cluster=agent.cluster, taskDefinition=name),
        "InvalidParameterException",
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    )


def test_second_refusal_of_a_cluster_in_use_names_its_instances(ecs, cluster, refused):
    Agent(ecs, cluster).register()
    code, _ = refused(ecs.delete_cluster, cluster=cluster)
    assert code == "ClusterContainsContainerInstancesException"
