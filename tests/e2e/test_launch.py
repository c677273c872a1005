"""The way from a request to a running task: what is done on it, and what is not."""

import json
import re
import shutil
import signal
import subprocess

import pytest

from deadline import eventually

STEPS = {
    "control-plane": ["request", "validate", "place", "commit", "push", "commit RUNNING"],
    "agent": ["payload", "resolve", "create", "network", "start", "report"],
    "runtime": ["prepare", "namespace", "layers", "identity", "cgroups", "build", "record", "program"],
}


def traced(node, arn):
    """What `berth trace` knows of a launch; both processes write it down after the task is RUNNING."""

    def ask():
        done = node.run("trace", arn, "--json", check=False)
        launch = json.loads(done.stdout) if done.returncode == 0 else {"spans": []}
        ends = {(span["part"], span["step"]) for span in launch["spans"]}
        return launch if {("agent", "report"), ("control-plane", "commit RUNNING")} <= ends else None

    return eventually(ask, "both parts of a trace")


def test_launch_is_traced_from_the_request_to_running(node):
    arn = node.launch(node.define({"command": ["wait"]}))
    node.awaits(arn, "RUNNING")
    launch = traced(node, arn)
    assert arn.endswith(launch["task"])
    for part, steps in STEPS.items():
        names = [span["step"] for span in launch["spans"] if span["part"] == part]
        assert [name for name in names if name in steps] == steps, part
    spans = {span["step"]: span for span in launch["spans"]}
    end = {name: span["at"] + span["took"] for name, span in spans.items()}
    # Anchors of two clocks are read one after the other: a moment may be a little off.
    slack = 5000
    for outer, inner in (("create", "prepare"), ("create", "build"), ("start", "program"), ("report", "commit RUNNING")):
        assert spans[outer]["at"] - slack <= spans[inner]["at"] and end[inner] <= end[outer] + slack, (outer, inner)
    # Each number is rounded for itself.
    assert abs(max(end.values()) - launch["took"]) <= 1
    short = arn.rsplit("/", 1)[1][:12]
    shown = node.run("trace", short).stdout
    assert shown.startswith(short) and all(step in shown for step in spans), shown
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")
    assert traced(node, arn) == launch
    assert "no launch of a task" in node.run("trace", "ffffffffffff", check=False).stderr


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_launch_syncs_nothing_on_the_node_and_executes_nothing_but_the_program(node, tmp_path):
    family = node.define({"command": ["wait"]})
    calls = tmp_path / "calls"
    parts = node.children()
    pids = [option for part in ("agent", "launcher") for option in ("-p", str(parts[part]))]
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-e", "trace=execve,fsync,fdatasync,sync,syncfs", "-e", "signal=none", "-o", calls, *pids],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        eventually(lambda: all(f"TracerPid:\t{tracer.pid}\n" in status(parts[part]) for part in ("agent", "launcher")), "strace")
        arn = node.launch(family)
        node.awaits(arn, "RUNNING")
        eventually(lambda: '"hold"' in calls.read_text(), "a shim that has become small")
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(timeout=30)
    seen = calls.read_text()
    assert not re.findall(r"\b(?:fsync|fdatasync|sync|syncfs)\(", seen), seen
    # The shim becomes the small program that holds the container once the container's own runs.
    executed = re.findall(r'execve\("([^"]*)", \["([^"]*)", "([^"]*)"', seen)
    assert [words[1:] for words in executed] == [("/berth-demo", "wait"), ("berth-shim", "hold")], seen
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")


def status(pid):
    with open(f"/proc/{pid}/status") as file:
        return file.read()
