"""Docker Engine as the peer: a daemon of the benchmark's own, asked through its API without a client in between."""

import contextlib
import ctypes
import http.client
import json
import os
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import servers

CLONE_NEWNET = 0x40000000


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Docker:
    """A running daemon. It lives in a network namespace of its own, with a bridge and rules as on a machine that is Docker's alone."""

    name = "Docker"

    def __init__(self, path: str, pid: int):
        self.path, self.pid = path, pid
        self.connection = UnixConnection(path)
        # A thread that has entered the daemon's network, for sockets to published ports.
        self.inside = ThreadPoolExecutor(1, initializer=lambda: enter_network(pid))

    def another(self) -> "Docker":
        """The same daemon over a connection of its own, for another thread."""
        return Docker(self.path, self.pid)

    def call(self, method: str, path: str, body=None, kind="application/json"):
        content = json.dumps(body) if kind == "application/json" and body is not None else body
        self.connection.request(method, path, content, {"Content-Type": kind})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode(errors='replace')[:500]}")
        return json.loads(text) if text[:1] in (b"{", b"[") and kind == "application/json" else None

    def load(self, archive: Path):
        self.call("POST", "/images/load", archive.read_bytes(), "application/x-tar")

    def launch(self, image: str, command: list[str], network: str, port: int | None = None) -> str:
        """Creates and starts; answers when the engine says it runs. `port`: published, of the container's 8080."""
        host = {"NetworkMode": network}
        ports = {}
        if port:
            host["PortBindings"] = {"8080/tcp": [{"HostIp": "", "HostPort": str(port)}]}
            ports = {"ExposedPorts": {"8080/tcp": {}}}
        made = self.call("POST", "/containers/create", {"Image": image, "Cmd": command, "HostConfig": host} | ports)
        self.call("POST", f"/containers/{made['Id']}/start")
        return made["Id"]

    def socket(self) -> socket.socket:
        """One in the network where the daemon publishes ports."""
        return self.inside.submit(socket.socket).result()

    def stop(self, container: str):
        self.call("POST", f"/containers/{container}/stop?t=2")

    def remove(self, container: str):
        self.call("DELETE", f"/containers/{container}?force=true")

    def processes(self) -> list[int]:
        """The daemon, its containerd and all shims, and its proxies of ports, without what runs in containers."""
        return [pid for pid in below(self.pid) if command(pid).startswith(("docker", "containerd"))] + shims(self.pid)


def enter_network(pid: int):
    """This thread, and only it, enters a process's network namespace."""
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "entering the network of dockerd")
    finally:
        os.close(namespace)


def below(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def shims(daemon: int) -> list[int]:
    """containerd's shims leave their parents; their command lines name the daemon's socket."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and command(int(folder.name)).startswith("containerd-shim"):
            with contextlib.suppress(OSError):
                if f"/{daemon_folder(daemon)}/" in (folder / "cmdline").read_text():
                    found.append(int(folder.name))
    return found


def daemon_folder(daemon: int) -> str:
    """The name of the folder that the daemon was started with."""
    arguments = Path(f"/proc/{daemon}/cmdline").read_text().split("\0")
    return Path(next(argument for argument in arguments if argument.startswith("--exec-root=")).split("=", 1)[1]).parent.name


@contextlib.contextmanager
def docker(folder: Path):
    """A daemon with all its state in a folder, in a network namespace of its own: it leaves the host's network alone."""
    program = shutil.which("dockerd") or exit("bench: no dockerd; install it (Debian: apt-get install docker.io)")
    path = folder / "docker.sock"
    options = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid", f"--host=unix://{path}"]
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    with open(folder / "dockerd.log", "wb") as log:
        process = subprocess.Popen([*alone, program, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    with servers.ended(process):

        def answers():
            with contextlib.suppress(OSError, http.client.HTTPException):
                return Docker(str(path), process.pid).call("GET", "/info") is not None

        servers.await_start(process, answers, folder / "dockerd.log")
        yield Docker(str(path), process.pid)
    # The namespace of host networking stays mounted, and keeps the folder.
    subprocess.call(["umount", f"{folder}/exec/netns/default"], stderr=subprocess.DEVNULL)
