"""Networks and the machine: it is as before when they are gone, and several installations share it."""

import json
import socket
import struct
import subprocess
import threading

import pytest

from deadline import eventually
from network import address, bindings, launch_own, machine, names, own_address, page, remains, sh, within
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


def test_control_plane_elsewhere_is_reached_through_the_agent(binary, tmp_path):
    node = Node(binary, tmp_path / "data")
    try:
        # Not on the loopback, as if it were another machine's.
        node.start(listen=f"{own_address()}:0").with_image()
        arn = launch_own(node, {"command": ["wait"]})
        node.awaits(arn, "RUNNING")
        script = "import urllib.request; print(urllib.request.urlopen('http://169.254.170.2:7300/_berth/health', timeout=5).status)"
        assert within(node, arn, script) == "200"
    finally:
        node.end()


class Resolver:
    """Answers every question with itself, by datagrams and connections, on an address of the loopback."""

    ADDRESS = "127.0.7.53"

    def __enter__(self):
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind((self.ADDRESS, 53))
        self.connections = socket.create_server((self.ADDRESS, 53))
        threading.Thread(target=self.answer, daemon=True).start()
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def answer(self):
        with pytest.raises(OSError):
            while True:
                self.datagrams.sendto(*self.datagrams.recvfrom(512))

    def serve(self):
        with pytest.raises(OSError):
            while True:
                connection, _ = self.connections.accept()
                with connection:
                    connection.sendall(connection.recv(514))

    def __exit__(self, *_):
        self.datagrams.close()
        self.connections.close()


def test_names_are_known_where_only_the_machine_itself_reaches_its_resolver(binary, tmp_path):
    node = Node(binary, tmp_path / "data")
    own = tmp_path / "resolv.conf"
    own.write_text(f"nameserver {Resolver.ADDRESS}\nsearch test\n")
    mount = f'mount --bind {own} /etc/resolv.conf; mkdir -p /run/systemd/resolve; mount -t tmpfs none /run/systemd/resolve; exec "$@"'
    question = struct.pack("!6H", 4711, 0x100, 1, 0, 0, 0) + b"\x04name\x04test\x00" + struct.pack("!2H", 1, 1)
    try:
        # What is mounted there is seen there alone, but for networks, which come from the machine.
        node.start(before=["unshare", "--mount", "--propagation", "slave", "sh", "-c", mount, "sh"]).with_image()
        assert node.says({"command": ["read", "/etc/resolv.conf"]}, networkMode="bridge") == ["search test", "nameserver 169.254.169.253"]
        arn = launch_own(node, {"command": ["wait"]})
        node.awaits(arn, "RUNNING")
        script = f"""
import socket
question = {question!r}
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); asked.settimeout(5)
asked.sendto(question, ("169.254.169.253", 53)); print(asked.recv(512) == question)
asked = socket.create_connection(("169.254.169.253", 53), timeout=5)
asked.sendall(len(question).to_bytes(2) + question); print(asked.recv(514) == len(question).to_bytes(2) + question)
"""
        with Resolver():
            assert within(node, arn, script).split() == ["True", "True"]
    finally:
        node.end()
