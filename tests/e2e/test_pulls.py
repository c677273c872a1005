"""Images that tasks name come from registries."""

import json
import subprocess

import pytest

from deadline import eventually
from images import changed, write
from node import Joined, Node
from registry import Registry


@pytest.fixture(scope="module")
def archive(binary, tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "demo.tar"
    subprocess.run([binary.with_name("berth-demo"), "pack", path], check=True)
    return path


@pytest.fixture
def registry(tmp_path):
    """Makes registries, which end with the test."""
    made = []

    def make(**options):
        made.append(Registry(tmp_path / f"registry{len(made)}", **options))
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_task_runs_an_image_of_a_registry_and_tells_when_and_what_it_pulled(node, registry, archive):
    own = registry()
    index = own.index("team/app", "1", own.push("team/app", "build", archive))
    image = f"{own.address}/team/app:1"
    task = node.finishes({"image": image, "command": ["count", "1"]})
    container = task["containers"][0]
    assert container["exitCode"] == 0
    assert container["imageDigest"] == index["digest"], "what the registry has under the tag"
    assert task["createdAt"] <= task["pullStartedAt"] <= task["pullStoppedAt"] <= task["startedAt"]
    layers = own.asked("/blobs/sha256:")
    again = node.finishes({"image": image, "command": ["count", "1"]})
    assert again["pullStartedAt"] > task["pullStoppedAt"] and own.asked("/blobs/sha256:") == layers, "asked, not fetched"
    pinned = node.finishes({"image": f"{own.address}/team/app@{index['digest']}", "command": ["count", "1"]})
    assert pinned["containers"][0]["imageDigest"] == index["digest"] and "pullStartedAt" not in pinned
    # The registry is gone: what is here will do.
    own.end()
    assert node.finishes({"image": image, "command": ["count", "1"]})["containers"][0]["exitCode"] == 0


def test_image_that_the_registry_does_not_have_fails_the_task_in_awss_words(node, registry):
    own = registry()
    image = f"{own.address}/team/app:none"
    task = node.finishes({"image": image})
    reason = task["containers"][0]["reason"]
    assert task["stopCode"] == "TaskFailedToStart"
    expected = f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}:"
    assert reason.startswith(expected) and "manifest unknown" in reason, reason
    assert task["pullStartedAt"] <= task["pullStoppedAt"]
    ecr = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/app:1"
    assert "built-in registry" in node.finishes({"image": ecr})["containers"][0]["reason"]


def test_registry_with_tls_of_its_own_and_a_login_is_used_as_the_node_is_told(fresh, registry, archive, tmp_path):
    guarded, mirror = registry(tls=True, login=True), registry()
    guarded.push("team/app", "1", archive)
    mirror.push("library/mirrored", "1", archive)
    (tmp_path / "password").write_text("secret\n")
    login = f'username = "node"\npassword-file = "{tmp_path}/password"'
    config = tmp_path / "node.toml"
    config.write_text(
        f'[registries."{guarded.address}"]\nca-file = "{guarded.ca}"\n{login}\n'
        f'[registries."docker.io"]\nmirrors = ["{mirror.url}"]\n'
    )
    node = fresh().start("--node-config", str(config))
    task = node.finishes({"image": f"{guarded.address}/team/app:1", "command": ["count", "1"]})
    assert task["containers"][0].get("exitCode") == 0, task
    assert node.finishes({"image": "mirrored:1", "command": ["count", "1"]})["containers"][0]["exitCode"] == 0
    # Another password: what is here is used, what is not is refused; the password is told to nobody.
    (tmp_path / "password").write_text("wrong-password\n")
    node.run("image", "prune")
    node.kill_one("agent")
    refused = node.finishes({"image": f"{guarded.address}/team/app:1"})["containers"][0]["reason"]
    assert "pull access denied" in refused and "wrong-password" not in refused + node.log.read_text()
    node.down()
    # Without its authority, nobody knows whom we talk to.
    config.write_text(f'[registries."{guarded.address}"]\nca-file = "{mirror_authority(tmp_path)}"\n{login}\n')
    node = fresh().start("--node-config", str(config))
    refused = node.finishes({"image": f"{guarded.address}/team/app:1"})["containers"][0]["reason"]
    assert "certificate" in refused, refused


def mirror_authority(folder):
    from registry import authority

    other = folder / "other"
    other.mkdir()
    return authority(other)[0]


