"""Tasks of real containers, seen from outside and from inside."""

import re
import socket
from pathlib import Path

import pytest

from deadline import eventually
from node import awslogs, looked


def test_task_runs_is_logged_and_tells_its_exit_code(node):
    group = "/e2e/first"
    command = {"command": ["count", "3", "--exit", "7"], "logConfiguration": awslogs(group)}
    task = node.finishes(command)
    assert node.lines(group, task["taskArn"]) == ["line 1 of 3", "line 2 of 3", "line 3 of 3"]
    container = task["containers"][0]
    assert (container["exitCode"], container["lastStatus"]) == (7, "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == ("EssentialContainerExited", "Essential container in task exited")
    assert task["startedAt"] <= task["executionStoppedAt"] <= task["stoppedAt"]


def test_running_task_is_a_real_process_and_stops_when_asked(node):
    arn = node.launch(node.define({"command": ["wait"]}))
    task = node.awaits(arn, "RUNNING")
    assert task["containers"][0]["runtimeId"]
    assert any(node.is_mine(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit())
    node.ecs.stop_task(task=arn, reason="enough")
    task = node.awaits(arn, "STOPPED")
    assert (task["containers"][0]["exitCode"], task["stoppedReason"], task["stopCode"]) == (143, "enough", "UserInitiated")
    eventually(lambda: arn.rsplit("/", 1)[1] not in str(node.leftovers()), "nothing left of it")


def test_stubborn_container_is_killed_when_its_time_is_over(node):
    arn = node.launch(node.define({"command": ["wait", "--stubborn"], "stopTimeout": 2}))
    node.awaits(arn, "RUNNING")
    node.ecs.stop_task(task=arn)
    assert node.awaits(arn, "STOPPED")["containers"][0]["exitCode"] == 137


def test_command_entry_point_environment_and_folder_act(node):
    seen = looked(node.says({"command": ["look"], "workingDirectory": "/tmp/made/for/it", "hostname": "ship"}))
    assert (seen["cwd"], seen["hostname"], seen["args"][1:]) == ("/tmp/made/for/it", "ship", ["look"])
    assert looked(node.says({"entryPoint": ["/berth-demo", "look"]}))["args"][1:] == ["look"]
    variables = node.says({"command": ["env"], "environment": [{"name": "A", "value": "1"}, {"name": "PATH", "value": "/:/x"}]})
    assert {"A=1", "PATH=/:/x", "HOME=/"} <= set(variables)


@pytest.mark.parametrize(
    ("user", "uid", "gid"), [("demo", 1000, 1000), ("1000", 1000, 1000), ("7:8", 7, 8), ("demo:root", 1000, 0), ("", 0, 0)]
)
def test_user_acts(node, user, uid, gid):
    status = looked(node.says({"command": ["look"], **({"user": user} if user else {})}))["status"]
    assert (status["Uid"].split(), status["Gid"].split()) == ([str(uid)] * 4, [str(gid)] * 4)
    if uid:
        assert int(status["CapEff"], 16) == 0


def test_user_that_the_image_does_not_have_is_said(node):
    task = node.finishes({"command": ["look"], "user": "nobody-here"})
    assert "nobody-here" in task["containers"][0]["reason"]
    assert task["stopCode"] == "TaskFailedToStart"


def test_containers_are_confined_and_privileged_ones_are_not(node):
    status = looked(node.says({"command": ["look"]}))["status"]
    assert (status["CapBnd"], status["Seccomp"], status["NoNewPrivs"]) == ("00000000a80425fb", "2", "0")
    assert int(status["CapInh"], 16) == 0
    status = looked(node.says({"command": ["look"], "privileged": True}))["status"]
    own = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapBnd"))
    assert (status["CapBnd"], status["Seccomp"]) == (own.split()[1], "0")


def test_read_only_root_cannot_be_written(node):
    def code(**container):
        return node.finishes({"command": ["write", "/file"], **container})["containers"][0]["exitCode"]

    assert (code(), code(readonlyRootFilesystem=True)) == (0, 1)


def test_what_a_container_writes_is_gone_with_it(node):
    family = node.define({"command": ["write", "/only/once"], "workingDirectory": "/only"})
    for _ in range(2):
        assert node.awaits(node.launch(family), "STOPPED")["containers"][0]["exitCode"] == 0


def test_cpu_and_memory_are_limits_of_the_kernel(node):
    arn = node.launch(node.define({"command": ["wait"], "cpu": 256, "memory": 64, "memoryReservation": 32}, cpu="512", memory="128"))
    node.awaits(arn, "RUNNING")
    found = [folder / arn.rsplit("/", 1)[1] for folder in node.cgroups()]
    assert found

    def values(name):
        return {path.read_text().strip() for folder in found for path in folder.glob(name)}

    assert values("*/cpu.shares") | values("*/cpu.weight") <= {"256", "10"} and values("*/cpu.shares") | values("*/cpu.weight")
    assert values("*/memory.limit_in_bytes") | values("*/memory.max") == {str(64 << 20)}
    assert values("*/memory.soft_limit_in_bytes") | values("*/memory.low") == {str(32 << 20)}
    assert values("memory.limit_in_bytes") | values("memory.max") == {str(128 << 20)}
    assert values("cpu.cfs_quota_us") | values("cpu.max") <= {"50000", "50000 100000"}
    node.ecs.stop_task(task=arn)


def test_container_that_takes_too_much_memory_is_killed_and_told_of(node):
    container = node.finishes({"command": ["eat", "80"], "memory": 32})["containers"][0]
    assert (container["exitCode"], container["reason"]) == (137, "OutOfMemoryError: Container killed due to memory usage")


def test_network_of_the_host_and_none(node):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        seen = looked(node.says({"command": ["look"]}, networkMode="host"))["interfaces"]
        # Those of other tasks come and go.
        lasting = {path.name for path in Path("/sys/class/net").iterdir() if not re.match("b[0-9a-f]{6}-", path.name)}
        assert lasting | {f"b{node.id}-gw"} <= set(seen)
        assert node.finishes({"command": ["fetch", url]}, networkMode="none")["containers"][0]["exitCode"] == 1
    assert looked(node.says({"command": ["look"]}, networkMode="none"))["interfaces"] == ["lo"]


def test_overrides_act(node):
    family = node.define({"command": ["exit", "1"]})
    overrides = {"containerOverrides": [{"name": "main", "command": ["exit", "9"]}]}
    assert node.awaits(node.launch(family, overrides=overrides), "STOPPED")["containers"][0]["exitCode"] == 9


# Containers that wait for each other


@pytest.mark.parametrize(("condition", "first"), [("COMPLETE", ["exit", "5"]), ("SUCCESS", ["exit", "0"]), ("START", ["wait", "20"])])
def test_containers_wait_for_each_other(node, condition, first):
    wait = [{"containerName": "init", "condition": condition}]
    task = node.finishes(
        {"name": "init", "command": first, "essential": False}, {"name": "app", "command": ["exit", "3"], "dependsOn": wait}
    )
    codes = {container["name"]: container.get("exitCode") for container in task["containers"]}
    assert codes["app"] == 3
    assert codes["init"] == {"COMPLETE": 5, "SUCCESS": 0, "START": 143}[condition]


def test_failed_dependency_fails_the_task_with_a_reason(node):
    wait = [{"containerName": "init", "condition": "SUCCESS"}]
    task = node.finishes(
        {"name": "init", "command": ["exit", "4"], "essential": False}, {"name": "app", "command": ["wait"], "dependsOn": wait}
    )
    app = next(container for container in task["containers"] if container["name"] == "app")
    assert "init" in app["reason"] and "4" in app["reason"]


def test_task_goes_on_without_a_container_that_is_not_essential(node):
    arn = node.launch(node.define({"name": "side", "command": ["exit", "2"], "essential": False}, {"name": "app", "command": ["wait"]}))
    node.awaits(arn, "RUNNING")

    def side():
        return next(container for container in node.task(arn)["containers"] if container["name"] == "side")

    assert eventually(lambda: side().get("exitCode"), "the end of the side container") == 2
    assert node.task(arn)["lastStatus"] == "RUNNING"
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")


# What cannot start


def test_image_that_is_not_there_is_said(node):
    task = node.finishes({"image": "no/such-image:1"})
    assert task["stopCode"] == "TaskFailedToStart"
    reason = task["containers"][0]["reason"]
    assert reason.startswith("CannotPullContainerError:") and "no/such-image:1" in reason


def test_program_that_is_not_there_is_said(node):
    container = node.finishes({"entryPoint": ["/no/such/program"]})["containers"][0]
    assert container["reason"].startswith("CannotStartContainerError:") and "/no/such/program" in container["reason"]
    assert container["exitCode"] == 127


def test_missing_log_group_fails_the_task_as_in_ecs(node):
    options = awslogs("/e2e/not-there")
    del options["options"]["awslogs-create-group"]
    container = node.finishes({"command": ["count", "1"], "logConfiguration": options})["containers"][0]
    assert "ResourceNotFoundException" in container["reason"] and "The specified log group does not exist" in container["reason"]


# Logs


def test_last_line_is_there_whatever_its_length_and_stream(node):
    lines = node.says({"command": ["count", "5000", "--stderr"]})
    assert lines == [f"line {number} of 5000" for number in range(1, 5001)]


def test_json_file_and_none_keep_nothing_in_cloudwatch_and_the_first_is_read_here(node):
    arn = node.launch(node.define({"command": ["count", "3"], "logConfiguration": {"logDriver": "json-file"}}))
    node.awaits(arn, "STOPPED")
    said = node.run("logs", arn.rsplit("/", 1)[1]).stdout
    assert said.splitlines()[-1].endswith("line 3 of 3")
    assert node.finishes({"command": ["count", "3"], "logConfiguration": {"logDriver": "none"}})["containers"][0]["exitCode"] == 0
