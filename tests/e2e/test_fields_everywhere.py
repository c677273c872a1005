"""Fields of a task definition that act with both launch types, each seen from inside a container of either."""

import json
from pathlib import Path

import pytest

from deadline import eventually
from fargate import Fargate
from images import variant
from looks import looks
from network import address, page
from node import NUMBERS, awslogs, looked
from registry import machine
from test_fields_life import DEMO, check, point

SLOW = 90
# A check that is the image's own would have failed by the time that a definition's passes.
OF_THE_IMAGE = {"Test": ["CMD", DEMO, "exit", "1"], "Interval": 1_000_000_000, "Retries": 1}
ARCHITECTURES = {"amd64": "X86_64", "arm64": "ARM64"}


class Ec2:
    """The machine as somebody sees it who runs tasks on instances."""

    how = {}

    def __init__(self, node):
        self.node = node

    def define(self, *containers, **task):
        return self.node.define(*containers, **task)

    def launch(self, *containers, **task):
        return self.node.launch(self.define(*containers, **task))


@pytest.fixture(scope="module", params=[Ec2, Fargate], ids=["EC2", "FARGATE"])
def place(node, request):
    return request.param(node)


@pytest.fixture(scope="module")
def own(node, tmp_path_factory):
    """An image with something of its own in every member of its configuration that a task can see."""
    config = {
        "Env": ["PATH=/", "OF=image", "BOTH=image"],
        "Cmd": ["look"],
        "WorkingDir": "/srv/deep",
        "User": "demo",
        "StopSignal": "SIGINT",
        "Healthcheck": OF_THE_IMAGE,
    }
    return variant(node, "e2e-own:1", tmp_path_factory.mktemp("own"), **config)


def test_image_says_what_the_definition_leaves_out(node, place, own):
    both = [{"name": "BOTH", "value": "definition"}]
    seen, ended = looks(
        place.launch,
        node,
        {
            "image": {"image": own},
            "variables": {"image": own, "command": ["env"], "environment": both},
            "command": {"image": own, "command": ["look"], "workingDirectory": "/tmp", "user": "7:crew"},
            # It takes the image's command away too, as Docker has it.
            "entry": {"image": own, "entryPoint": [DEMO, "say", "x"]},
            "fixed": {"command": ["write", "/file"], "readonlyRootFilesystem": True},
            "free": {"command": ["write", "/file"]},
        },
    )
    image, command = looked(seen["image"]), looked(seen["command"])
    assert (image["cwd"], image["args"][1:]) == ("/srv/deep", ["look"])
    ids = [image["status"][name].split() for name in ("Uid", "Gid", "Groups")]
    assert ids == [["1000"] * 4, ["1000"] * 4, ["50", "1000"]], "the image's files know in which groups its user is"
    assert {"OF=image", "BOTH=definition"} <= set(seen["variables"])
    assert (command["cwd"], command["status"]["Uid"].split()[0], command["status"]["Gid"].split()[0]) == ("/tmp", "7", "50")
    assert seen["entry"] == ["x"]
    assert (ended["fixed"]["exitCode"], ended["free"]["exitCode"]) == (1, 0)


def groups_own_files():
    """What a container's group says of memory, of what is reserved and of processors: where it stands inside, and for 128 CPU units."""
    if Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return ["memory.max", "memory.low", "cpu.weight"], "5"
    return ["memory/memory.limit_in_bytes", "memory/memory.soft_limit_in_bytes", "cpu/cpu.shares"], "128"


