"""Fields of a task definition that need the agent while a task lives, seen from inside: health checks, order, restarts."""

import json

import boto3
import pytest
from moto.server import ThreadedMotoServer

from deadline import eventually
from fargate import Fargate
from node import NUMBERS, awslogs, cmdline, processes

DEMO = "/berth-demo"


@pytest.fixture(scope="module", autouse=True)
def restarting(node):
    """Tasks whose containers are started again after they have run for a minute, which goes by beside the other tests."""
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    group = "/e2e/restarting"
    command = ["notch", "/notches", "61"]
    main = {"command": command, "stopTimeout": 2, "restartPolicy": policy, "logConfiguration": awslogs(group)}
    ignored = {"command": ["wait", "61"], "restartPolicy": policy | {"ignoredExitCodes": [0]}}
    mains = [node.launch(node.define(main)), Fargate(node).launch(main)]
    yield {"mains": mains, "ignored": node.launch(node.define(ignored)), "group": group}
    for arn in mains:
        node.ecs.stop_task(task=arn)


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
    """The files it wrote are still there, its log goes on, and the task was RUNNING all the time; on EC2 and on Fargate."""

    def second_life(arn):
        lines = node.lines(restarting["group"], arn)
        assert node.task(arn)["lastStatus"] == "RUNNING"
        return lines if len(lines) > 1 else None

    for arn in restarting["mains"]:
        assert eventually(lambda: second_life(arn), "a second life", within=120)[:2] == ["1", "2"]
    ignored = node.awaits(restarting["ignored"], "STOPPED", within=90)
    assert ignored["containers"][0]["exitCode"] == 0


# Volumes


def volume(name, **docker):
    return {"name": name} | ({"dockerVolumeConfiguration": docker} if docker else {})


def point(name, path, **more):
    return {"sourceVolume": name, "containerPath": path, "readOnly": False} | more


def listed(lines):
    return json.loads(lines[0])


def test_empty_volume_begins_with_the_images_files_and_goes_with_its_task(node):
    seen = listed(
        node.says(
            {"command": ["list", "/srv", "/srv/deep", "/srv/deep/welcome"], "mountPoints": [point("data", "/srv")], "user": "demo"},
            volumes=[volume("data")],
        )
    )
    assert seen["/srv"] == {"uid": 1000, "gid": 1000, "mode": "750", "names": ["deep", "link"]}
    assert (seen["/srv/deep"]["gid"], seen["/srv/deep/welcome"]["uid"], seen["/srv/deep/welcome"]["mode"]) == (1000, 0, "640")
    eventually(lambda: not list((node.folder / "agent" / "volumes" / "task").glob("*/data/data/link")), "nothing left of it")


def test_containers_of_a_task_share_volumes_and_read_only_ones_cannot_be_written(node):
    group, end = "/e2e/shared", [{"containerName": "first", "condition": "SUCCESS"}]
    containers = [
        {"name": "first", "command": ["write", "/out/file", "by the first"], "essential": False, "mountPoints": [point("v", "/out")]},
        {"name": "second", "command": ["read", "/in/file"], "mountPoints": [point("v", "/in", readOnly=True)]},
        {"name": "third", "command": ["write", "/in/other"], "mountPoints": [point("v", "/in", readOnly=True)], "essential": False},
        {"name": "fourth", "command": ["write", "/out/other"], "volumesFrom": [{"sourceContainer": "first"}], "essential": False},
        {
            "name": "fifth",
            "command": ["write", "/out/more"],
            "volumesFrom": [{"sourceContainer": "first", "readOnly": True}],
            "essential": False,
        },
    ]
    for container in containers[1:]:
        container["dependsOn"] = end
    containers[1]["logConfiguration"] = awslogs(group)
    containers[1]["dependsOn"] = [{"containerName": name, "condition": "COMPLETE"} for name in ("first", "third", "fourth", "fifth")]
    task = node.finishes(*containers, volumes=[volume("v")])
    codes = {container["name"]: container.get("exitCode") for container in task["containers"]}
    assert codes == {"first": 0, "second": 0, "third": 1, "fourth": 0, "fifth": 1}, task["containers"]
    assert node.lines(group, task["taskArn"], "second") == ["by the first"]


def test_host_path_is_the_hosts_and_made_if_it_is_not_there(node, tmp_path):
    path = tmp_path / "made" / "for it"
    volumes = [{"name": "host", "host": {"sourcePath": str(path)}}]
    written = {"command": ["write", "/host/file", "from inside"], "mountPoints": [point("host", "/host")]}
    assert node.finishes(written, volumes=volumes)["containers"][0]["exitCode"] == 0
    assert (path / "file").read_text() == "from inside\n"
    assert node.says({"command": ["read", "/host/file"], "mountPoints": [point("host", "/host")]}, volumes=volumes) == ["from inside"]


def test_docker_volume_of_the_task_is_gone_with_it_and_a_shared_one_stays(node):
    def goes_on(scope, name, **more):
        container = {"command": ["notch", "/v/notches"], "mountPoints": [point(name, "/v")]}
        return [node.says(container, volumes=[volume(name, scope=scope, driver="local", **more)]) for _ in range(2)]

    assert goes_on("task", "mine") == [["1"], ["1"]]
    assert goes_on("shared", "ours", autoprovision=True, labels={"of": "e2e"}) == [["1"], ["2"]]


