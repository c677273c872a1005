"""RunTask and StartTask: what is started where, with what overridden, and what is refused."""

import pytest

from agent import Agent
from conftest import CONTAINER


def test_started_task_is_pending_on_its_instance(ecs, agent, family):
    answer = ecs.run_task(cluster=agent.cluster, taskDefinition=family)
    assert answer["failures"] == []
    task = answer["tasks"][0]
    prefix = "arn:aws:ecs:us-east-1:000000000000"
    assert task["taskArn"].startswith(f"{prefix}:task/{agent.cluster}/")
    assert task["clusterArn"] == f"{prefix}:cluster/{agent.cluster}"
    assert task["taskDefinitionArn"] == f"{prefix}:task-definition/{family}:1"
    assert task["containerInstanceArn"] == agent.instance
    assert (task["lastStatus"], task["desiredStatus"], task["launchType"]) == ("PENDING", "RUNNING", "EC2")
    assert task["group"] == f"family:{family}" and task["version"] == 1
    assert (task["cpu"], task["memory"]) == ("128", "64")
    assert task["availabilityZone"] == "us-east-1a" and task["healthStatus"] == "UNKNOWN"
    assert task["attributes"] == [{"name": "ecs.cpu-architecture", "value": "x86_64"}]
    assert task["overrides"] == {"containerOverrides": [{"name": "main"}], "inferenceAcceleratorOverrides": []}
    assert task["tags"] == [] and task["attachments"] == [] and task["enableExecuteCommand"] is False
    container = task["containers"][0]
    assert container["containerArn"].startswith(f"{prefix}:container/{agent.cluster}/")
    assert container["taskArn"] == task["taskArn"] and container["name"] == "main"
    assert (container["image"], container["lastStatus"], container["cpu"]) == ("busybox", "PENDING", "128")
    assert container["networkBindings"] == [] and container["networkInterfaces"] == []
    for absent in ["startedAt", "stoppedAt", "stoppingAt", "stopCode", "stoppedReason", "startedBy", "pullStartedAt"]:
        assert absent not in task
    assert ecs.describe_tasks(cluster=agent.cluster, tasks=[task["taskArn"]])["tasks"] == [task]


def test_up_to_ten_tasks_start_at_once(ecs, agent, family, refused):
    tasks = ecs.run_task(cluster=agent.cluster, taskDefinition=family, count=10)["tasks"]
    assert len({task["taskArn"] for task in tasks}) == 10
    for count in [0, -1, 11]:
        code, _ = refused(ecs.run_task, cluster=agent.cluster, taskDefinition=family, count=count)
        assert code == "InvalidParameterException"


def test_newest_active_revision_runs_unless_one_is_named(ecs, agent, family):
    ecs.register_task_definition(family=family, networkMode="host", containerDefinitions=[CONTAINER | {"memory": 128}])

    def revision(definition):
        task = ecs.run_task(cluster=agent.cluster, taskDefinition=definition)["tasks"][0]
        return task["taskDefinitionArn"].rsplit(":", 1)[1]

    assert revision(family) == "2"
    assert revision(f"{family}:1") == "1"
    assert revision(f"arn:aws:ecs:us-east-1:000000000000:task-definition/{family}:1") == "1"


def test_inactive_or_unknown_revision_does_not_run(ecs, agent, family, refused):
    ecs.deregister_task_definition(taskDefinition=f"{family}:1")
    assert refused(ecs.run_task, cluster=agent.cluster, taskDefinition=f"{family}:1") == (
        "InvalidParameterException",
        "TaskDefinition is inactive",
    )
    for unknown in [f"{family}:7", family, "no-such-family"]:
        assert refused(ecs.run_task, cluster=agent.cluster, taskDefinition=unknown) == (
            "InvalidParameterException",
            "TaskDefinition not found.",
        )


def test_cluster_without_instances_is_refused(ecs, cluster, family, refused):
    assert refused(ecs.run_task, cluster=cluster, taskDefinition=family) == (
        "InvalidParameterException",
        "No Container Instances were found in your cluster.",
    )


