"""Networks and the machine: it is as before when they are gone, and several installations share it."""

import json
import subprocess

import pytest

from deadline import eventually
from network import address, bindings, launch_own, machine, names, page, remains, sh, within
from node import Node


@pytest.fixture(scope="module")
def pair(binary, tmp_path_factory):
    """Two installations, each with a task on either kind of network."""
    before = machine()
    nodes = [Node(binary, tmp_path_factory.mktemp(f"side{number}") / "data") for number in range(2)]
    try:
        for node in nodes:
            node.start().with_image()
        yield nodes, before
    finally:
        for node in nodes:
            node.end()


def start_tasks(node):
    ports = [{"containerPort": 80}]
    arns = [
        launch_own(node, {"command": ["serve", "80", "--text", node.id]}),
        node.launch(node.define({"command": ["serve", "80", "--text", node.id], "portMappings": ports}, networkMode="bridge")),
    ]
    return [node.awaits(arn, "RUNNING") for arn in arns]


def vpc(node):
    return json.loads((node.folder / "agent" / "network.json").read_text())


def test_installations_live_side_by_side_and_leave_the_machine_as_it_was(pair):
    nodes, before = pair
    blocks = [block for node in nodes for block in vpc(node).values()]
    assert len(set(blocks)) == 4, "all have addresses of their own"
    for node in nodes:
        assert json.loads((node.folder / "server" / "network.json").read_text())["cidr"] == vpc(node)["vpc"]
    tasks = [start_tasks(node) for node in nodes]
    for node, (own, published) in zip(nodes, tasks, strict=True):
        assert page(f"http://{address(own)}/") == f"{node.id}\n"
        assert page(f"http://127.0.0.1:{bindings(published)[0]['hostPort']}/") == f"{node.id}\n"
        # Each finds its own control plane at the same address.
        script = "import urllib.request; urllib.request.urlopen('http://169.254.170.2:7300/_berth/health', timeout=5); print('there')"
        assert within(node, own["taskArn"], script) == "there"
    one, other = nodes
    reach = f"import socket; socket.create_connection(({address(tasks[1][0])!r}, 80), timeout=1)"
    with pytest.raises(subprocess.CalledProcessError):
        within(one, tasks[0][0]["taskArn"], reach)
    # One goes away by force, the other in good order.
    one.kill_all()
    done = one.run("down", "--json")
    assert json.loads(done.stdout)["interfaces"] > 0
    assert page(f"http://{address(tasks[1][0])}/") == f"{other.id}\n"
    assert remains(one) == []
    assert other.down().returncode == 0
    assert remains(other) == [] and machine() == before


def test_networks_come_back_with_the_machine(binary, tmp_path):
    node = Node(binary, tmp_path / "data")
    try:
        node.start().with_image()
        first = vpc(node)
        (own, _) = start_tasks(node)
        node.terminate()
        assert page(f"http://{address(own)}/") == f"{node.id}\n", "networks stay with their tasks"
        # As a firewall does that is started again.
        sh(f"nft delete table ip berth_{node.id}")
        node.start()
        assert vpc(node) == first and len(names(node)) == 2
        assert page(f"http://{address(own)}/") == f"{node.id}\n"
        script = "import urllib.request; urllib.request.urlopen('http://169.254.170.2:7300/_berth/health', timeout=5); print('there')"
        assert within(node, own["taskArn"], script) == "there", "where the control plane listens now"
        sh(f"nft delete table ip berth_{node.id}")
        eventually(lambda: "berth_" + node.id in sh("nft list tables"), "the table again", within=30)
    finally:
        node.end()
