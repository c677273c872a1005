"""Launches, against Docker Engine's create and start: one interleaved run. `make bench` calls it through bench/run.sh."""

import argparse
import contextlib
import datetime
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import engine
import launch_report
import machine
import servers
import statistic
from installation import IMAGE, Berth

RESULTS = Path(__file__).parent / "results"
# A sample begins when the machine has been quiet for so long, so that none pays for the clean-up of the one before; on a machine that is
# never quiet it begins after the patience.
QUIET_SECONDS, QUIET_ENOUGH, PATIENCE_SECONDS = 0.1, 0.25, 1.0
# What is compared: Berth's network mode, and Docker's.
NETWORKS = {"awsvpc": "bridge", "bridge": "bridge"}
WAIT = ["wait"]
SERVE = ["serve", "8080"]
CLIENTS = 8
# Between two looks of each of them at its task. AWS's own waiters look every six seconds; Docker's clients are told. A look costs some
# 0.3 ms of a processor on both sides together: looked more often, a launch is seen no sooner, for the processors are full.
CLIENT_LOOK_MS = 10
# Containers of one round of parallel clients.
ROUND = 96
IDLE_TASKS = 20
# Tasks that are there while launches are measured once more.
CROWD = 500


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="the folder of the release binaries")
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--quick", action="store_true", help="a few samples: whether it works, not how fast")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    quick = arguments.quick
    samples = 5 if quick else arguments.samples
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="berth-launch-", dir="/var/tmp", ignore_cleanup_errors=True))
        )
        folder.chmod(0o755)
        archive = folder / "demo.tar"
        subprocess.check_call([arguments.programs / "berth-demo", "pack", archive])
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
        results = {
            "commit": commit,
            "date": datetime.date.today().isoformat(),
            "machine": machine.describe(folder),
            "busy_before": machine.busy(3),
            "samples": samples,
        }
        for name in ("docker", "berth"):
            (folder / name).mkdir()
        docker = stack.enter_context(engine.docker(folder / "docker"))
        docker.load(archive)
        berth = stack.enter_context(Berth.started(arguments.programs, folder / "berth", archive))
        bench = Bench(docker, berth, arguments.programs, folder)
        results["launch"] = {network: bench.launches(network, samples) for network in NETWORKS}
        results["first_byte"] = bench.first_bytes(samples)
        results["parallel"] = bench.parallel(1 if quick else 6)
        results["stop"] = bench.stops(samples)
        results["memory"] = bench.memory(5 if quick else IDLE_TASKS)
        results["crowd"] = bench.crowded(20 if quick else CROWD, samples)
    print("\n" + launch_report.text(results))
    if not quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "launch.json").write_text(json.dumps(results, indent=1) + "\n")


