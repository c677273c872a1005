"""Docker Engine as the peer: a daemon of the benchmark's own, asked through its API without a client in between."""

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
from pathlib import Path

import servers


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path):
        super().__init__("localhost")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Docker:
    """A running daemon."""

    name = "Docker"

    def __init__(self, path: Path, pid: int):
        self.connection = UnixConnection(path)
        self.pid = pid

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

    def launch(self, image: str, command: list[str], network: str) -> str:
        """Creates and starts; answers when the engine says it runs."""
        made = self.call("POST", "/containers/create", {"Image": image, "Cmd": command, "HostConfig": {"NetworkMode": network}})
        self.call("POST", f"/containers/{made['Id']}/start")
        return made["Id"]

    def remove(self, container: str):
        self.call("DELETE", f"/containers/{container}?force=true")

    def processes(self) -> list[int]:
        """The daemon, its containerd and all shims, without what runs in containers."""
        return [pid for pid in below(self.pid) if command(pid).startswith(("dockerd", "containerd"))] + shims(self.pid)


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
    """A daemon with all its state in a folder, that leaves the host's network alone."""
    program = shutil.which("dockerd") or exit("bench: no dockerd; install it (Debian: apt-get install docker.io)")
    path = folder / "docker.sock"
    options = ["--iptables=false", "--bridge=none", f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
    with open(folder / "dockerd.log", "wb") as log:
        process = subprocess.Popen([program, f"--host=unix://{path}", *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    with servers.ended(process):

        def answers():
            with contextlib.suppress(OSError, http.client.HTTPException):
                return Docker(path, process.pid).call("GET", "/info") is not None

        servers.await_start(process, answers, folder / "dockerd.log")
        yield Docker(path, process.pid)
    # The namespace of host networking stays mounted, and keeps the folder.
    subprocess.call(["umount", f"{folder}/exec/netns/default"], stderr=subprocess.DEVNULL)
