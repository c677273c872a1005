"""Members of a task definition that the kernel enforces, each seen to act from inside a container."""

import json
import os
from pathlib import Path

import pytest

from deadline import eventually
from node import NUMBERS, awslogs, looked
from test_fargate import Fargate

PROC_LIMIT = {"nofile": "Max open files", "core": "Max core file size", "stack": "Max stack size"}


def linux(command, **parameters):
    return {"command": command, "linuxParameters": parameters}


def code(node, container, **task):
    return node.finishes(container, **task)["containers"][0].get("exitCode")


def refusal(node, container, **task):
    return node.finishes(container, **task)["containers"][0]["reason"]


def mounts(lines):
    """Options of mounts and of their file systems, by where they are."""
    found = {}
    for line in lines:
        before, after = line.split(" - ")
        found[before.split()[4]] = set(before.split()[5].split(",")) | set(after.split()[2].split(","))
    return found


def test_ulimits_act_and_are_lowered_to_what_the_agent_has(node):
    limits = [{"name": "nofile", "softLimit": 100, "hardLimit": 200}, {"name": "core", "softLimit": 0, "hardLimit": 0}]
    seen = {line[:26].strip(): line[26:].split()[:2] for line in node.says({"command": ["read", "/proc/self/limits"], "ulimits": limits})}
    assert (seen["Max open files"], seen["Max core file size"]) == (["100", "200"], ["0", "0"])
    above = [{"name": "nofile", "softLimit": 2**30, "hardLimit": 2**30}]
    seen = node.says({"command": ["read", "/proc/self/limits"], "ulimits": above})
    given = int(next(line for line in seen if line.startswith("Max open files")).split()[4])
    assert 0 < given <= 2**30
    if given < 2**30:
        assert f"ulimit nofile of {2**30} is lowered to this agent's own, {given}" in node.log.read_text(errors="replace")


def test_capabilities_are_added_and_dropped(node):
    def bounding(**capabilities):
        return int(looked(node.says(linux(["look"], capabilities=capabilities)))["status"]["CapBnd"], 16)

    chown, net_admin, default = 1 << 0, 1 << 12, 0xA80425FB
    assert bounding(drop=["CHOWN"]) == default & ~chown
    assert bounding(drop=["ALL"]) == 0
    assert bounding(drop=["ALL"], add=["NET_ADMIN"]) == net_admin


def test_file_systems_in_memory_and_shared_memory_have_their_size_and_options(node):
    tmpfs = [
        {"containerPath": "/scratch", "size": 3, "mountOptions": ["exec", "mode=700"]},
        {"containerPath": "/etc/locked", "size": 1, "mountOptions": ["ro"]},
    ]
    seen = mounts(node.says(linux(["read", "/proc/self/mountinfo"], tmpfs=tmpfs, sharedMemorySize=5)))
    assert {"size=3072k", "mode=700", "nosuid", "nodev", "rw"} <= seen["/scratch"] and "noexec" not in seen["/scratch"]
    assert {"size=1024k", "ro", "noexec"} <= seen["/etc/locked"]
    assert "size=5120k" in seen["/dev/shm"]
    assert code(node, linux(["write", "/scratch/file"], tmpfs=tmpfs) | {"readonlyRootFilesystem": True}) == 0
    assert code(node, linux(["write", "/etc/locked/file"], tmpfs=tmpfs)) == 1


def test_devices_are_there_with_their_permissions_alone(node):
    def opens(*arguments, **device):
        return code(node, linux(["open", *arguments], devices=[device] if device else []))

    # A device that no container has by itself, and that root needs no capability for.
    path = next(path for path in ("/dev/fuse", "/dev/loop-control", "/dev/kvm") if Path(path).exists())
    there = {"hostPath": path}
    assert opens(path) == 1
    assert opens(path, "--write", **there) == 0
    assert opens("/dev/other", **there, containerPath="/dev/other", permissions=["read"]) == 0
    assert opens("/dev/other", "--write", **there, containerPath="/dev/other", permissions=["read"]) == 1
    assert opens("/opt/made/other", "--write", **there, containerPath="/opt/made/other") == 0
    assert "there is no device /dev/not-there" in refusal(node, linux(["look"], devices=[{"hostPath": "/dev/not-there"}]))


