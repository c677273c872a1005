"""UpdateContainerInstancesState, UpdateContainerAgent, SubmitContainerStateChange."""

import pytest

from agent import Agent

ABSENT = "0" * 32


def set_state(ecs, agent, status):
    answer = ecs.update_container_instances_state(
        cluster=agent.cluster, containerInstances=[agent.instance], status=status
    )
    assert answer["failures"] == []
    return answer["containerInstances"][0]


def test_draining_instance_takes_no_new_tasks_and_keeps_its_own(ecs, agent, family):
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"][0]["taskArn"]
    agent.runs(task)
    before = agent.describe()
    drained = set_state(ecs, agent, "DRAINING")
    assert drained["status"] == "DRAINING" and drained["version"] == before["version"] + 1
    assert drained["runningTasksCount"] == 1
    cluster = ecs.describe_clusters(clusters=[agent.cluster])["clusters"][0]
    assert cluster["registeredContainerInstancesCount"] == 1
    listed = ecs.list_container_instances(cluster=agent.cluster, status="DRAINING")["containerInstanceArns"]
    assert listed == [agent.instance]
    assert ecs.list_container_instances(cluster=agent.cluster, status="ACTIVE")["containerInstanceArns"] == []
    other = Agent(ecs, agent.cluster).register()
    for _ in range(5):
        placed = ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"][0]
        assert placed["containerInstanceArn"] == other.instance
    started = ecs.start_task(cluster=agent.cluster, taskDefinition=family, containerInstances=[agent.instance])
    assert started["tasks"] == [] and "DRAINING" in started["failures"][0]["detail"]
    assert ecs.describe_tasks(cluster=agent.cluster, tasks=[task])["tasks"][0]["lastStatus"] == "RUNNING"


