"""Disks and volumes of Fargate tasks: a disk of a size for the whole task, volumes with the task's own ids."""

import json
import os
from pathlib import Path

import pytest

from deadline import eventually
from fargate import Fargate
from node import NUMBERS, awslogs

GIB = 1 << 30
FULL = "No space left on device (os error 28)"


@pytest.fixture(scope="module")
def fargate(node):
    return Fargate(node)


def disks(node):
    """The file systems in files that this installation has mounted."""
    table = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line.split()[9] for line in table if f" {node.folder}/agent/volumes/task/" in line and "/dev/loop" in line]


@pytest.fixture(autouse=True)
def no_disks(node):
    """What tests before this one have made is given back a moment after their tasks have stopped."""
    eventually(lambda: not disks(node), "no disks", 60)


def backing(device):
    """The file behind a device; none once nobody uses it."""
    file = Path("/sys/block") / Path(device).name / "loop" / "backing_file"
    return file.read_text().strip() if file.exists() else None


def free(folder):
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def test_container_that_fills_its_disk_harms_nobody_else(node, fargate):
    """The limit is the task's; its files are gone with it, while others go on that began beside it."""
    group, before = f"/fargate/{next(NUMBERS)}", free(node.folder)
    filler = {"command": ["fill", "/all", "--wait"], "logConfiguration": awslogs(group)}
    later = {"name": "later", "command": ["write-late", "/tmp/mine", "3"], "essential": False}
    arn = fargate.runs(filler, later, ephemeralStorage={"sizeInGiB": 21})
    assert node.task(arn)["ephemeralStorage"] == {"sizeInGiB": 21}
    (line,) = eventually(lambda: node.lines(group, arn), "a full disk", 60)
    filled = json.loads(line)
    assert 20 * GIB < filled["taken"] < 21 * GIB and filled["then"] == FULL, filled
    (device,) = disks(node)

    def later_failed():
        container = next(container for container in node.task(arn)["containers"] if container["name"] == "later")
        return container.get("exitCode") == 1

    eventually(later_failed, "the failure of its other container, whose disk is the same", 60)
    neighbour = fargate.runs({"command": ["write-late", "/tmp/mine", "0"]})
    assert before - free(node.folder) < 2 * GIB, "what is promised in a disk is not taken of the machine"
    fargate.stop(arn)
    eventually(lambda: backing(device) is None, f"{device} given back", 60)
    assert node.task(neighbour)["lastStatus"] == "RUNNING"
    fargate.stop(neighbour)


def test_size_of_the_disk_can_be_overridden(node, fargate):
    group = f"/fargate/{next(NUMBERS)}"
    family = fargate.define({"command": ["fill", "/all"], "logConfiguration": awslogs(group)}, ephemeralStorage={"sizeInGiB": 100})
    with pytest.raises(node.ecs.exceptions.InvalidParameterException, match="between 20 and 200"):
        node.launch(family, **fargate.how, overrides={"ephemeralStorage": {"sizeInGiB": 201}})
    arn = node.launch(family, **fargate.how, overrides={"ephemeralStorage": {"sizeInGiB": 20}})
    task = node.awaits(arn, "STOPPED", within=60)
    assert task["ephemeralStorage"] == task["overrides"]["ephemeralStorage"] == {"sizeInGiB": 20}
    filled = json.loads(node.lines(group, arn)[0])
    assert 19 * GIB < filled["taken"] < 20 * GIB and filled["then"] == FULL, filled


def test_disk_and_what_is_on_it_outlive_the_agent(node, fargate):
    group = f"/fargate/{next(NUMBERS)}"
    point = {"sourceVolume": "data", "containerPath": "/data", "readOnly": False}
    wait = [{"containerName": "writer", "condition": "SUCCESS"}, {"containerName": "slow", "condition": "SUCCESS"}]
    arn = fargate.launch(
        {"name": "writer", "command": ["write", "/data/file", "kept"], "essential": False, "mountPoints": [point]},
        {"name": "slow", "command": ["wait", "5"], "essential": False},
        {"command": ["read", "/data/file"], "mountPoints": [point], "dependsOn": wait, "logConfiguration": awslogs(group)},
        volumes=[{"name": "data"}],
        ephemeralStorage={"sizeInGiB": 30},
    )
    eventually(lambda: disks(node), "a disk", 60)
    (device,) = disks(node)
    node.kill_one("agent")
    eventually(node.is_connected, "a connected agent")
    task = node.awaits(arn, "STOPPED", within=60)
    assert node.lines(group, arn) == ["kept"], task
    eventually(lambda: backing(device) is None, f"{device} given back", 60)


