"""`berth volume`: the shared volumes of a machine."""

import json

from deadline import eventually
from node import NUMBERS


def shared(name, **more):
    return {"name": name, "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": True, "labels": {"team": "a"}} | more}


def listed(node):
    """The shared volumes by name; none while the agent is being started again."""
    listing = node.run("volume", "ls", "--json", check=False)
    return {volume["name"]: volume for volume in json.loads(listing.stdout)} if listing.returncode == 0 else {}


def test_volumes_are_listed_and_only_those_that_no_task_uses_are_removed(node):
    used, unused, memory = (f"volume-{next(NUMBERS)}" for _ in range(3))
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}
    points = [
        {"sourceVolume": name, "containerPath": f"/{place}", "readOnly": False}
        for place, name in enumerate((used, unused, memory))
    ]
    volumes = [shared(used), shared(unused), shared(memory, driver="local", driverOpts=options)]
    node.finishes({"command": ["write", "/1/file"], "mountPoints": points}, volumes=volumes)
    keeper = node.launch(node.define({"command": ["wait"], "mountPoints": points[:1]}, volumes=volumes[:1]))
    node.awaits(keeper, "RUNNING")

    def settled():
        found = listed(node)
        users = {name: len(found[name]["in_use_by"]) for name in (used, unused, memory) if name in found}
        return found if users == {used: 1, unused: 0, memory: 0} else None

    found = eventually(settled, "the end of the task that used all", 60)
    assert found[unused]["labels"] == {"team": "a"} and found[memory]["options"] == options
    assert keeper in found[used]["in_use_by"][0]
    assert unused in node.run("volume", "ls").stdout

    folders = node.folder / "agent" / "volumes" / "shared"
    refused = node.run("volume", "rm", used, check=False)
    assert refused.returncode == 1 and "is used by" in refused.stderr and "berth stop" in refused.stderr
    absent = node.run("volume", "rm", "../task", check=False)
    assert absent.returncode == 1 and "no shared volume" in absent.stderr
    # What the next agent does not remember, the tasks that it takes up tell.
    node.kill_one("agent")
    eventually(node.is_connected, "a connected agent")
    eventually(settled, "the task that was taken up", 60)
    assert node.run("volume", "rm", used, check=False).returncode == 1

    assert (folders / unused / "data" / "file").exists()
    said = node.run("volume", "prune")
    assert f"would remove {unused}" in said.stdout and used not in said.stdout and "--yes" in said.stderr
    assert (folders / unused / "data" / "file").exists()
    assert node.run("volume", "rm", memory).stdout == f"removed {memory}\n"
    assert unused in json.loads(node.run("volume", "prune", "--yes", "--json").stdout)
    assert not (folders / unused).exists() and not (folders / memory).exists() and (folders / used).exists()
    node.ecs.stop_task(task=keeper)