def test_system_controls_act_in_namespaces_of_the_containers_own(node):
    controls = [{"namespace": "kernel.msgmax", "value": "4242"}, {"namespace": "net.core.somaxconn", "value": "77"}]
    shown = {"command": ["read", "/proc/sys/kernel/msgmax", "/proc/sys/net/core/somaxconn"], "systemControls": controls}
    assert node.says(shown, networkMode="none") == ["4242", "77"]
    assert "not allowed in host network namespace" in refusal(node, shown)
    assert "somaxconn" not in refusal(node, shown | {"systemControls": [{"namespace": "net.not.there", "value": "1"}]}, networkMode="none")


def test_init_looks_after_orphans_hands_on_signals_and_says_what_cannot_start(node):
    alone, under_init = (json.loads(node.says(linux(["orphan"], initProcessEnabled=init))[0]) for init in (False, True))
    assert alone == {"pid": 1, "left": 1}
    assert under_init["pid"] > 1 and under_init["left"] == 0
    arn = node.launch(node.define(linux(["wait"], initProcessEnabled=True)))
    node.awaits(arn, "RUNNING")
    node.ecs.stop_task(task=arn)
    assert node.awaits(arn, "STOPPED")["containers"][0]["exitCode"] == 143
    assert code(node, linux(["exit", "9"], initProcessEnabled=True) | {"user": "demo"}) == 9
    container = node.finishes(linux(["x"], initProcessEnabled=True) | {"entryPoint": ["/no/such/program"]})["containers"][0]
    assert container["reason"].startswith("CannotStartContainerError:") and "/no/such/program" in container["reason"]


def test_terminal_and_open_input(node):
    def seen(**container):
        return json.loads(node.says({"command": ["terminal"], **container})[0])

    assert seen() == {"terminals": [False] * 3, "input_ends": True, "term": ""}
    assert seen(interactive=True, user="demo") == {"terminals": [False] * 3, "input_ends": False, "term": ""}
    on_terminal = {"terminals": [True] * 3, "input_ends": False, "term": "xterm"}
    for more in ({}, {"interactive": True, "user": "demo"}, {"linuxParameters": {"initProcessEnabled": True}}):
        assert seen(pseudoTerminal=True, **more) == on_terminal
    # What nobody keeps is read all the same: the program does not wait for it.
    unkept = {"command": ["count", "9999"], "pseudoTerminal": True, "logConfiguration": {"logDriver": "none"}}
    assert code(node, unkept) == 0
    assert code(node, {"command": ["write", "/dev/stdout"], "user": "demo"}) == 0


def pair(node, first, second, **task):
    """What two containers say, one after the other, and the exit code of the second."""
    group = f"/e2e/pair-{next(NUMBERS)}"
    wait = [{"containerName": "first", "condition": "COMPLETE"}]
    logs = {"logConfiguration": awslogs(group)}
    done = node.finishes(
        {"name": "first", "command": first, "essential": False} | logs, {"name": "second", "command": second, "dependsOn": wait} | logs, **task
    )
    codes = {container["name"]: container.get("exitCode") for container in done["containers"]}
    return [node.lines(group, done["taskArn"], name) for name in ("first", "second")], codes["second"]


def test_processes_and_memory_are_shared_by_the_containers_of_a_task_or_with_the_host(node):
    before = node.leftovers()

    def namespaces(kind, **task):
        said, _ = pair(node, ["look"], ["look"], **task)
        return [looked(lines)["namespaces"][kind] for lines in said]

    def own(kind):
        return os.readlink(f"/proc/self/ns/{kind}")

    for kind, mode in (("pid", "pidMode"), ("ipc", "ipcMode")):
        # The second may get the number that the first one's had.
        assert own(kind) not in namespaces(kind)
        first, second = namespaces(kind, **{mode: "task"})
        assert first == second != own(kind)
        assert namespaces(kind, **{mode: "host"}) == [own(kind)] * 2
    assert looked(pair(node, ["look"], ["look"], pidMode="task")[0][1])["pid"] > 1
    note = (["write", "/dev/shm/note"], ["read", "/dev/shm/note"])
    assert [pair(node, *note, **task)[1] for task in ({}, {"ipcMode": "task"}, {"ipcMode": "none"})] == [1, 0, 1]
    eventually(lambda: not node.has_more_than(before), "nothing left of what was shared")


def test_containers_that_share_processes_stop_by_themselves(node):
    arn = node.launch(node.define({"command": ["wait"]}, {"name": "other", "command": ["wait"]}, pidMode="task"))
    node.awaits(arn, "RUNNING")
    node.ecs.stop_task(task=arn)
    assert [container["exitCode"] for container in node.awaits(arn, "STOPPED")["containers"]] == [143, 143]


