"""Two callers exist: root may do anything; the node's key may do what its agent needs, for its own instances and tasks."""

import pytest
from botocore.exceptions import ClientError

from agent import Agent, change
from conftest import CONTAINER

ABSENT = "0" * 32
CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/default"

# Everything that is built, with what it needs; the node's key may do none of it to what is not its own.
DENIED = {
    "create_cluster": {"clusterName": "by-node"},
    "delete_cluster": {"cluster": "default"},
    "describe_clusters": {},
    "list_clusters": {},
    "register_task_definition": {"family": "by-node", "containerDefinitions": [CONTAINER]},
    "describe_task_definition": {"taskDefinition": "web"},
    "deregister_task_definition": {"taskDefinition": "web:1"},
    "delete_task_definitions": {"taskDefinitions": ["web:1"]},
    "list_task_definitions": {},
    "list_task_definition_families": {},
    "describe_container_instances": {"containerInstances": [ABSENT]},
    "deregister_container_instance": {"containerInstance": ABSENT},
    "list_container_instances": {},
    "describe_tasks": {"tasks": [ABSENT]},
    "list_tasks": {},
    "run_task": {"taskDefinition": "web"},
    "start_task": {"taskDefinition": "web", "containerInstances": [ABSENT]},
    "stop_task": {"task": ABSENT},
    "submit_task_state_change": {"task": ABSENT, "status": "RUNNING"},
    "update_cluster": {"cluster": "default"},
    "update_cluster_settings": {"cluster": "default", "settings": []},
    "put_cluster_capacity_providers": {
        "cluster": "default",
        "capacityProviders": [],
        "defaultCapacityProviderStrategy": [],
    },
    "update_container_instances_state": {"containerInstances": [ABSENT], "status": "ACTIVE"},
    "update_container_agent": {"containerInstance": ABSENT},
    "submit_container_state_change": {"task": ABSENT, "status": "RUNNING"},
    "tag_resource": {"resourceArn": CLUSTER, "tags": [{"key": "a", "value": ""}]},
    "untag_resource": {"resourceArn": CLUSTER, "tagKeys": ["a"]},
    "list_tags_for_resource": {"resourceArn": CLUSTER},
    "put_attributes": {"attributes": [{"name": "a", "targetId": ABSENT, "targetType": "container-instance"}]},
    "delete_attributes": {"attributes": [{"name": "a", "targetId": ABSENT, "targetType": "container-instance"}]},
    "list_attributes": {"targetType": "container-instance"},
    "list_account_settings": {},
    "put_account_setting": {"name": "containerInsights", "value": "enabled"},
    "put_account_setting_default": {"name": "containerInsights", "value": "enabled"},
    "delete_account_setting": {"name": "containerInsights"},
    "create_service": {"serviceName": "by-node", "taskDefinition": "web", "desiredCount": 1},
    "update_service": {"service": "web"},
    "delete_service": {"service": "web"},
    "describe_services": {"services": ["web"]},
    "list_services": {},
    "list_services_by_namespace": {"namespace": "internal"},
    "create_capacity_provider": {"name": "by-node", "autoScalingGroupProvider": {"autoScalingGroupArn": "a"}},
    "update_capacity_provider": {"name": "by-node"},
    "delete_capacity_provider": {"capacityProvider": "by-node"},
    "describe_capacity_providers": {},
    "describe_service_deployments": {"serviceDeploymentArns": ["any"]},
    "list_service_deployments": {"service": "web"},
    "describe_service_revisions": {"serviceRevisionArns": ["any"]},
    "stop_service_deployment": {"serviceDeploymentArn": "any"},
    "continue_service_deployment": {"serviceDeploymentArn": "any", "hookId": "any"},
    "get_task_protection": {"cluster": "default", "tasks": [ABSENT]},
    "update_task_protection": {"cluster": "default", "tasks": [ABSENT], "protectionEnabled": True},
    "create_task_set": {"cluster": "default", "service": "web", "taskDefinition": "web"},
    "update_task_set": {"cluster": "default", "service": "web", "taskSet": "any", "scale": {"value": 1}},
    "delete_task_set": {"cluster": "default", "service": "web", "taskSet": "any"},
    "describe_task_sets": {"cluster": "default", "service": "web"},
    "update_service_primary_task_set": {"cluster": "default", "service": "web", "primaryTaskSet": "any"},
    "submit_attachment_state_changes": {
        "attachments": [{"attachmentArn": f"arn:aws:ecs:us-east-1:000000000000:attachment/{ABSENT}", "status": "ATTACHED"}]
    },
}


@pytest.mark.parametrize("operation", DENIED)
def test_node_is_denied(node, berth, refused, operation):
    code, text = refused(getattr(node, operation), **DENIED[operation])
    assert code == "AccessDeniedException"
    caller = f"arn:aws:iam::000000000000:user/berth/node/{berth.node_key().id}"
    assert text.startswith(f"User: {caller} is not authorized to perform: ecs:"), text


def test_denied_call_tells_nothing_of_what_exists(node, cluster, refused):
    """The same answer, whether there is such a thing or not."""
    texts = {refused(node.delete_cluster, cluster=name)[1].replace(name, "") for name in [cluster, cluster + "-absent"]}
    assert len(texts) == 1


def test_node_registers_and_reports_for_its_own(node, ecs, cluster, family):
    agent = Agent(node, cluster).register()
    assert node.discover_poll_endpoint(cluster=cluster, containerInstance=agent.instance)["endpoint"]
    agent.register(containerInstanceArn=agent.instance)
    task = ecs.run_task(cluster=cluster, taskDefinition=family)["tasks"][0]["taskArn"]
    agent.runs(task)
    agent.stops(task)
    assert ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]["lastStatus"] == "STOPPED"


def test_node_does_not_touch_instances_and_tasks_of_others(node, ecs, cluster, family, refused):
    foreign = Agent(ecs, cluster).register()
    task = ecs.run_task(cluster=cluster, taskDefinition=family)["tasks"][0]["taskArn"]
    thief = Agent(node, cluster)
    for call, arguments in [
        (thief.register, {"containerInstanceArn": foreign.instance}),
        (node.discover_poll_endpoint, {"cluster": cluster, "containerInstance": foreign.instance}),
        (
            node.submit_task_state_change,
            {"cluster": cluster, "task": task, "status": "STOPPED", "containers": [change("STOPPED", exitCode=0)]},
        ),
    ]:
        code, text = refused(call, **arguments)
        assert code == "AccessDeniedException" and "another node" in text
    assert ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]["lastStatus"] == "PENDING"


def test_everyone_may_ask_who_they_are(berth):
    root = berth.client("sts").get_caller_identity()
    assert root["Account"] == "000000000000" == root["UserId"]
    assert root["Arn"] == "arn:aws:iam::000000000000:root"
    key = berth.node_key()
    node = berth.client("sts", key=key).get_caller_identity()
    assert node["Arn"] == f"arn:aws:iam::000000000000:user/berth/node/{key.id}" and node["UserId"] == key.id


def test_operation_that_is_not_built_is_denied_to_the_node_first(node):
    with pytest.raises(ClientError) as caught:
        node.create_daemon(daemonName="web", daemonTaskDefinitionArn="web:1", capacityProviderArns=[])
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_root_is_not_an_instances_owner_and_may_do_all_the_same(node, ecs, cluster):
    agent = Agent(node, cluster).register()
    Agent(ecs, cluster).register(containerInstanceArn=agent.instance)
    gone = ecs.deregister_container_instance(cluster=cluster, containerInstance=agent.instance)
    assert gone["containerInstance"]["status"] == "INACTIVE"