def test_group_starter_and_tags_are_kept(ecs, agent, family):
    task = ecs.run_task(
        cluster=agent.cluster,
        taskDefinition=family,
        group="batch",
        startedBy="ci-42",
        tags=[{"key": "team", "value": "blue"}],
        enableECSManagedTags=True,
    )["tasks"][0]
    assert (task["group"], task["startedBy"]) == ("batch", "ci-42")
    told = ecs.describe_tasks(cluster=agent.cluster, tasks=[task["taskArn"]], include=["TAGS"])["tasks"][0]
    tags = {tag["key"]: tag["value"] for tag in told["tags"]}
    assert tags == {"team": "blue", "aws:ecs:clusterName": agent.cluster}


def test_tags_of_the_definition_are_propagated_when_asked_for(ecs, agent, name):
    ecs.register_task_definition(
        family=name,
        networkMode="host", containerDefinitions=[CONTAINER],
        tags=[{"key": "team", "value": "blue"}, {"key": "stage", "value": "prod"}],
    )
    task = ecs.run_task(
        cluster=agent.cluster,
        taskDefinition=name,
        propagateTags="TASK_DEFINITION",
        tags=[{"key": "stage", "value": "test"}],
    )["tasks"][0]
    assert {tag["key"]: tag["value"] for tag in task["tags"]} == {"team": "blue", "stage": "test"}


def test_overrides_are_described_and_reserved(ecs, agent, family):
    override = {
        "name": "main",
        "command": ["sleep", "1"],
        "environment": [{"name": "A", "value": "1"}],
        "cpu": 512,
        "memory": 256,
        "memoryReservation": 100,
    }
    task = ecs.run_task(
        cluster=agent.cluster,
        taskDefinition=family,
        overrides={"containerOverrides": [override], "cpu": "1024", "memory": "2048"},
    )["tasks"][0]
    assert task["overrides"]["containerOverrides"] == [override]
    assert (task["cpu"], task["memory"]) == ("1024", "2048")
    assert (task["overrides"]["cpu"], task["overrides"]["memory"]) == ("1024", "2048")
    left = agent.remaining()
    assert (left["CPU"], left["MEMORY"]) == (4096 - 1024, 8192 - 2048)


@pytest.mark.parametrize(
    "override, text",
    [
        ({"command": ["x"]}, "Container override's name should not be null or empty."),
        ({"name": "other"}, "Override for container named other is not a container in the TaskDefinition."),
        ({"name": "main", "memory": 5}, "'memory' override"),
        ({"name": "main", "cpu": -1}, "'cpu' override"),
        ({"name": "main", "memory": 64, "memoryReservation": 65}, "'memoryReservation'"),
    ],
)
def test_overrides_that_do_not_fit_are_refused(ecs, agent, family, refused, override, text):
    code, said = refused(
        ecs.run_task, cluster=agent.cluster, taskDefinition=family, overrides={"containerOverrides": [override]}
    )
    assert code == "InvalidParameterException" and text in said


def test_second_override_of_a_container_is_refused(ecs, agent, family, refused):
    twice = [{"name": "main", "command": ["a"]}, {"name": "main", "cpu": 5}]
    code, text = refused(
        ecs.run_task, cluster=agent.cluster, taskDefinition=family, overrides={"containerOverrides": twice}
    )
    assert (code, text) == ("InvalidParameterException", "Container main has more than one override.")


def test_overrides_of_more_than_8192_characters_are_refused(ecs, agent, family, refused):
    long = {"name": "main", "command": ["x" * 8192]}
    code, text = refused(
        ecs.run_task, cluster=agent.cluster, taskDefinition=family, overrides={"containerOverrides": [long]}
    )
    assert code == "InvalidParameterException" and "8192" in text


def test_bridge_runs_also_where_it_is_the_default(ecs, agent, name):
    linked = CONTAINER | {"name": "linked", "links": ["main:other"], "dnsServers": ["10.0.0.2"], "disableNetworking": False}
    for mode in ({"networkMode": "bridge"}, {}):
        ecs.register_task_definition(family=name, containerDefinitions=[CONTAINER, linked], **mode)
        (task,) = ecs.run_task(cluster=agent.cluster, taskDefinition=name)["tasks"]
        assert task["lastStatus"] == "PENDING" and task["attachments"] == []


