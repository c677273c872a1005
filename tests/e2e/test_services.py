"""Services of real containers: kept, updated, taken back and deleted, whatever dies meanwhile."""

import itertools
import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from deadline import eventually
from node import Joined, Node, processes
from registry import Registry

NUMBERS = itertools.count(1)
WAIT = {"command": ["wait"], "memory": 16, "stopTimeout": 2}
# What cannot be started: its tasks end before they run.
BROKEN = WAIT | {"entryPoint": ["/nothing"]}
PATIENCE = {"Delay": 1, "MaxAttempts": 60}


@pytest.fixture(scope="module")
def node(binary, tmp_path_factory):
    """A machine of this module's own: its parts die."""
    node = Node(binary, tmp_path_factory.mktemp("services") / "data")
    try:
        yield node.start().with_image()
    finally:
        node.end()


class Service:
    """A service and its tasks."""

    def __init__(self, node, count, container=WAIT, **members):
        self.node, self.name = node, f"service-{next(NUMBERS)}"
        self.family = node.define(container)
        node.ecs.create_service(serviceName=self.name, taskDefinition=self.family, desiredCount=count, **members)

    def told(self):
        (service,) = self.node.ecs.describe_services(services=[self.name])["services"]
        return service

    def says(self, text):
        return any(text in event["message"] for event in self.told()["events"])

    def tasks(self, status="RUNNING"):
        """Its tasks that are meant to be running or stopped."""
        arns = self.node.ecs.list_tasks(desiredStatus=status)["taskArns"]
        found = self.node.ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
        return [task for task in found if task["group"] == f"service:{self.name}"]

    def update(self, container=None, **members):
        """Updates it; with a container, to another revision of its definition, whose ARN is answered."""
        if container is not None:
            whole = {"name": "main", "image": "berth-demo:latest", "essential": True} | container
            made = self.node.ecs.register_task_definition(family=self.family, containerDefinitions=[whole], networkMode="host")
            members["taskDefinition"] = made["taskDefinition"]["taskDefinitionArn"]
        self.node.ecs.update_service(service=self.name, **members)
        return members.get("taskDefinition")

    def is_stable(self, count, definition=None):
        """Waits as AWS's clients do; its tasks then."""
        self.node.ecs.get_waiter("services_stable").wait(services=[self.name], WaiterConfig=PATIENCE)
        tasks = self.tasks()
        assert [task["lastStatus"] for task in tasks] == ["RUNNING"] * count, tasks
        assert definition is None or {task["taskDefinitionArn"] for task in tasks} == {definition}
        return tasks

    def delete(self):
        self.node.ecs.delete_service(service=self.name, force=True)
        self.node.ecs.get_waiter("services_inactive").wait(services=[self.name], WaiterConfig=PATIENCE)
        eventually(lambda: all(task["lastStatus"] == "STOPPED" for task in self.tasks("STOPPED")), "all its tasks stopped", within=60)


@pytest.fixture
def serve(node):
    """Makes services, which are deleted with the test."""
    made = []

    def make(count, container=WAIT, **members):
        made.append(Service(node, count, container, **members))
        return made[-1]

    yield make
    for service in made:
        with suppress(node.ecs.exceptions.ServiceNotFoundException, node.ecs.exceptions.ServiceNotActiveException):
            service.delete()


def inside(task):
    """The processes of a task's containers."""
    of_task = task["taskArn"].rsplit("/", 1)[1]
    found = []
    for pid in processes():
        with suppress(OSError):
            if of_task in Path(f"/proc/{pid}/cgroup").read_text():
                found.append(pid)
    return found


def test_service_comes_up_and_is_stable(serve):
    service = serve(3)
    tasks = service.is_stable(3)
    told = service.told()
    assert (told["runningCount"], told["pendingCount"], told["status"]) == (3, 0, "ACTIVE")
    (deployment,) = told["deployments"]
    assert {task["startedBy"] for task in tasks} == {deployment["id"]}
    eventually(lambda: service.says("has reached a steady state."), "an event that it is steady", within=60)
    assert all(inside(task) for task in tasks)


def test_killed_container_is_replaced(serve):
    service = serve(2)
    victim, other = service.is_stable(2)
    for pid in inside(victim):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    gone = victim["taskArn"]
    eventually(lambda: [task["taskArn"] for task in service.tasks("STOPPED")] == [gone], "the end of the killed one", within=60)
    tasks = service.is_stable(2)
    assert other["taskArn"] in {task["taskArn"] for task in tasks} and gone not in {task["taskArn"] for task in tasks}
    (stopped,) = service.tasks("STOPPED")
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("EssentialContainerExited", "Essential container in task exited")


def test_update_brings_another_revision_and_scaling_fewer_tasks(serve):
    service = serve(3)
    service.is_stable(3)
    definition = service.update(WAIT | {"environment": [{"name": "A", "value": "2"}]})
    service.is_stable(3, definition)
    service.update(desiredCount=1)
    service.is_stable(1, definition)
    reasons = {task["stoppedReason"] for task in service.tasks("STOPPED")}
    assert all(reason.startswith("Scaling activity initiated by (deployment ecs-svc/") for reason in reasons), reasons


