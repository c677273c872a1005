"""TagResource, UntagResource, ListTagsForResource."""

import pytest

from agent import Agent
from conftest import CONTAINER

ABSENT = "0" * 32
ACCOUNT = "arn:aws:ecs:us-east-1:000000000000"
BLUE = {"key": "team", "value": "blue"}


def tags(ecs, arn):
    return ecs.list_tags_for_resource(resourceArn=arn)["tags"]


@pytest.fixture(params=["cluster", "instance", "task", "task definition"])
def resource(request, ecs, agent, family):
    """One resource of each kind that has tags."""
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"][0]
    return {
        "cluster": task["clusterArn"],
        "instance": agent.instance,
        "task": task["taskArn"],
        "task definition": task["taskDefinitionArn"],
    }[request.param]


def test_tags_are_set_changed_and_taken_off(ecs, resource):
    assert tags(ecs, resource) == []
    ecs.tag_resource(resourceArn=resource, tags=[BLUE, {"key": "stage", "value": ""}])
    ecs.tag_resource(resourceArn=resource, tags=[{"key": "team", "value": "red"}, {"key": "Team", "value": "x"}])
    assert tags(ecs, resource) == [
        {"key": "team", "value": "red"},
        {"key": "stage", "value": ""},
        {"key": "Team", "value": "x"},
    ]
    ecs.untag_resource(resourceArn=resource, tagKeys=["team", "absent"])
    assert [tag["key"] for tag in tags(ecs, resource)] == ["stage", "Team"]
    ecs.untag_resource(resourceArn=resource, tagKeys=["stage", "Team"])
    assert tags(ecs, resource) == []


def test_fifty_tags_are_the_most(ecs, resource, refused):
    ecs.tag_resource(resourceArn=resource, tags=[{"key": str(number), "value": ""} for number in range(50)])
    ecs.tag_resource(resourceArn=resource, tags=[{"key": "7", "value": "changed"}])
    code, _ = refused(ecs.tag_resource, resourceArn=resource, tags=[BLUE])
    assert code == "LimitExceededException"
    assert len(tags(ecs, resource)) == 50


def test_tags_made_with_a_resource_are_listed_and_described(ecs, name):
    made = ecs.create_cluster(clusterName=name, tags=[BLUE])["cluster"]
    definition = ecs.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER], tags=[BLUE])
    agent = Agent(ecs, name).register(tags=[BLUE])
    task = ecs.run_task(cluster=name, taskDefinition=name, tags=[BLUE])["tasks"][0]
    arns = [made["clusterArn"], definition["taskDefinition"]["taskDefinitionArn"], agent.instance, task["taskArn"]]
    assert [tags(ecs, arn) for arn in arns] == [[BLUE]] * 4
    for arn in arns:
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "more", "value": "1"}])
    more = [BLUE, {"key": "more", "value": "1"}]
    assert ecs.describe_clusters(clusters=[name], include=["TAGS"])["clusters"][0]["tags"] == more
    assert ecs.describe_tasks(cluster=name, tasks=[arns[3]], include=["TAGS"])["tasks"][0]["tags"] == more
    assert ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])["tags"] == more
    described = ecs.describe_container_instances(cluster=name, containerInstances=[arns[2]], include=["TAGS"])
    assert described["containerInstances"][0]["tags"] == more


def test_managed_tags_stay_and_do_not_count(ecs, agent, family, refused):
    task = ecs.run_task(
        cluster=agent.cluster,
        taskDefinition=family,
        enableECSManagedTags=True,
        tags=[{"key": str(number), "value": ""} for number in range(49)],
    )["tasks"][0]["taskArn"]
    managed = {"key": "aws:ecs:clusterName", "value": agent.cluster}
    ecs.tag_resource(resourceArn=task, tags=[BLUE])
    assert managed in tags(ecs, task) and len(tags(ecs, task)) == 51
    code, text = refused(ecs.untag_resource, resourceArn=task, tagKeys=["aws:ecs:clusterName"])
    assert code == "InvalidParameterException" and "reserved" in text
    assert managed in tags(ecs, task)


def test_tags_of_the_definition_go_with_its_tasks_if_asked_for(ecs, agent, name):
    ecs.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER], tags=[BLUE])
    plain = ecs.run_task(cluster=agent.cluster, taskDefinition=name)["tasks"][0]["taskArn"]
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=name, propagateTags="TASK_DEFINITION")["tasks"][0]["taskArn"]
    assert (tags(ecs, plain), tags(ecs, task)) == ([], [BLUE])
    ecs.tag_resource(resourceArn=task, tags=[{"key": "team", "value": "red"}])
    assert ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])["tags"] == [BLUE]


CALLS = {"tag_resource": {"tags": [BLUE]}, "untag_resource": {"tagKeys": ["team"]}, "list_tags_for_resource": {}}