def test_sizes_are_seen_and_felt_inside(node, place):
    names, shares = groups_own_files()
    files = [f"/sys/fs/cgroup/{name}" for name in names]
    seen, ended = looks(
        place.launch,
        node,
        {
            "sized": {"command": ["read", *files], "cpu": 128, "memory": 96, "memoryReservation": 48},
            "greedy": {"command": ["eat", "128"], "memory": 64},
            "busy": {"command": ["burn", "2000"], "memory": 64},
        },
        cpu="256",
        memory="512",
    )
    assert seen["sized"] == [str(96 << 20), str(48 << 20), shares]
    assert (ended["greedy"]["exitCode"], ended["greedy"]["reason"].split(":")[0]) == (137, "OutOfMemoryError")
    busy = json.loads(seen["busy"][0])
    # A quarter of a processor, handed out in pieces.
    assert 0 < busy["computed"] <= busy["took"] / 4 + 100, busy


def test_small_things_act(node, place):
    seen, ended = looks(
        place.launch,
        node,
        {
            "platform": {"command": ["look"], "dockerLabels": {"team": "berth"}},
            "interactive": {"command": ["terminal"], "interactive": True},
            # It has not run for as long as it must have.
            "early": {"command": ["notch", "/notches"], "restartPolicy": {"enabled": True, "restartAttemptPeriod": 60}},
            "unprivileged": {"command": ["dare"]},
        },
        runtimePlatform={"operatingSystemFamily": "LINUX", "cpuArchitecture": ARCHITECTURES[machine()]},
    )
    assert {"x86_64": "amd64", "aarch64": "arm64"}[looked(seen["platform"])["machine"]] == machine()
    assert json.loads(seen["interactive"][0])["input_ends"] is False
    assert seen["early"] == ["1"]
    tried = json.loads(seen["unprivileged"][0])["tried"]
    assert {tried[what] for what in ("mount", "module")} == {"permission denied"}


def test_signal_of_the_image_ends_a_container_or_its_time_does(node, place, own):
    """And one that is not essential had ended long before."""
    group = f"/e2e/stopping-{next(NUMBERS)}"
    arn = place.launch(
        {"name": "asked", "image": own, "command": ["serve", "0"], "logConfiguration": awslogs(group)},
        {"name": "stubborn", "command": ["wait", "--stubborn"], "stopTimeout": 2},
        {"name": "side", "command": ["exit", "2"], "essential": False},
    )
    node.awaits(arn, "RUNNING", within=SLOW)

    def containers():
        return {container["name"]: container.get("exitCode") for container in node.task(arn)["containers"]}

    eventually(lambda: containers()["side"] == 2, "the end of the side container", SLOW)
    eventually(lambda: node.lines(group, arn, "asked"), "who listens to signals", SLOW)
    assert node.task(arn)["lastStatus"] == "RUNNING"
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED", within=SLOW)
    assert containers() == {"asked": 0, "stubborn": 137, "side": 2}
    assert eventually(lambda: (lines := node.lines(group, arn, "asked")) and len(lines) == 2 and lines, "its last words")[1] == "signal 2: goodbye"


def test_health_is_what_the_definitions_checks_say(node, place, own):
    failing = check("CMD", DEMO, "exit", "1", retries=2)
    arn = place.launch(
        {"name": "shell", "command": ["wait"], "environment": [{"name": "F", "value": "/etc/hostname"}], "healthCheck": check("CMD-SHELL", "read $F")},
        {"name": "over", "image": own, "command": ["wait"], "healthCheck": check("CMD", DEMO, "exit", "0")},
        {"name": "images", "image": own, "command": ["wait"]},
        {"name": "bad", "command": ["wait"], "healthCheck": failing},
        {"name": "starting", "command": ["wait"], "healthCheck": failing | {"startPeriod": 300, "retries": 1}},
    )

    def states():
        return {container["name"]: container["healthStatus"] for container in node.task(arn)["containers"]}

    node.awaits(arn, "RUNNING", within=SLOW)
    # As ECS has it, the image's own check is not run, and failures count only after the start.
    expected = {"shell": "HEALTHY", "over": "HEALTHY", "images": "UNKNOWN", "bad": "UNHEALTHY", "starting": "UNKNOWN"}
    eventually(lambda: states() == expected, f"{expected}", SLOW)
    task = node.task(arn)
    assert (task["lastStatus"], task["healthStatus"]) == ("RUNNING", "UNHEALTHY")
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED", within=SLOW)