def test_containers_of_a_task_share_an_empty_volume_with_their_own_ids(node, fargate):
    """It begins with the image's files, whose owners are the task's; nothing in it is anybody's on the machine."""
    group, point = f"/fargate/{next(NUMBERS)}", {"sourceVolume": "data", "containerPath": "/srv", "readOnly": False}
    first = {"name": "first", "command": ["write", "/srv/file", "by the first"], "user": "demo", "essential": False}
    main = {"command": ["list", "/srv", "/srv/file"], "dependsOn": [{"containerName": "first", "condition": "SUCCESS"}]}
    reader = {"name": "reader", "command": ["write", "/srv/other"], "essential": False, "mountPoints": [point | {"readOnly": True}]}
    stay = {"name": "stay", "command": ["wait"], "mountPoints": [point]}
    arn = fargate.launch(
        first | {"mountPoints": [point]},
        main | {"mountPoints": [point], "essential": False, "logConfiguration": awslogs(group)},
        reader,
        stay,
        volumes=[{"name": "data"}],
    )

    def codes():
        return {container["name"]: container.get("exitCode") for container in node.task(arn)["containers"]}

    eventually(lambda: None not in (codes()["main"], codes()["reader"]), "the end of all that end", 60)
    assert codes() == {"first": 0, "main": 0, "reader": 1, "stay": None}
    (line,) = eventually(lambda: node.lines(group, arn), "what is in it", 60)
    seen = json.loads(line)
    assert (seen["/srv"]["uid"], seen["/srv/file"]["uid"], seen["/srv/file"]["gid"]) == (1000, 1000, 1000), seen
    assert set(seen["/srv"]["names"]) == {"deep", "file", "link"}
    data = node.folder / "agent" / "volumes" / "task" / arn.rsplit("/", 1)[1] / "data" / "data"
    owners = {found.lstat().st_uid for found in data.rglob("*")}
    assert owners and min(owners) > 100_000, f"owned by ids of the machine: {owners}"
    fargate.stop(arn)
    eventually(lambda: not data.exists(), "nothing left of it", 60)


def test_nothing_is_left_of_a_disk_that_could_not_be_used(fresh):
    """A machine without the programs that make disks says so, and what to do; a task that asks for none runs there."""
    node = fresh()
    empty = node.folder.with_name("empty")
    empty.mkdir(parents=True)
    hide = f'mount --bind {empty} /usr/sbin && exec "$@"'
    node.start(before=["unshare", "--mount", "--propagation", "private", "sh", "-c", hide, "sh"]).with_image()
    fargate = Fargate(node)
    task = node.awaits(fargate.launch({"command": ["exit", "0"]}, ephemeralStorage={"sizeInGiB": 21}), "STOPPED", within=60)
    reason = task["containers"][0]["reason"]
    assert reason.startswith("ResourceInitializationError") and "mkfs.ext4: install e2fsprogs" in reason, task
    eventually(node.is_clean, f"nothing left: {node.leftovers()}", within=60)
    assert not list((node.folder / "agent" / "volumes" / "unmounted").glob("*"))


def test_down_gives_a_disk_back_after_the_system_died(fresh):
    node = fresh().start().with_image()
    Fargate(node).runs({"command": ["wait"]}, ephemeralStorage={"sizeInGiB": 21})
    (device,) = disks(node)
    node.kill()
    assert node.down("--purge", "--yes").returncode == 0
    assert not node.folder.exists()
    eventually(lambda: backing(device) is None, f"{device} given back", 60)


def test_tasks_of_a_service_have_the_disk_that_their_definition_asks_for(node, fargate):
    family = fargate.define({"command": ["wait"]}, ephemeralStorage={"sizeInGiB": 22})
    node.ecs.create_service(serviceName="disk", taskDefinition=family, desiredCount=1, **fargate.how)
    try:
        arn = eventually(lambda: (found := node.ecs.list_tasks(serviceName="disk")["taskArns"]) and found[0], "a task of the service", 60)
        assert node.awaits(arn, "RUNNING", within=60)["ephemeralStorage"] == {"sizeInGiB": 22}
        assert len(disks(node)) == 1
    finally:
        node.ecs.update_service(service="disk", desiredCount=0)
        node.ecs.delete_service(service="disk", force=True)
    node.awaits(arn, "STOPPED", within=60)