MISSING = {
    f"{ACCOUNT}:task/default/{ABSENT}": "The specified task was not found.",
    f"{ACCOUNT}:container-instance/default/{ABSENT}": "The specified container instance was not found.",
    f"{ACCOUNT}:service/default/web": "The specified service was not found.",
    f"{ACCOUNT}:capacity-provider/mine": "The specified capacity provider was not found.",
    f"{ACCOUNT}:task-definition/no-such-family:1": "The specified task definition does not exist.",
}

INVALID = {
    "not-an-arn": "Invalid identifier",
    "arn:aws:ecr:us-east-1:000000000000:repository/web": "Invalid identifier",
    "arn:aws:ecs:eu-west-1:000000000000:cluster/default": "Invalid Region in ARN",
    "arn:aws:ecs:us-east-1:111111111111:cluster/default": "Identifier is for account 111111111111",
    f"{ACCOUNT}:task/{ABSENT}": "Long arn format must be used for tagging operations",
    f"{ACCOUNT}:service/web": "Long arn format must be used for tagging operations",
    f"{ACCOUNT}:attachment/{ABSENT}": "cannot be tagged",
    f"{ACCOUNT}:task-definition/web": "Invalid identifier",
}


@pytest.mark.parametrize("operation", CALLS)
def test_resource_that_is_not_there_is_refused(ecs, refused, operation):
    code = "InvalidParameterException" if operation.startswith("list") else "ResourceNotFoundException"
    call = getattr(ecs, operation)
    for arn, text in MISSING.items():
        said = refused(call, resourceArn=arn, **CALLS[operation])
        assert said[0] == code and text in said[1], said
    said = refused(call, resourceArn=f"{ACCOUNT}:cluster/no-such-cluster", **CALLS[operation])
    assert said == ("ClusterNotFoundException", "Cluster not found.")


@pytest.mark.parametrize("operation", CALLS)
def test_what_names_no_resource_is_refused(ecs, refused, operation):
    for arn, text in INVALID.items():
        code, said = refused(getattr(ecs, operation), resourceArn=arn, **CALLS[operation])
        assert code == "InvalidParameterException" and text in said, said


@pytest.mark.parametrize("operation", CALLS)
def test_resource_that_is_inactive_is_refused(ecs, agent, cluster, refused, operation):
    ecs.deregister_container_instance(cluster=cluster, containerInstance=agent.instance)
    code, text = refused(getattr(ecs, operation), resourceArn=agent.instance, **CALLS[operation])
    assert code == "InvalidParameterException" and "container instance is inactive" in text
    arn = ecs.delete_cluster(cluster=cluster)["cluster"]["clusterArn"]
    assert refused(getattr(ecs, operation), resourceArn=arn, **CALLS[operation]) == (
        "InvalidParameterException",
        "The specified cluster is inactive. Specify an active cluster and try again.",
    )


def test_stopped_task_keeps_its_tags(ecs, agent, family, refused):
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=family, tags=[BLUE])["tasks"][0]["taskArn"]
    agent.runs(task)
    agent.stops(task)
    for operation in ["tag_resource", "untag_resource"]:
        code, text = refused(getattr(ecs, operation), resourceArn=task, **CALLS[operation])
        assert code == "InvalidParameterException" and "task is stopped" in text
    assert tags(ecs, task) == [BLUE]


def test_revision_that_is_inactive_is_tagged_all_the_same(ecs, family):
    arn = ecs.deregister_task_definition(taskDefinition=f"{family}:1")["taskDefinition"]["taskDefinitionArn"]
    ecs.tag_resource(resourceArn=arn, tags=[BLUE])
    assert tags(ecs, arn) == [BLUE]


@pytest.mark.parametrize(
    "given, text",
    [
        ([{"key": "aws:mine", "value": "x"}], "reserved"),
        ([{"key": "mine", "value": "AWS:x"}], "reserved"),
        ([BLUE, BLUE], "Duplicate tag keys found."),
        ([{"key": "<", "value": ""}], "key"),
        ([{"key": "", "value": ""}], "key"),
        ([{"key": "k" * 129, "value": ""}], "key"),
        ([{"key": "k", "value": "v" * 257}], "value"),
        ([{"key": str(number), "value": ""} for number in range(51)], "less than or equal to 50"),
    ],
)
def test_tags_have_rules(unchecked, cluster, refused, given, text):
    arn = f"{ACCOUNT}:cluster/{cluster}"
    code, said = refused(unchecked.tag_resource, resourceArn=arn, tags=given)
    assert code == "InvalidParameterException" and text in said, said


def test_node_lists_tags_of_its_own_instance_only(ecs, node, cluster, refused):
    own, foreign = Agent(node, cluster).register(tags=[BLUE]), Agent(ecs, cluster).register()
    assert tags(node, own.instance) == [BLUE]
    for arn in [foreign.instance, f"{ACCOUNT}:cluster/{cluster}"]:
        code, _ = refused(node.list_tags_for_resource, resourceArn=arn)
        assert code == "AccessDeniedException"