def test_bad_revision_is_taken_back_by_itself(serve):
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    service = serve(2, deploymentConfiguration=breaker)
    before = {task["taskArn"] for task in service.is_stable(2)}
    good = service.told()["taskDefinition"]
    service.update(BROKEN)
    eventually(lambda: service.says("rolling back to deployment"), "a rollback", within=60)
    assert {task["taskArn"] for task in service.is_stable(2, good)} == before, "what ran ran on"
    eventually(lambda: service.told()["deployments"][0]["rolloutState"] == "COMPLETED", "the end of it", within=60)


@pytest.mark.parametrize("victim", ["server", "agent"])
def test_deployment_goes_on_when_a_part_dies(node, serve, victim):
    service = serve(3)
    service.is_stable(3)
    definition = service.update(WAIT | {"environment": [{"name": "A", "value": victim}]})
    node.kill_one(victim)

    def is_there():
        try:
            tasks = service.tasks()
        except Exception:  # The server is being started again.
            return False
        return len(tasks) == 3 and all((task["lastStatus"], task["taskDefinitionArn"]) == ("RUNNING", definition) for task in tasks)

    eventually(is_there, f"three tasks of the new revision after the {victim} was killed", within=60)
    eventually(node.is_connected, "a connected agent", within=60)
    service.is_stable(3, definition)


def test_all_tasks_of_a_deployment_run_the_image_of_its_first(binary, serve, tmp_path):
    registry = Registry(tmp_path / "registry")
    try:
        for name in ("old", "new"):
            subprocess.run([binary.with_name("berth-demo"), "pack", tmp_path / f"{name}.tar"], check=True)
        old = registry.push("team/app", "1", tmp_path / "old.tar")
        service = serve(1, WAIT | {"image": f"{registry.address}/team/app:1"})
        service.is_stable(1)
        # The tag is another image's now: an index around the same build has another digest.
        registry.index("team/app", "1", old)
        service.update(desiredCount=2)
        digests = {task["containers"][0]["imageDigest"] for task in service.is_stable(2)}
        assert digests == {old["digest"]}
    finally:
        registry.end()


def test_deleted_service_leaves_nothing(node, serve):
    service = serve(2)
    tasks = service.is_stable(2)
    service.delete()
    assert service.told()["status"] == "INACTIVE"
    eventually(lambda: not any(inside(task) for task in tasks), "no process of its tasks", within=60)
    assert {task["stopCode"] for task in service.tasks("STOPPED")} == {"ServiceSchedulerInitiated"}


def test_down_does_not_wait_for_what_services_start_instead(fresh):
    node = fresh().start().with_image()
    Service(node, 2).is_stable(2)
    done = node.down("--json")
    assert done.returncode == 0 and json.loads(done.stdout)["tasks_stopped"] == 2, done
    left = node.leftovers()
    assert not (left["cgroups"] or left["mounts"] or left["processes"]), left


@pytest.fixture(scope="module")
def pair(binary, tmp_path_factory):
    """Two machines of one cluster."""
    folder = tmp_path_factory.mktemp("pair")
    first, second = Node(binary, folder / "first"), Joined(binary, folder / "second")
    try:
        first.start().with_image()
        yield first, second.join(first).with_image()
    finally:
        second.end()
        first.end()


@pytest.mark.parametrize(("minimum", "maximum", "fewest"), [(100, 200, 4), (50, 100, 2)])
def test_draining_a_machine_moves_tasks_within_the_percentages(pair, minimum, maximum, fewest):
    away, to = pair
    ecs = away.ecs
    percentages = {"minimumHealthyPercent": minimum, "maximumPercent": maximum}
    spread = [{"type": "spread", "field": "instanceId"}]
    service = Service(away, 4, deploymentConfiguration=percentages, placementStrategy=spread)
    try:
        assert sorted(task["containerInstanceArn"] for task in service.is_stable(4)) == sorted([away.instance(), to.instance()] * 2)
        ecs.update_container_instances_state(containerInstances=[away.instance()], status="DRAINING")

        def has_moved():
            told = service.told()
            assert told["runningCount"] >= fewest, told
            assert told["runningCount"] + told["pendingCount"] <= 4 * maximum // 100, told
            (machine,) = ecs.describe_container_instances(containerInstances=[away.instance()])["containerInstances"]
            return machine["runningTasksCount"] + machine["pendingTasksCount"] == 0 and told["runningCount"] == 4

        eventually(has_moved, "all tasks on the other machine", within=60)
        tasks = service.is_stable(4)
        assert {task["containerInstanceArn"] for task in tasks} == {to.instance()}
        assert all(inside(task) for task in tasks)
        eventually(away.is_clean, "nothing left on the drained machine", within=60)
        assert service.says("has stopped"), service.told()["events"]
    finally:
        service.delete()
        ecs.update_container_instances_state(containerInstances=[away.instance()], status="ACTIVE")
