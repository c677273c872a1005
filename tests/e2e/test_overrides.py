"""What a caller overrides of a task definition, seen from inside, with RunTask and with StartTask."""

import pytest

from deadline import eventually
from node import NUMBERS, awslogs


def start(node, family, overrides):
    instances = node.ecs.list_container_instances()["containerInstanceArns"]
    answer = node.ecs.start_task(taskDefinition=family, containerInstances=instances, overrides=overrides)
    assert not answer["failures"], answer
    return answer["tasks"][0]["taskArn"]


def run(node, family, overrides):
    return node.launch(family, overrides=overrides)


def values(node, arn, *names):
    """What a task's groups say, of whichever version they are."""
    folders = [folder / arn.rsplit("/", 1)[1] for folder in node.cgroups()]
    return {path.read_text().strip() for folder in folders for name in names for path in folder.glob(name)}


@pytest.mark.parametrize("launch", [run, start])
def test_command_and_environment_are_overridden_inside(node, launch):
    group = f"/e2e/{next(NUMBERS)}"
    environment = [{"name": "KEPT", "value": "1"}, {"name": "CHANGED", "value": "1"}]
    family = node.define({"command": ["wait"], "environment": environment, "logConfiguration": awslogs(group)})
    changes = [{"name": "CHANGED", "value": "2"}, {"name": "ADDED", "value": "3"}]
    arn = launch(node, family, {"containerOverrides": [{"name": "main", "command": ["env"], "environment": changes}]})
    node.awaits(arn, "STOPPED", within=60)
    lines = set(eventually(lambda: node.lines(group, arn), "the environment", 60))
    assert {"KEPT=1", "CHANGED=2", "ADDED=3"} <= lines and "CHANGED=1" not in lines, lines


@pytest.mark.parametrize("launch", [run, start])
def test_sizes_of_task_and_container_are_overridden_in_its_groups(node, launch):
    family = node.define({"command": ["wait"], "cpu": 64, "memory": 48, "memoryReservation": 16}, cpu="128", memory="64")
    container = {"name": "main", "cpu": 256, "memory": 96, "memoryReservation": 32}
    arn = launch(node, family, {"containerOverrides": [container], "cpu": "512", "memory": "128"})
    task = node.awaits(arn, "RUNNING")
    assert (task["cpu"], task["memory"]) == ("512", "128")
    assert values(node, arn, "*/memory.limit_in_bytes", "*/memory.max") == {str(96 << 20)}
    assert values(node, arn, "*/memory.soft_limit_in_bytes", "*/memory.low") == {str(32 << 20)}
    assert values(node, arn, "*/cpu.shares", "*/cpu.weight") in ({"256"}, {"10"})
    assert values(node, arn, "memory.limit_in_bytes", "memory.max") == {str(128 << 20)}
    assert values(node, arn, "cpu.cfs_quota_us", "cpu.max") in ({"50000"}, {"50000 100000"})
    node.ecs.stop_task(task=arn)


@pytest.mark.parametrize("launch", [run, start])
def test_environment_files_are_overridden(node, launch):
    """Which files they are is known; this machine names no store, and says so."""
    files = [{"value": "arn:aws:s3:::settings/a.env", "type": "s3"}]
    family = node.define({"command": ["env"]})
    arn = launch(node, family, {"containerOverrides": [{"name": "main", "environmentFiles": files}]})
    reason = node.awaits(arn, "STOPPED", within=60)["containers"][0]["reason"]
    assert reason.startswith("ResourceInitializationError: ") and "[s3]" in reason, reason
