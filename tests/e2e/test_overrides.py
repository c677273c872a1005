"""What a caller overrides of a task definition, seen from inside, with RunTask and with StartTask."""

import subprocess

import pytest

from deadline import eventually
from installation import SURROUNDINGS
from node import IMAGE, NUMBERS, awslogs

OTHER = "other/demo:2"


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


@pytest.fixture(scope="module")
def other(node, tmp_path_factory):
    """An image of another name that says in its environment which one it is."""
    node.bring(tmp_path_factory.mktemp("other") / "other.tar", "--env", "WHO=other", name=OTHER)
    return OTHER


@pytest.mark.parametrize("launch", [run, start])
def test_image_entry_point_and_log_are_overridden_inside(node, other, launch, monkeypatch):
    """Berth's additions to AWS's API, as a client says them that knows them."""
    monkeypatch.setattr(node, "ecs", node.aware())
    group = f"/e2e/{next(NUMBERS)}"
    family = node.define({"entryPoint": ["/nothing"], "command": ["env"]})
    said = {"berthImage": other, "berthEntryPoint": ["/berth-demo"], "berthLogConfiguration": awslogs(group)}
    arn = launch(node, family, {"containerOverrides": [{"name": "main"} | said]})
    task = node.awaits(arn, "STOPPED", within=60)
    (container,) = task["containers"]
    assert (container["image"], container["exitCode"]) == (other, 0), container
    lines = eventually(lambda: node.lines(group, arn), "the environment", 60)
    assert "WHO=other" in lines, lines
    assert f"main: image {other}, entry point /berth-demo, log driver awslogs" in node.run("inspect", arn).stdout
    assert "WHO=other" in node.run("logs", arn).stdout.splitlines()


def test_berth_run_has_other_things_in_a_definition_for_once(node, other):
    family = node.define({"command": ["wait"]})

    def berth_run(*words):
        command = [node.binary, "run", "--data-dir", node.folder, "--task-definition", family, *words]
        return subprocess.run(command, env=SURROUNDINGS, capture_output=True, text=True, timeout=120, check=False)

    done = berth_run("--image", other, "-e", "ONCE=1", "env")
    assert done.returncode == 0 and {"WHO=other", "ONCE=1"} <= set(done.stdout.splitlines()), done
    group = f"/e2e/{next(NUMBERS)}"
    log = ["--log-driver", "awslogs", "--log-opt", f"awslogs-group={group}", "--entrypoint", "/berth-demo"]
    done = berth_run(*log, "count", "2", "--exit", "3")
    assert (done.returncode, done.stdout) == (3, "line 1 of 2\nline 2 of 2\n"), done
    found = node.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert group in [found["logGroupName"] for found in found]
    done = berth_run("--secret", "PASSWORD=arn:aws:ssm:us-east-1:000000000000:parameter/password", "env")
    assert done.returncode == 1 and "executionRoleArn" in done.stderr, done
    assert node.ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]["revision"] == 1


def test_images_alone_are_a_deployment(node, other):
    family = node.define({"command": ["wait"], "stopTimeout": 2})
    name = f"images-{family}"
    node.ecs.create_service(serviceName=name, taskDefinition=family, desiredCount=1)

    def defined(number):
        (container,) = node.ecs.describe_task_definition(taskDefinition=f"{family}:{number}")["taskDefinition"]["containerDefinitions"]
        return container

    try:
        node.run("scale", f"{name}=1", within=120)
        done = node.run("deploy", name, "--image", other, within=120)
        assert done.stdout == f"{name}  {family}:2  SUCCESSFUL\n", done
        (arn,) = node.ecs.list_tasks(serviceName=name)["taskArns"]
        assert node.task(arn)["containers"][0]["image"] == other
    finally:
        node.ecs.delete_service(service=name, force=True)
    assert defined(1)["image"] == IMAGE and defined(2) == defined(1) | {"image": other}
