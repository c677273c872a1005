"""The servers that are compared: each is started on a port of its own and ended by process id."""

import contextlib
import json
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config

START_SECONDS = 30
END_SECONDS = 25


@dataclass
class Server:
    """A running server."""

    name: str
    address: str
    pids: list[int]
    environment: dict[str, str] = field(default_factory=dict)

    def client(self, service: str = "ecs"):
        return boto3.client(
            service,
            endpoint_url=f"http://{self.address}",
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )

    def resident_bytes(self) -> int:
        """Resident memory of all its processes."""
        lines = (line for pid in self.pids for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))

    def steps(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Seconds and number of passes of each (operation, step) of the request pipeline, so far."""
        text = urllib.request.urlopen(f"http://{self.address}/metrics", timeout=10).read().decode()
        sums, counts = {}, {}
        for line in text.splitlines():
            for suffix, into in (("_sum{", sums), ("_count{", counts)):
                prefix = "berth_request_step_duration_seconds" + suffix
                if line.startswith(prefix):
                    labels, value = line[len(prefix):].rsplit("} ", 1)
                    label = dict(pair.split("=", 1) for pair in labels.replace('"', "").split(","))
                    into[label["operation"], label["step"]] = float(value)
        return {key: (sums[key], counts[key]) for key in sums}


@contextlib.contextmanager
def berth(programs: Path, folder: Path):
    """`berth up` without a node, on an empty data folder."""
    program = str(programs / "berth")
    data = folder / "data"
    with open(folder / "berth.log", "wb") as log:
        command = [program, "up", "--no-agent", "--listen", "127.0.0.1:0", "--data-dir", str(data)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    with ended(process):
        run_file = data / "run.json"
        await_start(process, run_file.exists, folder / "berth.log")
        address = json.loads(run_file.read_text())["listen"]
        await_start(process, lambda: answers(f"http://{address}/_berth/health"), folder / "berth.log")
        environment = json.loads(subprocess.check_output([program, "env", "--json", "--data-dir", str(data)]))
        # The supervisor's own time is none; what counts is the server, its child.
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Server("berth", address, [int(pid) for pid in children], environment)


@contextlib.contextmanager
def moto(folder: Path):
    """moto_server, as it is started from its own command."""
    port = free_port()
    program = str(Path(sys.executable).with_name("moto_server"))
    with open(folder / "moto.log", "wb") as log:
        process = subprocess.Popen([program, "-p", str(port)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
    with ended(process):
        address = f"127.0.0.1:{port}"
        await_start(process, lambda: answers(f"http://{address}/moto-api/"), folder / "moto.log")
        key = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "moto-does-not-look"}
        yield Server("moto", address, [process.pid], {"AWS_REGION": "us-east-1", **key})


@contextlib.contextmanager
def floor(programs: Path, body_bytes: int, environment: dict[str, str]):
    """A server that answers fixed bytes: what the machine, the runtime and the HTTP library allow."""
    command = [str(programs / "loadgen"), "serve-static", "--bytes", str(body_bytes)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    with ended(process), process.stdout:
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError("the static server did not start")
        yield Server("floor", address, [process.pid], environment)


@contextlib.contextmanager
def ended(process: subprocess.Popen):
    """Ends a process, come what may."""
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_start(process: subprocess.Popen, ready, log: Path):
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args[0]} did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def free_port() -> int:
    """Below the ephemeral ports, which other jobs' sockets hold at random."""
    for port in random.SystemRandom().sample(range(15000, 30000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port between 15000 and 30000")
