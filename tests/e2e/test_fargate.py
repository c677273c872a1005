"""Fargate tasks on this machine: with ids that are nobody's on it, whole-task limits, and no instance to be seen."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deadline import eventually
from fargate import Fargate
from installation import SURROUNDINGS

DENIED = "permission denied"
# Above all that distributions and administrators hand out.
FIRST = 600_100_000


@pytest.fixture(scope="module")
def fargate(node):
    return Fargate(node)


def of(arn):
    """A task's processes, as the machine has them."""
    name = arn.rsplit("/", 1)[1]
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and name in text(path / "cgroup"):
            found.append(path)
    assert found
    return found


def text(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def ids(process):
    """All user and group ids of a process, as the machine sees them."""
    lines = [line.split()[1:] for line in text(process / "status").splitlines() if line.startswith(("Uid:", "Gid:"))]
    return {int(number) for numbers in lines for number in numbers}


def limits(node, arn, *names):
    """What a task's own groups say, of whichever version they are."""
    folders = [folder / arn.rsplit("/", 1)[1] for folder in node.cgroups()]
    return {text(folder / name).strip() for folder in folders for name in names if (folder / name).exists()}


def test_root_in_a_task_is_nobody_on_the_machine(fargate):
    seen = json.loads(fargate.says(["dare"])[0])
    tried = seen["tried"]
    assert {tried[what] for what in ("mount", "device", "module")} == {DENIED}
    assert tried["sysctl"] in (DENIED, "read-only filesystem or storage medium")
    assert tried["shadow"] == "entity not found", "a task has its own files"
    assert (tried["raw socket"], tried["port 80"]) == ("ok", "ok"), "its network is its own"
    assert seen["uids"] == seen["gids"] and seen["uids"][::2] == ["0", "65536"] and int(seen["uids"][1]) > FIRST
    assert seen["processes"] == 1
    status = json.loads(fargate.says(["look"])[0])["status"]
    assert (status["Uid"].split(), status["Seccomp"], status["NoNewPrivs"]) == (["0"] * 4, "2", "0")
    assert status["CapBnd"] in ("00000000a80425fb", "00000000a00425fb")


def test_no_process_of_a_task_has_an_id_of_the_machine(fargate):
    arns = [fargate.runs({"command": ["wait"]}, {"name": "user", "command": ["wait"], "user": "1000"}) for _ in range(2)]
    firsts = set()
    for arn in arns:
        found = [ids(process) for process in of(arn)]
        assert len(found) == 2 and all(len(one) == 1 for one in found), found
        root, user = sorted(one.pop() for one in found)
        assert user == root + 1000 and root > FIRST
        firsts.add(root)
    assert len(firsts) == 2, "no two tasks have the same ids"
    for arn in arns:
        fargate.stop(arn)


def test_task_shows_what_fargate_shows(node, fargate):
    before = node.ecs.list_container_instances()["containerInstanceArns"]
    (instance,) = node.ecs.describe_container_instances(containerInstances=before)["containerInstances"]
    arn = fargate.runs({"command": ["wait"]})
    task = node.task(arn)
    assert (task["launchType"], task["platformVersion"], task["platformFamily"]) == ("FARGATE", "1.4.0", "Linux")
    assert (task["cpu"], task["memory"], task["ephemeralStorage"]) == ("256", "512", {"sizeInGiB": 20})
    assert task["availabilityZone"] == "us-east-1a" and task["connectivity"] == "CONNECTED"
    assert "containerInstanceArn" not in task
    details = {detail["name"]: detail["value"] for detail in task["attachments"][0]["details"]}
    assert task["attachments"][0]["status"] == "ATTACHED"
    (interface,) = task["containers"][0]["networkInterfaces"]
    assert interface["privateIpv4Address"] == details["privateIPv4Address"]
    # The machine is no part of it, but has less room.
    (now,) = node.ecs.describe_container_instances(containerInstances=before)["containerInstances"]
    assert node.ecs.list_tasks(containerInstance=before[0])["taskArns"] == []
    assert now["runningTasksCount"] == instance["runningTasksCount"]

    def room(instance):
        return {part["name"]: part["integerValue"] for part in instance["remainingResources"] if part["type"] == "INTEGER"}

    assert {name: room(instance)[name] - room(now)[name] for name in ("CPU", "MEMORY")} == {"CPU": 256, "MEMORY": 512}
    assert arn.rsplit("/", 1)[1][:8] in node.run("ps").stdout
    fargate.stop(arn)


def test_whole_task_has_the_size_it_asked_for_and_no_more(node, fargate):
    arn = fargate.runs({"command": ["wait"]}, {"name": "more", "command": ["wait"]})
    assert limits(node, arn, "memory.limit_in_bytes", "memory.max") == {str(512 << 20)}
    assert limits(node, arn, "cpu.cfs_quota_us", "cpu.max") in ({"25000"}, {"25000 100000"})
    fargate.stop(arn)
    task = node.awaits(fargate.launch({"command": ["eat", "600"]}), "STOPPED")
    (container,) = task["containers"]
    assert (container["exitCode"], container["reason"].split(":")[0]) == (137, "OutOfMemoryError"), container


def test_containers_of_a_task_share_its_network(node, fargate):
    arn = fargate.launch(
        {"name": "server", "command": ["serve", "80"], "user": "1000", "essential": False},
        {"command": ["fetch", "http://127.0.0.1:80/", "--patience", "20"]},
    )
    codes = {container["name"]: container.get("exitCode") for container in node.awaits(arn, "STOPPED")["containers"]}
    assert codes["main"] == 0


def test_files_of_the_task_are_its_own(node, fargate):
    for path in ("/etc/hosts", "/etc/resolv.conf", "/file"):
        task = node.awaits(fargate.launch({"command": ["write", path]}), "STOPPED")
        assert task["containers"][0]["exitCode"] == 0, path


def test_task_survives_the_agent(node, fargate):
    arn = fargate.runs({"command": ["wait"]}, {"name": "late", "command": ["wait"]})
    before = {str(process): ids(process) for process in of(arn)}
    node.kill_one("agent")
    eventually(node.is_connected, "a connected agent")
    assert {str(process): ids(process) for process in of(arn)} == before
    other = fargate.runs({"command": ["wait"]})
    assert not set().union(*before.values()) & set().union(*(ids(process) for process in of(other)))
    for one in (arn, other):
        assert fargate.stop(one)["containers"][0]["exitCode"] == 143
    eventually(lambda: arn.rsplit("/", 1)[1] not in str(node.leftovers()), "nothing left of it")


def test_aws_cli_waits_for_it(node, fargate, tmp_path):
    told = node.environment()
    surroundings = SURROUNDINGS | told | {"HOME": str(tmp_path), "AWS_PAGER": ""}

    def aws(*arguments):
        command = [Path(sys.executable).with_name("aws"), "ecs", *arguments]
        done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=120, check=True)
        return json.loads(done.stdout) if done.stdout.strip() else None

    network = f"awsvpcConfiguration={{subnets=[{told['BERTH_SUBNETS']}],securityGroups=[{told['BERTH_SECURITY_GROUP']}]}}"
    family = fargate.define({"command": ["wait"]})
    where = ["--launch-type", "FARGATE", "--platform-version", "LATEST", "--network-configuration", network]
    arn = aws("run-task", "--task-definition", family, *where)["tasks"][0]["taskArn"]
    aws("wait", "tasks-running", "--tasks", arn)
    assert node.task(arn)["lastStatus"] == "RUNNING"
    aws("stop-task", "--task", arn)
    aws("wait", "tasks-stopped", "--tasks", arn)
    assert node.task(arn)["lastStatus"] == "STOPPED"


def test_machine_that_takes_none_says_where_there_is_room(fresh):
    node = fresh().start("--fargate", "no").with_image()
    fargate = Fargate(node)
    answer = node.ecs.run_task(taskDefinition=fargate.define({"command": ["wait"]}), **fargate.how)
    (failure,) = answer["failures"]
    assert failure["reason"].startswith("Capacity is unavailable at this time.") and answer["tasks"] == []


def test_machine_that_takes_only_these_is_nobodys_instance(fresh):
    node = fresh()
    node.is_connected = lambda: "agent" in node.children()
    node.start("--fargate", "only").with_image()
    fargate = Fargate(node)
    family = fargate.define({"command": ["wait"]})

    def launched():
        answer = node.ecs.run_task(taskDefinition=family, **fargate.how)
        return answer["tasks"] and answer["tasks"][0]["taskArn"]

    arn = eventually(launched, "room for a Fargate task")
    node.awaits(arn, "RUNNING")
    assert node.ecs.list_container_instances()["containerInstanceArns"] == []
    assert node.down().returncode == 0
    assert node.is_clean(), node.leftovers()