def test_swap_is_limited_where_the_kernel_counts_it(node):
    arn = node.launch(node.define(linux(["wait"], maxSwap=16, swappiness=7) | {"memory": 48}))
    node.awaits(arn, "RUNNING")
    found = [folder / arn.rsplit("/", 1)[1] for folder in node.cgroups()]

    def values(name):
        return {path.read_text().strip() for folder in found for path in folder.glob(f"*/{name}")}

    assert values("memory.memsw.limit_in_bytes") <= {str(64 << 20)} and values("memory.swap.max") <= {str(16 << 20)}
    assert values("memory.swappiness") <= {"7"}
    assert values("memory.swappiness") | values("memory.swap.max")
    node.ecs.stop_task(task=arn)


def test_no_new_privileges_and_security_options_that_this_machine_lacks(node):
    option = {"dockerSecurityOptions": ["no-new-privileges"]}
    assert looked(node.says({"command": ["look"]} | option))["status"]["NoNewPrivs"] == "1"
    failed = node.ecs.run_task(taskDefinition=node.define({"dockerSecurityOptions": ["apparmor:strict"]}))
    assert [failure["reason"] for failure in failed["failures"]] == ["ATTRIBUTE"]


def test_labels_are_taken_and_gpus_that_are_not_there_are_said(node):
    assert code(node, {"command": ["exit", "0"], "dockerLabels": {"team": "berth"}}) == 0
    family = node.define({"resourceRequirements": [{"type": "GPU", "value": "1"}]})
    assert [failure["reason"] for failure in node.ecs.run_task(taskDefinition=family)["failures"]] == ["RESOURCE:GPU"]
    family = node.define({"command": ["exit", "0"]})
    override = {"containerOverrides": [{"name": "main", "resourceRequirements": [{"type": "GPU", "value": "2"}]}]}
    failed = node.ecs.run_task(taskDefinition=family, overrides=override)
    assert [failure["reason"] for failure in failed["failures"]] == ["RESOURCE:GPU"]


def test_memory_of_the_task_is_shared_by_its_containers(node):
    both = [{"name": name, "command": ["eat", "40"], "memory": 64, "stopTimeout": 2} for name in ("first", "second")]
    task = node.finishes(*both, cpu="256", memory="72")
    reasons = [container.get("reason") for container in task["containers"]]
    assert "OutOfMemoryError: Container killed due to memory usage" in reasons, task


def test_what_fargate_allows_acts_there(node):
    before = node.leftovers()
    fargate = Fargate(node)
    limits = [{"name": "nofile", "softLimit": 100, "hardLimit": 200}]
    said = fargate.says(["read", "/proc/self/limits"], ulimits=limits)
    assert next(line for line in said if line.startswith("Max open files")).split()[3:5] == ["100", "200"]
    added = linux([], capabilities={"add": ["SYS_PTRACE"], "drop": ["CHOWN"]})["linuxParameters"]
    assert int(looked(fargate.says(["look"], linuxParameters=added))["status"]["CapBnd"], 16) == 0xA80425FB & ~1 | 1 << 19
    tmpfs = [{"containerPath": "/scratch", "size": 3, "mountOptions": ["exec"]}]
    seen = mounts(fargate.says(["read", "/proc/self/mountinfo"], linuxParameters={"tmpfs": tmpfs}))
    assert "size=3072k" in seen["/scratch"] and "noexec" not in seen["/scratch"]
    controls = [{"namespace": "net.core.somaxconn", "value": "77"}, {"namespace": "kernel.msgmax", "value": "4242"}]
    shown = ["read", "/proc/sys/net/core/somaxconn", "/proc/sys/kernel/msgmax"]
    assert fargate.says(shown, systemControls=controls) == ["77", "4242"]
    assert json.loads(fargate.says(["orphan"], linuxParameters={"initProcessEnabled": True})[0])["left"] == 0
    assert json.loads(fargate.says(["terminal"], pseudoTerminal=True, user="demo")[0])["terminals"] == [True] * 3
    arn = fargate.launch({"command": ["exit", "3"]}, pidMode="task")
    assert node.awaits(arn, "STOPPED")["containers"][0].get("exitCode") == 3
    eventually(lambda: not node.has_more_than(before), "nothing left of it")
