"""Images that mean harm: what comes of a task that runs one, and of `berth image import`. Nothing outside of the task is different afterwards."""

import io
import json
import tarfile

import pytest

from deadline import eventually
from images import changed, variant, write
from node import IMAGE
from registry import Registry

DEVICE, LINK, HARD_LINK, FOLDER = tarfile.CHRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE


def layer(*entries):
    """An archive of files, each a name, and a text or what it is instead."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in entries:
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content.encode()))
            else:
                member.type, member.linkname, member.devmajor, member.devminor = content
                archive.addfile(member)
    return packed.getvalue()


def hostile(outside):
    """Layers that mean harm to a folder, by what they try; and what is said of each."""
    return {
        "up": (layer((f"../../../../..{outside}/canary", "owned")), ".."),
        "link": (layer(("way", (LINK, str(outside), 0, 0)), ("way/canary", "owned")), "way/canary"),
        "hard-link": (layer(("mine", (HARD_LINK, f"../../..{outside}/canary", 0, 0))), "mine"),
        "whiteout": (layer(("..", (FOLDER, "", 0, 0)), (".wh...", "")), ".."),
        "long": (layer(("n" * 100_000, "owned")), "limit"),
        "deep": (layer(("/".join(["d"] * 3000), "owned")), "limit"),
    }


@pytest.fixture
def registry(tmp_path):
    one = Registry(tmp_path / "registry")
    yield one
    one.end()


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "canary").write_text("as it was")
    return folder


def images(node):
    """What is here; not who uses it, for tasks of other tests may be about to end."""
    return [{**image, "in_use_by": None} for image in json.loads(node.run("image", "ls", "--json").stdout)]


def test_image_that_means_harm_is_refused_wherever_it_comes_from(node, registry, outside, tmp_path):
    before = images(node)
    cases = {name: ({"layers": [content]}, said) for name, (content, said) in hostile(outside).items()}
    cases["lying"] = ({"layers": [layer(("file", "other"))], "promised": "0" * 64}, "disagree")
    arns = {}
    for name, (changes, said) in cases.items():
        # Under the name of an image that is here, which goes on to mean that one.
        archive = write(tmp_path / f"{name}.tar", changed(node.binary, IMAGE, **changes))
        imported = node.run("image", "import", str(archive), check=False)
        assert imported.returncode != 0 and said in imported.stderr, (name, imported.stderr)
        registry.push(f"hostile/{name}", "1", archive)
        arns[name] = node.launch(node.define({"image": f"{registry.address}/hostile/{name}:1"}))
    for name, arn in arns.items():
        task = node.awaits(arn, "STOPPED", within=90)
        reason = task["containers"][0].get("reason", "")
        assert task["stopCode"] == "TaskFailedToStart", task
        assert reason.startswith("CannotPullContainerError") and cases[name][1] in reason, (name, reason)
    assert node.finishes({"command": ["exit", "0"]})["containers"][0]["exitCode"] == 0
    assert (outside / "canary").read_text() == "as it was" and len(list(outside.iterdir())) == 1
    assert images(node) == before
    eventually(lambda: not any(arn.rsplit("/", 1)[1] in str(node.leftovers()) for arn in arns.values()), "nothing left of the tasks", 60)


def test_devices_and_links_of_an_image_are_of_no_use_inside(node, outside, tmp_path):
    devices = [(name, (DEVICE, "", major, minor)) for name, major, minor in (("memory", 1, 1), ("disk", 7, 0))]
    content = layer(*devices, ("way", (LINK, str(outside), 0, 0)), ("up", (LINK, "../../../../.." + str(outside), 0, 0)))
    image = variant(node, "e2e-hostile:1", tmp_path, layers=[content])
    looks = [["open", "/memory"], ["open", "/disk"], ["read", "/way/canary"], ["read", "/up/canary"]]
    containers = [{"name": f"look-{at}", "image": image, "command": look, "essential": False} for at, look in enumerate(looks)]
    ended = [{"containerName": container["name"], "condition": "COMPLETE"} for container in containers]
    task = node.finishes(*containers, {"command": ["exit", "0"], "dependsOn": ended})
    codes = {container["name"]: container.get("exitCode") for container in task["containers"]}
    assert codes == {"look-0": 1, "look-1": 1, "look-2": 1, "look-3": 1, "main": 0}, task
