"""A daemon of real containers: on its node as long as it is there, whatever dies meanwhile."""

import itertools
import os
import signal
from contextlib import suppress

import pytest

from deadline import eventually
from node import Node
from test_services import inside

NUMBERS = itertools.count(1)
WAIT = {"name": "main", "image": "berth-demo:latest", "command": ["wait"], "memory": 16, "stopTimeout": 2}
# What cannot be started: its tasks end before they run.
BROKEN = WAIT | {"entryPoint": ["/nothing"]}
PROVIDER = "arn:aws:ecs:us-east-1:000000000000:capacity-provider/blue"
GROUP = "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:1:autoScalingGroupName/blue"


@pytest.fixture(scope="module")
def node(binary, tmp_path_factory):
    """A machine of the group blue."""
    node = Node(binary, tmp_path_factory.mktemp("daemons") / "data")
    node.folder.mkdir()
    (node.folder / "node.toml").write_text('[node]\ncapacity-provider = "blue"\n')
    try:
        node.start().with_image()
        node.ecs.create_capacity_provider(name="blue", autoScalingGroupProvider={"autoScalingGroupArn": GROUP})
        node.ecs.put_cluster_capacity_providers(
            cluster="default", capacityProviders=["blue"], defaultCapacityProviderStrategy=[]
        )
        yield node
    finally:
        node.end()


class Daemon:
    """A daemon and its tasks."""

    def __init__(self, node, container=WAIT):
        self.node, self.name = node, f"daemon-{next(NUMBERS)}"
        made = node.ecs.create_daemon(
            daemonName=self.name, daemonTaskDefinitionArn=self.define(container), capacityProviderArns=[PROVIDER]
        )
        self.arn, self.deployment = made["daemonArn"], made["deploymentArn"]

    def define(self, container):
        made = self.node.ecs.register_daemon_task_definition(family=self.name, containerDefinitions=[container])
        return made["daemonTaskDefinitionArn"]

    def update(self, container):
        """Updates it to another revision of its definition, whose ARN is answered."""
        definition = self.define(container)
        answer = self.node.ecs.update_daemon(
            daemonArn=self.arn, daemonTaskDefinitionArn=definition, capacityProviderArns=[PROVIDER]
        )
        self.deployment = answer["deploymentArn"]
        return definition

    def tasks(self, status="RUNNING"):
        arns = self.node.ecs.list_tasks(daemonName=self.name, desiredStatus=status)["taskArns"]
        return self.node.ecs.describe_tasks(tasks=arns)["tasks"] if arns else []

    def status(self):
        answer = self.node.ecs.describe_daemon_deployments(daemonDeploymentArns=[self.deployment])
        return answer["daemonDeployments"][0]["status"]

    def ends(self, status="SUCCESSFUL"):
        """Waits for the end of its deployment; the task that runs then."""
        eventually(lambda: self.status() == status, f"a deployment that is {status}", within=120)
        return self.runs()

    def runs(self, other_than=None):
        """The task that runs, once another one than that does."""

        def ask():
            running = [task for task in self.tasks() if task["lastStatus"] == "RUNNING" and task["taskArn"] != other_than]
            return running[0] if len(running) == 1 else None

        return eventually(ask, "a task that runs", within=120)

    def delete(self):
        self.node.ecs.delete_daemon(daemonArn=self.arn)
        eventually(self.is_gone, "a daemon that is gone", within=120)

    def is_gone(self):
        try:
            self.node.ecs.describe_daemon(daemonArn=self.arn)
        except self.node.ecs.exceptions.DaemonNotFoundException:
            return True
        return False


@pytest.fixture
def serve(node):
    """Makes daemons, which are deleted with the test."""
    made = []

    def make(*given):
        made.append(Daemon(node, *given))
        return made[-1]

    yield make
    for daemon in made:
        gone = node.ecs.exceptions
        with suppress(gone.DaemonNotFoundException, gone.DaemonNotActiveException):
            daemon.delete()


def test_daemon_comes_up_is_updated_and_goes(serve, node):
    daemon = serve()
    first = daemon.ends()
    assert inside(first) and first["group"] == f"daemon:{daemon.name}"
    definition = daemon.update(WAIT | {"environment": [{"name": "A", "value": "2"}]})
    second = daemon.ends()
    assert second["taskDefinitionArn"] == definition
    (old,) = daemon.tasks("STOPPED")
    # Never two at once: the old one has stopped before the new one is made.
    assert (old["taskArn"], old["stoppedAt"] <= second["createdAt"]) == (first["taskArn"], True)
    assert not inside(first) and inside(second)
    told = node.ecs.describe_daemon(daemonArn=daemon.arn)["daemon"]
    assert [revision["totalRunningCount"] for revision in told["currentRevisions"]] == [1]
    daemon.delete()
    assert {task["lastStatus"] for task in daemon.tasks("STOPPED")} == {"STOPPED"} and daemon.tasks() == []
    assert not inside(second)


def test_killed_container_is_started_again(serve):
    daemon = serve()
    victim = daemon.ends()
    for pid in inside(victim):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    other = daemon.runs(other_than=victim["taskArn"])
    assert other["taskDefinitionArn"] == victim["taskDefinitionArn"] and inside(other)


def test_bad_revision_is_taken_back_by_itself(serve):
    daemon = serve()
    good = daemon.ends()["taskDefinitionArn"]
    daemon.update(BROKEN)
    assert daemon.ends("ROLLBACK_SUCCESSFUL")["taskDefinitionArn"] == good