def test_containers_wait_for_each_other(node, place):
    def after(**conditions):
        return {"dependsOn": [{"containerName": name, "condition": condition} for name, condition in conditions.items()]}

    group = f"/e2e/order-{next(NUMBERS)}"
    db = {"name": "db", "command": ["write-late", "/v/ready", "1"], "healthCheck": check("CMD", DEMO, "read", "/v/ready", retries=9)}
    shared = {"mountPoints": [point("v", "/v")]}
    arn = place.launch(
        db | shared | {"essential": False},
        {"name": "failed", "command": ["exit", "3"], "essential": False} | after(db="START"),
        {"name": "done", "command": ["write", "/v/done"], "essential": False} | after(failed="COMPLETE") | shared,
        {"command": ["list", "/v"], "logConfiguration": awslogs(group)} | after(db="HEALTHY", done="SUCCESS") | shared,
        volumes=[{"name": "v"}],
    )
    codes = {container["name"]: container.get("exitCode") for container in node.awaits(arn, "STOPPED", within=SLOW)["containers"]}
    assert codes == {"db": 143, "failed": 3, "done": 0, "main": 0}
    assert json.loads(node.lines(group, arn)[0])["/v"]["names"] == ["done", "ready"]


def test_start_that_takes_too_long_or_fails_fails_what_waits_for_it(node, place):
    sick = {"name": "sick", "command": ["wait"], "healthCheck": check("CMD", DEMO, "exit", "1"), "startTimeout": 3, "essential": False}
    arns = [
        place.launch(sick, {"command": ["exit", "0"], "dependsOn": [{"containerName": "sick", "condition": "HEALTHY"}]}),
        place.launch(
            {"name": "failed", "command": ["exit", "4"], "essential": False},
            {"command": ["exit", "0"], "dependsOn": [{"containerName": "failed", "condition": "SUCCESS"}]},
        ),
    ]
    reasons = []
    for arn in arns:
        containers = {container["name"]: container for container in node.awaits(arn, "STOPPED", within=SLOW)["containers"]}
        reasons.append(containers["main"]["reason"])
    assert "start timeout of 3 s" in reasons[0] and "failed" in reasons[1] and "4" in reasons[1], reasons


def test_volumes_are_shared_and_those_of_another_container_can_be_read_only(node, place):
    first = {"mountPoints": [point("v", "/out")]}
    wait = {"dependsOn": [{"containerName": "first", "condition": "SUCCESS"}]}
    borrowed = wait | {"volumesFrom": [{"sourceContainer": "first", "readOnly": True}]}
    seen, ended = looks(
        place.launch,
        node,
        {
            "first": {"command": ["write", "/out/file", "by the first"]} | first,
            "reader": {"command": ["read", "/in/file"], "mountPoints": [point("v", "/in", readOnly=True)]} | wait,
            "fixed": {"command": ["write", "/in/more"], "mountPoints": [point("v", "/in", readOnly=True)]} | wait,
            "borrower": {"command": ["read", "/out/file"]} | borrowed,
            "taker": {"command": ["write", "/out/more"]} | borrowed,
            "giver": {"command": ["write", "/out/other"], "volumesFrom": [{"sourceContainer": "first"}]} | wait,
        },
        volumes=[{"name": "v"}],
    )
    assert seen["reader"] == seen["borrower"] == ["by the first"]
    codes = {name: container["exitCode"] for name, container in ended.items()}
    assert codes == {"first": 0, "reader": 0, "fixed": 1, "borrower": 0, "taker": 1, "giver": 0}


