"""What a task cannot do to others, even as root in its own network namespace: there it has more rights than any container."""

import socket
import threading

import pytest

from deadline import eventually
from network import address, launch_own, within

# Raw packets, as whoever may make them can.
FORGE = """
import socket, struct
def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff
def forge(source, to, port, text):
    payload = struct.pack("!4H", 4000, port, 8 + len(text), 0) + text
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(to))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    wire = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    wire.sendto(head + payload, (to, port))
"""


@pytest.fixture(scope="module")
def pair(node):
    """Two tasks with addresses of their own."""
    arns = [launch_own(node, {"command": ["answer", "7000"]}) for _ in range(2)]
    tasks = [node.awaits(arn, "RUNNING") for arn in arns]
    yield [(task["taskArn"], address(task)) for task in tasks]
    for arn in arns:
        node.ecs.stop_task(task=arn)
        node.awaits(arn, "STOPPED")


class Heard:
    """What arrives at a port of this machine."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("0.0.0.0", 0))
        self.port = self.socket.getsockname()[1]
        self.texts = []
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def listen(self):
        try:
            while True:
                self.texts.append(self.socket.recv(100).decode())
        except OSError:
            return

    def __exit__(self, *_):
        self.socket.close()


def test_only_a_tasks_own_address_gets_out(node, pair):
    (arn, own), (_, other) = pair
    gateway = own.rsplit(".", 2)[0] + ".0.1"
    with Heard() as heard:
        for source, text in [(other, "other"), (gateway, "gateway"), ("127.0.0.1", "loopback"), ("8.8.8.8", "outside"), (own, "own")]:
            within(node, arn, FORGE + f"forge({source!r}, {gateway!r}, {heard.port}, {text.encode()!r})")
        # They come in order: what was sent before the last one and is not here was dropped.
        eventually(lambda: "own" in heard.texts, "its own address")
        assert heard.texts == ["own"]


def test_loopback_of_the_machine_is_out_of_reach(node, pair):
    (arn, own), _ = pair
    with socket.create_server(("127.0.0.1", 0)) as server, Heard() as heard:
        gateway = own.rsplit(".", 2)[0] + ".0.1"
        port = server.getsockname()[1]
        connect = f"""
import socket
for host in ("127.0.0.1", {gateway!r}):
    try:
        socket.create_connection((host, {port}), timeout=1); print("reached")
    except OSError:
        print("not")
"""
        assert within(node, arn, connect).split() == ["not", "not"]
        # Nor when it is sent past its own loopback, over the wire.
        raw = f"""
import socket, struct
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
wire.bind(("eth0", 0))
def send(to, text):
    payload = struct.pack("!4H", 4000, {heard.port}, 8 + len(text), 0) + text
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, 17, 0, socket.inet_aton({own!r}), socket.inet_aton(to))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    gateway = bytes.fromhex(neighbour().replace(":", ""))
    wire.send(gateway + wire.getsockname()[4] + bytes([8, 0]) + head + payload)
def neighbour():
    import subprocess
    return subprocess.check_output(["ip", "neigh", "show", "dev", "eth0"], text=True).split("lladdr ")[1].split()[0]
send("127.0.0.1", b"in")
send({gateway!r}, b"last")
"""
        within(node, arn, FORGE + raw)
        eventually(lambda: "last" in heard.texts, "what may arrive")
        assert heard.texts == ["last"]


def test_tasks_do_not_see_each_others_traffic_and_answer_no_questions_for_others(node, pair):
    (arn, own), (_, other) = pair
    script = f"""
import socket, struct, threading, time
seen = []
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind(("eth0", 0)); wire.settimeout(0.2)
mine = wire.getsockname()[4]
frame = b"\\xff" * 6 + mine
arp = lambda kind, source: frame + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, kind) + mine + socket.inet_aton(source) + bytes(6) + socket.inet_aton({own!r})
for kind in (1, 2):
    wire.send(arp(kind, {other!r}))
# To another task, which answers: nothing of that is for anybody else to see.
end = time.monotonic() + 1
while time.monotonic() < end:
    try:
        packet = wire.recv(2000)
    except TimeoutError:
        continue
    if wire and packet[6:12] != mine:
        seen.append(packet)
foreign = [packet for packet in seen if packet[12:14] == b"\\x08\\x06" or (packet[12:14] == b"\\x08\\x00" and packet[30:34] != socket.inet_aton({own!r}))]
print(len(foreign))
"""
    stop = threading.Event()

    def talk():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            while not stop.wait(0.01):
                client.sendto(b"?", (other, 7000))

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        assert within(node, arn, script) == "0"
    finally:
        stop.set()
        talking.join()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(b"?", (other, 7000))
        assert client.recv(100).startswith(b"you are "), "the other one is where it was"