def test_drained_instance_becomes_active_again(ecs, agent, family, refused):
    set_state(ecs, agent, "DRAINING")
    assert refused(ecs.run_task, cluster=agent.cluster, taskDefinition=family) == (
        "InvalidParameterException",
        "No Container Instances were found in your cluster.",
    )
    assert set_state(ecs, agent, "ACTIVE")["status"] == "ACTIVE"
    assert len(ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"]) == 1


def test_state_stays_when_it_is_set_again_and_when_the_agent_comes_back(ecs, agent):
    version = set_state(ecs, agent, "DRAINING")["version"]
    assert set_state(ecs, agent, "DRAINING")["version"] == version
    agent.register(containerInstanceArn=agent.instance)
    assert agent.describe()["status"] == "DRAINING"


def test_instances_that_cannot_change_are_failures(ecs, agent):
    gone = Agent(ecs, agent.cluster).register()
    ecs.deregister_container_instance(cluster=agent.cluster, containerInstance=gone.instance)
    answer = ecs.update_container_instances_state(
        cluster=agent.cluster, containerInstances=[ABSENT, agent.instance, gone.instance], status="DRAINING"
    )
    assert [instance["containerInstanceArn"] for instance in answer["containerInstances"]] == [agent.instance]
    missing, inactive = answer["failures"]
    assert missing["reason"] == "MISSING" and missing["arn"].endswith(f":container-instance/{agent.cluster}/{ABSENT}")
    assert inactive["reason"] == "INACTIVE" and inactive["arn"] == gone.instance


@pytest.mark.parametrize(
    "parameters, text",
    [
        ({"containerInstances": [], "status": "DRAINING"}, "cannot be empty"),
        ({"containerInstances": [ABSENT] * 11, "status": "DRAINING"}, "instanceIds can have at most 10 items."),
        ({"containerInstances": ["short"], "status": "DRAINING"}, "containerInstanceId length"),
        ({"containerInstances": [ABSENT], "status": "REGISTERING"}, "one of [ACTIVE,DRAINING]"),
        ({"containerInstances": [ABSENT], "status": "GONE"}, "status"),
    ],
)
def test_state_change_checks_what_it_is_told(unchecked, cluster, refused, parameters, text):
    code, said = refused(unchecked.update_container_instances_state, cluster=cluster, **parameters)
    assert code == "InvalidParameterException" and text in said, said


def test_node_drains_its_own_instance_and_no_other(ecs, node, cluster, refused):
    own, foreign = Agent(node, cluster).register(), Agent(ecs, cluster).register()
    assert set_state(node, own, "DRAINING")["status"] == "DRAINING"
    code, _ = refused(
        node.update_container_instances_state,
        cluster=cluster,
        containerInstances=[own.instance, foreign.instance],
        status="ACTIVE",
    )
    assert code == "AccessDeniedException"
    states = ecs.describe_container_instances(cluster=cluster, containerInstances=[own.instance, foreign.instance])
    assert [instance["status"] for instance in states["containerInstances"]] == ["DRAINING", "ACTIVE"]


def test_agent_of_a_known_version_has_no_update(ecs, cluster, refused):
    agent = Agent(ecs, cluster).register(versionInfo={"agentVersion": "1.105.1", "agentHash": "4023248"})
    assert refused(ecs.update_container_agent, cluster=cluster, containerInstance=agent.instance) == (
        "NoUpdateAvailableException",
        "There is no update available for your container agent.",
    )


def test_agent_of_an_unknown_version_is_not_updated(ecs, agent, refused):
    code, text = refused(ecs.update_container_agent, cluster=agent.cluster, containerInstance=agent.instance)
    assert code == "MissingVersionException" and "unable to determine the current version" in text


def test_agent_of_no_instance_is_not_updated(ecs, agent, refused):
    ecs.deregister_container_instance(cluster=agent.cluster, containerInstance=agent.instance)
    for instance in [agent.instance, ABSENT]:
        code, text = refused(ecs.update_container_agent, cluster=agent.cluster, containerInstance=instance)
        assert code == "InvalidParameterException" and "container instance was not found" in text


def report(ecs, agent, task, **members):
    return ecs.submit_container_state_change(cluster=agent.cluster, task=task, containerName="main", **members)


def test_container_is_reported_on_its_own(ecs, agent, family):
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"][0]["taskArn"]
    bindings = [{"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 32768, "protocol": "tcp"}]
    assert report(ecs, agent, task, status="RUNNING", runtimeId="abc", networkBindings=bindings)["acknowledgment"] == "ACK"
    container = ecs.describe_tasks(cluster=agent.cluster, tasks=[task])["tasks"][0]["containers"][0]
    assert container["lastStatus"] == "RUNNING" and container["runtimeId"] == "abc"
    assert container["networkBindings"] == bindings
    report(ecs, agent, task, status="STOPPED", exitCode=3, reason="it ended")
    report(ecs, agent, task, status="RUNNING")
    container = ecs.describe_tasks(cluster=agent.cluster, tasks=[task])["tasks"][0]["containers"][0]
    assert (container["lastStatus"], container["exitCode"], container["reason"]) == ("STOPPED", 3, "it ended")


def test_container_that_is_not_the_tasks_is_acknowledged_and_changes_nothing(ecs, agent, family):
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"][0]["taskArn"]
    answer = ecs.submit_container_state_change(
        cluster=agent.cluster, task=task, containerName="~internal~ecs~pause", status="RUNNING"
    )
    assert answer["acknowledgment"] == "ACK"
    described = ecs.describe_tasks(cluster=agent.cluster, tasks=[task])["tasks"][0]
    assert [container["lastStatus"] for container in described["containers"]] == ["PENDING"]


@pytest.mark.parametrize(
    "members, text",
    [
        ({"task": ABSENT, "status": "RUNNING"}, "The referenced task was not found."),
        ({"task": ABSENT, "status": "MAYBE"}, "Invalid status"),
        ({"status": "RUNNING"}, "taskId length"),
        ({"task": ABSENT, "networkBindings": [{"hostPort": 65536}]}, "Invalid network binding"),
    ],
)
def test_container_report_checks_what_it_is_told(ecs, cluster, refused, members, text):
    code, said = refused(ecs.submit_container_state_change, cluster=cluster, **members)
    assert code == "InvalidParameterException" and text in said, said


def test_node_reports_containers_of_its_own_tasks_only(ecs, node, cluster, family, refused):
    Agent(node, cluster).register()
    task = ecs.run_task(cluster=cluster, taskDefinition=family)["tasks"][0]["taskArn"]
    said = {"cluster": cluster, "containerName": "main", "status": "RUNNING"}
    assert node.submit_container_state_change(task=task, **said)["acknowledgment"] == "ACK"
    foreign = Agent(ecs, cluster).register()
    started = ecs.start_task(cluster=cluster, taskDefinition=family, containerInstances=[foreign.instance])
    code, text = refused(node.submit_container_state_change, task=started["tasks"][0]["taskArn"], **said)
    assert code == "AccessDeniedException" and "another node" in text