def test_options_of_the_local_driver_act(node, tmp_path):
    memory = volume("m", scope="task", driver="local", driverOpts={"type": "tmpfs", "device": "tmpfs", "o": "size=1m,mode=700,uid=7"})
    seen = listed(node.says({"command": ["list", "/m"], "mountPoints": [point("m", "/m")]}, volumes=[memory]))
    assert (seen["/m"]["uid"], seen["/m"]["mode"]) == (7, "700")
    (tmp_path / "file").write_text("of the host\n")
    bound = volume("b", scope="task", driver="local", driverOpts={"type": "none", "device": str(tmp_path), "o": "bind"})
    assert node.says({"command": ["read", "/b/file"], "mountPoints": [point("b", "/b")]}, volumes=[bound]) == ["of the host"]
    network = volume("n", scope="task", driver="local", driverOpts={"type": "nfs", "device": ":/x", "o": "addr=192.0.2.1"})
    reason = node.finishes({"command": ["look"], "mountPoints": [point("n", "/n")]}, volumes=[network])["containers"][0]["reason"]
    assert "driverOpts.type nfs" in reason and "volume n" in reason


def test_volumes_of_other_kinds_are_refused_by_name(node):
    family = node.define({"command": ["look"]}, volumes=[{"name": "e", "efsVolumeConfiguration": {"fileSystemId": "fs-12345678"}}])
    with pytest.raises(node.ecs.exceptions.UnsupportedFeatureException, match="efsVolumeConfiguration of volume 'e'"):
        node.launch(family)


def test_volumes_survive_the_agent_and_go_with_berth_down(fresh):
    node = fresh().start().with_image()
    memory = volume("m", scope="task", driver="local", driverOpts={"type": "tmpfs", "device": "tmpfs", "o": "size=1m"})
    container = {"command": ["wait"], "mountPoints": [point("m", "/m"), point("d", "/d")]}
    arn = node.launch(node.define(container, volumes=[memory, volume("d")]))
    node.awaits(arn, "RUNNING")
    folder = node.folder / "agent" / "volumes" / "task"
    assert len(list(folder.glob("*/*/data"))) == 2
    node.kill_one("agent")
    eventually(node.is_connected, "another agent", 30)
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")
    eventually(lambda: node.is_clean() and not list(folder.glob("*")), "nothing left")
    node.awaits(node.launch(node.define(container, volumes=[memory, volume("d")])), "RUNNING")
    node.kill_all()
    node.down()
    left = node.leftovers()
    assert not (left["mounts"] or left["processes"] or left["cgroups"]) and not list(folder.glob("*")), left


# Environment files


@pytest.fixture
def store():
    """An S3-compatible store with a bucket: its address, and a client of it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        endpoint = "http://{}:{}".format(*server.get_host_and_port())
        client = boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="AKIDSTORE", aws_secret_access_key="a secret of the store"
        )
        client.create_bucket(Bucket="settings")
        yield endpoint, client
    finally:
        server.stop()


def from_s3(*keys):
    return [{"value": f"arn:aws:s3:::settings/{key}", "type": "s3"} for key in keys]


def test_environment_files_come_from_the_store_that_the_node_names(fresh, store):
    endpoint, client = store
    client.put_object(Bucket="settings", Key="app/first.env", Body=b"# what everybody has\nA=file\nB=first\nC= \"as it is\" \nnothing\n")
    client.put_object(Bucket="settings", Key="second.env", Body=b"B=second\nD=second\n")
    node = fresh()
    node.folder.mkdir()
    (node.folder / "s3-key").write_text("a secret of the store\n")
    lines = ["[s3]", f'endpoint = "{endpoint}"', 'access-key-id = "AKIDSTORE"', 'secret-access-key-file = "s3-key"']
    (node.folder / "node.toml").write_text("\n".join(lines))
    node.start().with_image()
    files = from_s3("app/first.env", "second.env")
    container = {"command": ["env"], "environment": [{"name": "A", "value": "definition"}], "environmentFiles": files}
    for lines in (node.says(container), Fargate(node).says(**container)):
        said = set(lines)
        assert {"A=definition", "B=first", 'C= "as it is" ', "D=second"} <= said and not {"A=file", "B=second", "nothing"} & said
    group = f"/e2e/overridden-{next(NUMBERS)}"
    family = node.define(container | {"logConfiguration": awslogs(group)})
    arn = node.launch(family, overrides={"containerOverrides": [{"name": "main", "environmentFiles": from_s3("second.env")}]})
    node.awaits(arn, "STOPPED")
    said = set(node.lines(group, arn))
    assert {"A=definition", "B=second", "D=second"} <= said and "B=first" not in said
    missing = node.finishes({"command": ["env"], "environmentFiles": from_s3("not/there.env")})
    reason = missing["containers"][0]["reason"]
    assert reason.startswith("ResourceInitializationError: environment file arn:aws:s3:::settings/not/there.env: "), reason
    assert missing["stopCode"] == "TaskFailedToStart"


def test_environment_files_on_a_node_without_a_store_say_what_to_configure(node):
    reason = node.finishes({"command": ["env"], "environmentFiles": from_s3("a.env")})["containers"][0]["reason"]
    assert reason.startswith("ResourceInitializationError: ") and "[s3]" in reason and "node.toml" in reason
