"""A machine whose operator has chosen another program to make containers: runc. To its user nothing is different."""

import json

import pytest

from deadline import eventually
from fargate import Fargate
from node import awslogs, looked
from test_fields_life import DEMO, check, health

TASKS = "agent/tasks"
HEALTHY = check("CMD", DEMO, "read", "/etc/hostname", timeout=30, retries=3)


@pytest.fixture
def machine(fresh):
    """Makes a machine with this in its `node.toml`."""

    def make(settings):
        node = fresh()
        node.folder.mkdir()
        (node.folder / "node.toml").write_text(f"[runtime]\n{settings}\n")
        return node.start().with_image()

    return make


def made_by_runc(node):
    """The containers of which runc keeps records."""
    records = (node.folder / TASKS).glob("**/library/*/state.json")
    return [record.parent.name for record in records if "init_process_pid" in json.loads(record.read_text())]


def test_tasks_do_with_runc_what_they_do_without(machine):
    node = machine('name = "runc"')
    task = node.finishes({"command": ["exit", "7"]})
    assert task["containers"][0]["exitCode"] == 7
    seen = looked(node.says({"command": ["look"], "linuxParameters": {"initProcessEnabled": True}}))
    assert (seen["status"]["Seccomp"], seen["status"]["NoNewPrivs"]) == ("2", "0")
    failed = node.finishes({"command": ["exit", "0"], "entryPoint": ["/not/there"]})
    assert "CannotStartContainerError" in failed["containers"][0]["reason"], failed
    # What it may not do is as it is without.
    for tried in (json.loads(says(["dare"])[0])["tried"] for says in (lambda words: node.says({"command": words}), Fargate(node).says)):
        assert {tried[what] for what in ("mount", "module")} == {"permission denied"} and tried["shadow"] == "entity not found", tried
    # Fargate's ids, and checks of health, which are run in the container.
    fargate = Fargate(node)
    arn = fargate.runs({"command": ["wait"], "healthCheck": HEALTHY})
    health(node, arn, "HEALTHY", within=60)
    assert made_by_runc(node)
    assert fargate.stop(arn)["stopCode"] == "UserInitiated"
    findings = json.loads(node.run("doctor", "--json", check=False).stdout)
    assert [finding["verdict"] for finding in findings if finding["what"] == "OCI runtime" and "runc" in finding["found"]] == ["good"]
    eventually(node.is_clean, "nothing left", 60)


def test_another_choice_is_for_containers_to_come(machine):
    """What runs was made by runc, and is taken up, watched and ended by an agent that has never heard of it."""
    node = machine('name = "runc"')
    group = "/e2e/runc"
    main = {"command": ["wait"], "logConfiguration": awslogs(group), "healthCheck": HEALTHY}
    arn = node.launch(node.define(main))
    health(node, arn, "HEALTHY", within=60)
    (node.folder / "node.toml").unlink()
    before = node.agent_pid()
    node.kill_one("agent")
    eventually(lambda: node.agent_pid() not in (None, before) and node.is_connected(), "another agent", 60)
    assert len(made_by_runc(node)) == 1
    second = node.launch(node.define({"command": ["wait"]}))
    node.awaits(second, "RUNNING", within=60)
    assert len(made_by_runc(node)) == 1
    for one in (arn, second):
        node.ecs.stop_task(task=one)
        assert node.awaits(one, "STOPPED", within=60)["containers"][0]["exitCode"] in (0, 137, 143)
    eventually(node.is_clean, "nothing left", 60)


def test_fargate_tasks_alone_can_have_another(machine):
    node = machine('fargate = "runc"')
    arn = node.launch(node.define({"command": ["wait"]}))
    node.awaits(arn, "RUNNING", within=60)
    assert not made_by_runc(node)
    theirs = Fargate(node).runs({"command": ["wait"]})
    assert len(made_by_runc(node)) == 1
    for one in (arn, theirs):
        node.ecs.stop_task(task=one)
        node.awaits(one, "STOPPED", within=60)
    eventually(node.is_clean, "nothing left", 60)