class Bench:
    """Both sides, and the kernel alone."""

    def __init__(self, docker: engine.Docker, berth: Berth, programs: Path, folder: Path):
        self.docker, self.berth, self.programs, self.folder = docker, berth, programs, folder

    def launches(self, network: str, samples: int) -> dict:
        """RunTask to RUNNING as a client sees it; Docker, Berth, floor, Docker, ... each after a quiet moment."""
        took = {"Docker": [], "Berth": [], "floor": []}
        self.berth.define(f"launch-{network}", network, WAIT)
        launch = {
            "Docker": lambda: self.docker.launch(IMAGE, WAIT, NETWORKS[network]),
            "Berth": lambda: self.berth.launch(f"launch-{network}", network),
        }
        arns = []
        # The first is no sample: it unpacks, loads, connects.
        for number in range(-1, samples):
            progress(f"{network}, launch {number + 1} of {samples}")
            for side in (self.docker, self.berth):
                milliseconds, made = timed(launch[side.name])
                if number >= 0:
                    took[side.name].append(milliseconds)
                    arns += [made] if side is self.berth else []
                side.remove(made)
            if number >= 0:
                took["floor"].append(self.floor())
        return compared(took) | {"steps": self.berth.steps(arns)}

    def floor(self) -> float:
        """Milliseconds for the same kernel work by hand: cgroups, namespaces, overlay, pivot_root, exec."""
        settle()
        command = [self.programs / "examples" / "floor", self.folder / "floor", self.programs / "berth-demo"]
        return float(subprocess.check_output(command, stderr=subprocess.DEVNULL))

    def first_bytes(self, samples: int) -> dict:
        """From the request to the first byte that a program in the container answers through a published port."""
        took = {"Docker": [], "Berth": []}
        port = servers.free_port()
        self.berth.define("serve", "bridge", SERVE, port)
        begin = {
            "Docker": lambda: self.docker.launch(IMAGE, SERVE, "bridge", port),
            "Berth": lambda: self.berth.run("serve", "bridge")[0],
        }
        for number in range(-1, samples):
            progress(f"first byte {number + 1} of {samples}")
            for side in (self.docker, self.berth):

                def launch(side=side):
                    made = begin[side.name]()
                    first_byte(side, port)
                    return made

                milliseconds, made = timed(launch)
                if number >= 0:
                    took[side.name].append(milliseconds)
                side.remove(made)
        return compared(took)

    def parallel(self, rounds: int) -> dict:
        """Containers per second that several clients get to run, each one after the other."""
        rates = {"Docker": [], "Berth": []}
        self.berth.define("many", "awsvpc", WAIT)
        for number in range(rounds):
            for side in (self.docker, self.berth):
                progress(f"{CLIENTS} clients, round {number + 1} of {rounds}, {side.name}")
                settle()
                made, seconds = self.many_of_docker() if side is self.docker else side.launch_many("many", CLIENTS, ROUND // CLIENTS, CLIENT_LOOK_MS)
                rates[side.name].append(ROUND / seconds)
                with ThreadPoolExecutor(CLIENTS) as pool:
                    list(pool.map(lambda one, side=side: side.another().remove(one), made))
        return {"per_second": rates, "ratio": statistic.ratio([rates["Berth"]], [rates["Docker"]]), "clients": CLIENTS}

    def many_of_docker(self) -> tuple[list[str], float]:
        """What eight clients launched, and in how many seconds: two requests for a container, so that it does not matter what they are written in."""
        clients = [self.docker.another() for _ in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            began = time.perf_counter()
            work = [pool.submit(lambda client: [client.launch(IMAGE, WAIT, "bridge") for _ in range(ROUND // CLIENTS)], c) for c in clients]
            made = [one for done in work for one in done.result()]
            return made, time.perf_counter() - began

    def stops(self, samples: int) -> dict:
        """From the request to stop until a client sees that it has: the program ends as soon as it is asked."""
        took = {"Docker": [], "Berth": []}
        made = {"Docker": lambda: self.docker.launch(IMAGE, WAIT, "bridge"), "Berth": lambda: self.berth.launch("many", "awsvpc")}
        for number in range(samples):
            progress(f"stop {number + 1} of {samples}")
            for side in (self.docker, self.berth):
                one = made[side.name]()
                took[side.name].append(timed(lambda: side.stop(one))[0])
                side.remove(one)
        return compared(took)

    def memory(self, count: int) -> dict:
        """What idle tasks add to the processes that hold them."""
        growth = {}
        made = {"Docker": lambda: self.docker.launch(IMAGE, WAIT, "bridge"), "Berth": lambda: self.berth.launch("many", "awsvpc")}
        for side in (self.docker, self.berth):
            progress(f"memory, {side.name}")
            settle()
            before = pss(side.processes())
            all_of_them = [made[side.name]() for _ in range(count)]
            settle()
            growth[side.name] = {"before": before, "per_task": (pss(side.processes()) - before) / count}
            for one in all_of_them:
                side.remove(one)
        return growth | {"ratio": growth["Berth"]["per_task"] / growth["Docker"]["per_task"], "tasks": count}

    def crowded(self, count: int, samples: int) -> dict:
        """Launches while many idle tasks are there, against the same before."""
        berth = self.berth
        berth.define("crowd", "bridge", WAIT, memory=6)
        took = {"alone": [timed_launch(berth) for _ in range(samples)]}
        arns = []
        while len(arns) < count:
            progress(f"{len(arns)} of {count} idle tasks")
            arns += berth.run("crowd", "bridge", min(10, count - len(arns)))
        for arn in arns:
            berth.awaits(arn, look=0.02)
        progress(f"launches beside {count} idle tasks")
        took["crowd"] = [timed_launch(berth) for _ in range(samples)]
        for arn in arns:
            berth.ecs.call("StopTask", task=arn)
        for arn in arns:
            with contextlib.suppress(RuntimeError):
                berth.awaits(arn, "STOPPED", look=0.02)
        return {"took_ms": took, "ratio": statistic.ratio([took["crowd"]], [took["alone"]]), "tasks": count}


def timed_launch(berth: Berth) -> float:
    milliseconds, arn = timed(lambda: berth.launch("many", "awsvpc"))
    berth.remove(arn)
    return milliseconds


def timed(work) -> tuple[float, object]:
    """Milliseconds that something takes after a quiet moment, and what comes of it."""
    settle()
    began = time.perf_counter()
    made = work()
    return (time.perf_counter() - began) * 1000, made


def compared(took: dict[str, list[float]]) -> dict:
    return {"took_ms": took, "ratio": statistic.ratio([took["Berth"]], [took["Docker"]])}


def first_byte(side, port: int):
    """Asks until something answers."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), side.socket() as connection:
            connection.settimeout(2)
            connection.connect(("127.0.0.1", port))
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            if connection.recv(1):
                return
        time.sleep(0.0003)
    raise RuntimeError(f"nothing answered at port {port}")


def settle():
    deadline = time.monotonic() + PATIENCE_SECONDS
    while machine.busy(QUIET_SECONDS) > QUIET_ENOUGH and time.monotonic() < deadline:
        pass


def pss(pids: list[int]) -> int:
    """Bytes of memory that are theirs alone, and their share of what is not."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024
    return total


def progress(text: str):
    print(f"\r\x1b[Kbench: {text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
