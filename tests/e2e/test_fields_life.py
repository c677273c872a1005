"""Fields of a task definition that need the agent while a task lives, seen from inside: health checks, order, restarts."""

import pytest

from deadline import eventually
from node import awslogs, cmdline, processes

DEMO = "/berth-demo"


@pytest.fixture(scope="module", autouse=True)
def restarting(node):
    """Tasks whose containers are started again after they have run for a minute, which goes by beside the other tests."""
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    group = "/e2e/restarting"
    command = ["notch", "/notches", "61"]
    main = {"command": command, "stopTimeout": 2, "restartPolicy": policy, "logConfiguration": awslogs(group)}
    ignored = {"command": ["wait", "61"], "restartPolicy": policy | {"ignoredExitCodes": [0]}}
    tasks = {"main": node.launch(node.define(main)), "ignored": node.launch(node.define(ignored)), "group": group}
    yield tasks
    node.ecs.stop_task(task=tasks["main"])


def check(*command, **figures):
    return {"command": list(command), "interval": 5, "timeout": 2, "retries": 1} | figures


def health(node, arn, wanted, within=30):
    def ask():
        task = node.task(arn)
        of_containers = {container["name"]: container["healthStatus"] for container in task["containers"]}
        return task if task["healthStatus"] == wanted and of_containers["main"] == wanted else None

    return eventually(ask, f"{arn} {wanted}", within)


def test_health_check_sees_the_inside_of_its_container(node):
    """It runs as the container's own processes do: it finds a file that only this container has."""
    healthy = {"command": ["wait"], "healthCheck": check("CMD", DEMO, "read", "/etc/hostname"), "user": "demo"}
    unhealthy = {"command": ["wait"], "healthCheck": check("CMD", DEMO, "read", "/not/there")}
    first, second = (node.launch(node.define(container)) for container in (healthy, unhealthy))
    for arn in (first, second):
        assert node.awaits(arn, "RUNNING")["healthStatus"] == "UNKNOWN"
    health(node, first, "HEALTHY")
    # Being unhealthy ends no task: services replace theirs.
    assert health(node, second, "UNHEALTHY")["lastStatus"] == "RUNNING"
    for arn in (first, second):
        node.ecs.stop_task(task=arn)


def test_health_check_that_takes_too_long_is_killed_with_all_it_started(node):
    arn = node.launch(node.define({"command": ["wait"], "healthCheck": check("CMD", DEMO, "brood", "check-of-mine")}))
    health(node, arn, "UNHEALTHY")

    def left():
        return [pid for pid in processes() if "check-of-mine" in cmdline(pid) and node.is_mine(pid)]

    # The next one begins five seconds later.
    eventually(lambda: not left(), "nothing left of the check", 4)
    node.ecs.stop_task(task=arn)


def test_container_waits_for_the_health_of_another(node):
    db = {"name": "db", "command": ["write-late", "/tmp/ready", "3"], "healthCheck": check("CMD", DEMO, "read", "/tmp/ready", retries=3)}
    wait = [{"containerName": "db", "condition": "HEALTHY"}]
    arn = node.launch(node.define(db, {"name": "app", "command": ["exit", "5"], "dependsOn": wait}))
    task = node.awaits(arn, "STOPPED", within=60)
    codes = {container["name"]: container.get("exitCode") for container in task["containers"]}
    assert codes["app"] == 5
    assert (task["stoppedAt"] - task["createdAt"]).total_seconds() > 5, "the first check comes after its interval"


def test_start_timeout_fails_what_waits_for_health(node):
    db = {"name": "db", "command": ["wait"], "healthCheck": check("CMD", DEMO, "exit", "1"), "startTimeout": 3, "essential": False}
    wait = [{"containerName": "db", "condition": "HEALTHY"}]
    task = node.finishes(db, {"name": "app", "command": ["exit", "0"], "dependsOn": wait})
    app = next(container for container in task["containers"] if container["name"] == "app")
    assert "start timeout of 3 s" in app["reason"], app


def test_health_goes_on_after_the_agent_was_killed(fresh):
    node = fresh().start().with_image()
    arn = node.launch(node.define({"command": ["wait"], "healthCheck": check("CMD", DEMO, "read", "/etc/hostname")}))
    health(node, arn, "HEALTHY")
    node.kill_one("agent")
    # It can only be unhealthy if somebody checks.
    node.kill_one("shim")
    node.awaits(arn, "STOPPED")
    eventually(node.is_clean, "nothing left")


def test_container_is_started_again_in_its_place(node, restarting):
    """The files it wrote are still there, its log goes on, and the task was RUNNING all the time."""
    arn = restarting["main"]

    def second_life():
        lines = node.lines(restarting["group"], arn)
        assert node.task(arn)["lastStatus"] == "RUNNING"
        return lines if len(lines) > 1 else None

    assert eventually(second_life, "a second life", within=90) == ["1", "2"]
    ignored = node.awaits(restarting["ignored"], "STOPPED", within=90)
    assert ignored["containers"][0]["exitCode"] == 0