def test_ports_of_a_task_are_at_its_address(node):
    ports = [{"containerPort": 80, "name": "web", "appProtocol": "http"}, {"containerPortRange": "8000-8004"}]
    arn = Fargate(node).launch(
        {"command": ["serve", "80", "--text", "one"], "portMappings": ports[:1]},
        {"name": "range", "command": ["serve", "8003", "--text", "several"], "portMappings": ports[1:]},
    )
    at = address(node.awaits(arn, "RUNNING", within=SLOW))

    def told(port):
        try:
            return page(f"http://{at}:{port}/")
        except OSError:
            return None

    for port, text in ((80, "one\n"), (8003, "several\n")):
        assert eventually(lambda: told(port), f"port {port}", SLOW) == text
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED", within=SLOW)


OTHER = next(name for name in ARCHITECTURES.values() if name != ARCHITECTURES[machine()])
SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s"
PORTS = {"IgnoredUID": "1", "ProxyIngressPort": "15000", "ProxyEgressPort": "15001", "AppPorts": "80"}
PROXY = {"type": "APPMESH", "containerName": "main", "properties": [{"name": name, "value": value} for name, value in PORTS.items()]}
ROLE = "arn:aws:iam::000000000000:role/execution"


@pytest.mark.parametrize(
    ("task", "container", "named"),
    [
        ({"enableFaultInjection": True}, {}, "enableFaultInjection"),
        ({"runtimePlatform": {"cpuArchitecture": OTHER}}, {}, f"runtimePlatform.cpuArchitecture {OTHER}"),
        ({"volumes": [{"name": "e", "efsVolumeConfiguration": {"fileSystemId": "fs-12345678"}}]}, {}, "efsVolumeConfiguration of volume 'e'"),
        ({"volumes": [{"name": "c", "configuredAtLaunch": True}]}, {"mountPoints": [point("c", "/c")]}, "configuredAtLaunch of volume 'c'"),
        ({}, {"secrets": [{"name": "S", "valueFrom": SECRET}]}, "secrets of container 'main'"),
        ({}, {"repositoryCredentials": {"credentialsParameter": SECRET}}, "repositoryCredentials of container 'main'"),
        ({}, {"credentialSpecs": ["credentialspec:arn:aws:s3:::b/k"]}, "credentialSpecs of container 'main'"),
        ({"taskRoleArn": ROLE}, {}, "taskRoleArn"),
    ],
)
def test_field_that_cannot_act_is_refused_by_name(node, place, task, container, named):
    family = place.define({"command": ["look"]} | container, **({"executionRoleArn": ROLE} | task))
    with pytest.raises(node.ecs.exceptions.UnsupportedFeatureException, match=named.replace(".", r"\.")):
        node.ecs.run_task(taskDefinition=family, **place.how)


def test_fields_of_one_launch_type_are_refused_by_name(node):
    fsx = {"fileSystemId": "fs-0123456789abcdef0", "rootDirectory": "r", "authorizationConfig": {"credentialsParameter": SECRET, "domain": "d"}}
    proxy = Fargate(node).define({"command": ["look"]}, proxyConfiguration=PROXY)
    with pytest.raises(node.ecs.exceptions.UnsupportedFeatureException, match="proxyConfiguration"):
        node.ecs.run_task(taskDefinition=proxy, **Fargate(node).how)
    volume = {"name": "f", "fsxWindowsFileServerVolumeConfiguration": fsx}
    windows = node.define({"command": ["look"]}, volumes=[volume], executionRoleArn=ROLE)
    with pytest.raises(node.ecs.exceptions.UnsupportedFeatureException, match="fsxWindowsFileServerVolumeConfiguration of volume 'f'"):
        node.ecs.run_task(taskDefinition=windows)
    accelerators = {"inferenceAccelerators": [{"deviceName": "d", "deviceType": "eia2.medium"}]}
    with pytest.raises(node.ecs.exceptions.ClientException, match="(?i)inference"):
        node.define({"command": ["look"]}, **accelerators)