def test_field_that_does_not_act_yet_is_refused_by_name(ecs, agent, name, refused):
    ecs.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER | {"logConfiguration": {"logDriver": "syslog"}}])
    for run in [ecs.run_task, lambda **call: ecs.start_task(containerInstances=[agent.instance], **call)]:
        code, text = refused(run, cluster=agent.cluster, taskDefinition=name)
        assert code == "UnsupportedFeatureException"
        assert "logConfiguration.logDriver syslog of container 'main'" in text


def test_group_of_a_service_is_the_services_own(ecs, agent, family, refused):
    for run in [ecs.run_task, lambda **call: ecs.start_task(containerInstances=[agent.instance], **call)]:
        code, text = refused(run, cluster=agent.cluster, taskDefinition=family, group="service:web")
        assert (code, text) == ("InvalidParameterException", "Invalid namespace for group.")


def test_definition_of_another_launch_type_is_refused(ecs, agent, family, refused):
    code, text = refused(ecs.run_task, cluster=agent.cluster, taskDefinition=family, launchType="FARGATE")
    assert (code, text) == ("InvalidParameterException", "Task definition does not support launch_type FARGATE.")


def test_launch_type_and_strategy_together_are_refused(ecs, agent, family, refused):
    code, text = refused(
        ecs.run_task,
        cluster=agent.cluster,
        taskDefinition=family,
        launchType="EC2",
        capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
    )
    assert code == "InvalidParameterException" and "launch type and capacity provider strategy" in text


def test_distinct_instances_take_one_task_each(ecs, cluster, family):
    instances = {Agent(ecs, cluster).register().instance for _ in range(3)}
    answer = ecs.run_task(
        cluster=cluster, taskDefinition=family, count=4, placementConstraints=[{"type": "distinctInstance"}]
    )
    assert {task["containerInstanceArn"] for task in answer["tasks"]} == instances
    assert len(answer["tasks"]) == 3
    assert {failure["reason"] for failure in answer["failures"]} == {"DistinctInstance placement constraint unsatisfied."}


def test_member_of_picks_the_instance(ecs, cluster, family, refused):
    Agent(ecs, cluster).register()
    wanted = Agent(ecs, cluster).register(attributes=[{"name": "disk", "value": "ssd"}]).instance
    rule = {"type": "memberOf", "expression": "attribute:disk == ssd"}
    tasks = ecs.run_task(cluster=cluster, taskDefinition=family, count=5, placementConstraints=[rule])["tasks"]
    assert {task["containerInstanceArn"] for task in tasks} == {wanted}
    code, text = refused(
        ecs.run_task,
        cluster=cluster,
        taskDefinition=family,
        placementConstraints=[{"type": "memberOf", "expression": "attribute:"}],
    )
    assert code == "InvalidParameterException" and "constraint" in text


def test_spread_and_binpack_place_as_they_say(ecs, cluster, family):
    for _ in range(3):
        Agent(ecs, cluster).register()

    def instances(**strategy):
        tasks = ecs.run_task(cluster=cluster, taskDefinition=family, count=3, placementStrategy=[strategy])["tasks"]
        return {task["containerInstanceArn"] for task in tasks}

    assert len(instances(type="spread", field="instanceId")) == 3
    assert len(instances(type="binpack", field="memory")) == 1


def test_start_task_puts_one_task_on_each_named_instance(ecs, cluster, family):
    agents = [Agent(ecs, cluster).register() for _ in range(2)]
    absent = "0" * 32
    answer = ecs.start_task(
        cluster=cluster,
        taskDefinition=family,
        containerInstances=[agents[0].instance, agents[1].instance.rsplit("/", 1)[1], absent],
        startedBy="me",
        group="g",
    )
    assert [task["containerInstanceArn"] for task in answer["tasks"]] == [agent.instance for agent in agents]
    assert {(task["startedBy"], task["group"]) for task in answer["tasks"]} == {("me", "g")}
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]


def test_start_task_checks_room_and_attributes(ecs, cluster, name):
    ecs.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER | {"cpu": 4096}])
    small = Agent(ecs, cluster).register(cpu=1024)
    answer = ecs.start_task(cluster=cluster, taskDefinition=name, containerInstances=[small.instance])
    assert answer["tasks"] == []
    assert answer["failures"][0]["arn"] == small.instance and answer["failures"][0]["reason"] == "RESOURCE:CPU"