def test_commands_pull_show_and_remove(node, registry, archive):
    own = registry()
    pushed = own.push("team/tool", "2", archive)
    image = f"{own.address}/team/tool:2"
    pulled = json.loads(node.run("image", "pull", image, "--json").stdout)
    assert pulled["digest"] == pushed["digest"] and pulled["names"] == [image]
    said = node.run("image", "pull", image).stdout
    assert said.startswith(f"pulled {image} ({pushed['digest']}"), said
    shown = json.loads(node.run("image", "inspect", image).stdout)
    assert shown["manifest"] == pushed["digest"] and shown["layers"] and shown["platform"].startswith("linux")
    failed = node.run("image", "pull", f"{own.address}/team/none", check=False)
    assert failed.returncode != 0 and "manifest unknown" in failed.stderr
    assert image in json.loads(node.run("image", "prune", "--json").stdout)
    names = [name for listed in json.loads(node.run("image", "ls", "--json").stdout) for name in listed["names"]]
    assert image not in names and "berth-demo:latest" in names, "what was imported stays"
    missing = node.run("image", "inspect", image, check=False)
    assert missing.returncode != 0 and image in missing.stderr
    arn = node.launch(node.define({"image": image, "command": ["wait"]}))
    node.awaits(arn, "RUNNING", within=60)
    used = node.run("image", "rm", image, check=False)
    assert used.returncode != 0 and "is used by" in used.stderr, used
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED", within=60)
    removed = eventually(lambda: (done := node.run("image", "rm", image, check=False)).returncode == 0 and done, "nobody uses it", 60)
    assert removed.stdout == f"removed {image}\n"


def test_image_for_which_the_disk_has_no_room_is_refused_and_leaves_nothing(fresh, registry, archive):
    """The disk is the node's own, small and nearly full; with room on it the same task runs."""
    own = registry()
    own.push("team/app", "1", archive)
    node = fresh()
    node.folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m,mode=755", "tmpfs", node.folder], check=True)
    try:
        node.start()
        images = node.folder / "agent" / "images"

        def kept():
            return sorted(path for path in images.rglob("*") if path.is_file() and path.stat().st_size > 4096)

        before = kept()
        ballast = node.folder / "ballast"
        ballast.write_bytes(bytes(300 << 20))
        family = node.define({"image": f"{own.address}/team/app:1", "command": ["exit", "7"]})
        task = node.awaits(node.launch(family), "STOPPED", within=60)
        reason = task["containers"][0]["reason"]
        assert reason.startswith("CannotPullContainerError") and "bytes free" in reason, reason
        assert kept() == before
        ballast.unlink()
        assert node.awaits(node.launch(family), "STOPPED", within=60)["containers"][0]["exitCode"] == 7
    finally:
        node.end()
        node.up = None
        subprocess.run(["umount", "--lazy", node.folder], check=True)


@pytest.fixture
def pair(binary, tmp_path):
    """Two machines of one cluster, the first of them of the canary stage."""
    first, second = Node(binary, tmp_path / "first"), Joined(binary, tmp_path / "second")
    for node in (first, second):
        node.folder.mkdir()
        # However full the disk of the machine that runs this is.
        settings = "[images]\ndisk-high-percent = 100\ndisk-low-percent = 100\n"
        (node.folder / "node.toml").write_text(settings + (f'[runtime]\nname = "{node.runtime}"\n' if node.runtime else ""))
    try:
        first.start().with_image()
        second.join(first).with_image()
        stage = {"name": "stage", "value": "canary", "targetId": first.instance()}
        first.ecs.put_attributes(attributes=[stage])
        yield first, second
    finally:
        second.end()
        first.end()


def here(node):
    """The names of the images of a machine."""
    return {name for image in json.loads(node.run("image", "ls", "--json").stdout) for name in image["names"]}


def test_images_of_a_service_are_on_the_machines_that_suit_before_its_tasks(pair, registry, tmp_path):
    first, second = pair
    aware, own = first.aware(), registry()
    images = {name: f"{own.address}/team/{name}:1" for name in ("unasked", "both", "canary", "next")}
    for name in images:
        other = changed(first.binary, name, Labels={"name": name})
        own.push(f"team/{name}", "1", write(tmp_path / f"{name}.tar", other))
    unasked, web = (first.define({"image": images[name]}) for name in ("unasked", "both"))
    for name, family in (("unasked", unasked), ("web", web)):
        aware.create_service(serviceName=name, taskDefinition=family, desiredCount=0)
    first.run("deploy", "web", "--force", "--pull-ahead", "--no-wait")
    for node in pair:
        eventually(lambda node=node: images["both"] in here(node), "the service's image", within=60)
    # A revision whose tasks may go to the first machine alone.
    canary = [{"type": "memberOf", "expression": "attribute:stage == canary"}]
    aware.update_service(service="web", placementConstraints=canary, berthImages={"main": images["canary"]})
    eventually(lambda: images["canary"] in here(first), "the image of the next revision", within=60)
    aware.update_service(service="web", placementConstraints=[], berthImages={"main": images["next"]})
    for node in pair:
        eventually(lambda node=node: images["next"] in here(node), "the image of the last revision", within=60)
    # The second machine was told of all that came before the last.
    assert images["canary"] not in here(second) and not {images["unasked"]} & (here(first) | here(second))
    fetched = own.asked("/v2/team/next/manifests/sha256:")
    aware.update_service(service="web", desiredCount=2)
    first.ecs.get_waiter("services_stable").wait(services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert fetched and own.asked("/v2/team/next/manifests/sha256:") == fetched, "its tasks had it already"
