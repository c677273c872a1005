"""Services, against Docker Swarm's: one interleaved run. `make bench` calls it through bench/run.sh."""

import argparse
import contextlib
import datetime
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import engine
import machine
import statistic
from installation import IMAGE, Berth
from report import QUIET, table

RESULTS = Path(__file__).parent / "results"
NAME = "web"
# Between two looks of a client that waits: both answer with all tasks of the service, or how many there are.
LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 600
# At most so much of Swarm's, and what is aimed at.
GOALS = {"up": (0.15, 0.04), "update": (0.2, 0.05), "replacement": (0.15, 0.03)}
WORDS = {
    "up": "{up} replicas from nothing to all running",
    "update": "a rolling update of {update}, one at a time",
    "replacement": "a killed container to its replacement running",
}


class Swarm:
    """A swarm of one: the daemon is its manager and its only node."""

    name = "Swarm"

    def __init__(self, docker: engine.Docker):
        self.docker, self.pid = docker, docker.pid
        docker.call("POST", "/swarm/init", {"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"})

    def specification(self, count: int, version: int) -> dict:
        container = {"Image": IMAGE, "Args": ["wait"], "Env": [f"VERSION={version}"], "StopGracePeriod": 2_000_000_000}
        return {
            "Name": NAME,
            # Its default waits five seconds before it starts a container again: that is a choice, and not what is measured.
            "TaskTemplate": {"ContainerSpec": container, "RestartPolicy": {"Condition": "any", "Delay": 0}},
            "Mode": {"Replicated": {"Replicas": count}},
            "UpdateConfig": {"Parallelism": 1, "Delay": 0, "Order": "stop-first", "FailureAction": "continue"},
        }

    def create(self, count: int):
        self.docker.call("POST", "/services/create", self.specification(count, 1))

    def update(self, count: int, version: int):
        number = self.docker.call("GET", f"/services/{NAME}")["Version"]["Index"]
        self.docker.call("POST", f"/services/{NAME}/update?version={number}", self.specification(count, version))

    def running(self, version: int) -> set[str]:
        """The tasks of a version that run."""
        filters = quote(json.dumps({"service": [NAME], "desired-state": ["running"]}))
        tasks = self.docker.call("GET", f"/tasks?filters={filters}") or []
        is_of = lambda task: f"VERSION={version}" in task["Spec"]["ContainerSpec"]["Env"]  # noqa: E731
        return {task["ID"] for task in tasks if is_of(task) and task["Status"]["State"] == "running"}

    def process(self, task: str) -> int:
        return self.docker.call("GET", f"/tasks/{task}")["Status"]["ContainerStatus"]["PID"]

    def is_there(self, count: int, version: int) -> bool:
        return len(self.running(version)) == count

    def delete(self):
        self.docker.call("DELETE", f"/services/{NAME}")
        await_(lambda: not [one for one in self.docker.call("GET", "/containers/json?all=1")], "no container of Swarm's")


class Services:
    """The same of Berth."""

    name = "Berth"

    def __init__(self, berth: Berth):
        self.berth, self.deployed = berth, {}

    def define(self, version: int) -> str:
        container = {"name": "main", "image": IMAGE, "command": ["wait"], "memory": 8, "essential": True, "stopTimeout": 2}
        container["environment"] = [{"name": "VERSION", "value": str(version)}]
        made = self.berth.ecs.call(
            "RegisterTaskDefinition", family=NAME, networkMode="bridge", containerDefinitions=[container]
        )
        return made["taskDefinition"]["taskDefinitionArn"]

    def create(self, count: int):
        # One at a time, as Swarm does it: one stops, then another one starts.
        by_one = {"minimumHealthyPercent": 100 - 100 // count, "maximumPercent": 100}
        self.deployed[1] = self.define(1)
        parameters = {"taskDefinition": self.deployed[1], "desiredCount": count, "deploymentConfiguration": by_one}
        self.berth.ecs.call("CreateService", serviceName=NAME, **parameters)

    def update(self, count: int, version: int):
        self.deployed[version] = self.define(version)
        self.berth.ecs.call("UpdateService", service=NAME, taskDefinition=self.deployed[version], desiredCount=count)

    def told(self) -> dict:
        return self.berth.ecs.call("DescribeServices", services=[NAME])["services"][0]

    def is_there(self, count: int, version: int) -> bool:
        told = self.told()
        primary = told["deployments"][0]
        return primary["taskDefinition"] == self.deployed[version] and primary["runningCount"] == told["runningCount"] == count

    def running(self, version: int) -> set[str]:
        arns = self.berth.ecs.call("ListTasks", serviceName=NAME)["taskArns"]
        tasks = self.berth.ecs.call("DescribeTasks", tasks=arns)["tasks"] if arns else []
        is_of = lambda task: task["lastStatus"] == "RUNNING" and task["taskDefinitionArn"] == self.deployed[version]  # noqa: E731
        return {task["taskArn"] for task in tasks if is_of(task)}

    def process(self, task: str) -> int:
        """The process in a task's container."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with contextlib.suppress(OSError):
                    if task.rsplit("/", 1)[1] in (folder / "cgroup").read_text() and engine.command(int(folder.name)) == "berth-demo":
                        return int(folder.name)
        raise RuntimeError(f"nothing runs in {task}")

    def delete(self):
        self.berth.ecs.call("DeleteService", service=NAME, force=True)
        await_(lambda: self.told()["status"] == "INACTIVE", "the end of Berth's service")
        await_(lambda: self.told()["runningCount"] == 0, "no task of Berth's service")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="the folder of the release binaries")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one small round: whether it works, not how fast")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    quick = arguments.quick
    counts = {"up": 10, "update": 4} if quick else {"up": 50, "update": 20}
    # The image is on the machine: without this Swarm asks a registry for it each time.
    os.environ["DOCKER_SERVICE_PREFER_OFFLINE_IMAGE"] = "1"
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="berth-services-", dir="/var/tmp", ignore_cleanup_errors=True))
        )
        folder.chmod(0o755)
        archive = folder / "demo.tar"
        subprocess.check_call([arguments.programs / "berth-demo", "pack", archive])
        results = {
            "commit": subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip(),
            "date": datetime.date.today().isoformat(),
            "machine": machine.describe(folder),
            "busy_before": machine.busy(3),
            "rounds": 1 if quick else arguments.rounds,
            "counts": counts,
        }
        for name in ("docker", "berth"):
            (folder / name).mkdir()
        docker = stack.enter_context(engine.docker(folder / "docker"))
        docker.load(archive)
        berth = stack.enter_context(Berth.started(arguments.programs, folder / "berth", archive))
        took = measure([Swarm(docker), Services(berth)], counts, results["rounds"], 1 if quick else 5)
        results["took_ms"] = took
        results["ratio"] = {what: statistic.ratio([took[what]["Berth"]], [took[what]["Swarm"]]) for what in GOALS}
    print("\n" + text(results))
    if not quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "services.json").write_text(json.dumps(results, indent=1) + "\n")


def measure(sides, counts: dict[str, int], rounds: int, kills: int) -> dict:
    """Milliseconds of each part on each side, in turn."""
    took = {what: {side.name: [] for side in sides} for what in GOALS}
    for number in range(rounds):
        for side in sides:
            progress(f"round {number + 1} of {rounds}, {side.name}: {counts['up']} replicas")
            took["up"][side.name].append(timed(lambda: side.create(counts["up"]), lambda: side.is_there(counts["up"], 1)))
            side.delete()
            progress(f"round {number + 1} of {rounds}, {side.name}: an update of {counts['update']}")
            count = counts["update"]
            side.create(count)
            await_(lambda: side.is_there(count, 1), f"{count} tasks of {side.name}")
            took["update"][side.name].append(timed(lambda: side.update(count, 2), lambda: side.is_there(count, 2)))
            for kill in range(kills):
                progress(f"round {number + 1} of {rounds}, {side.name}: kill {kill + 1} of {kills}")
                took["replacement"][side.name].append(replaced(side, count))
            side.delete()
    return took


def replaced(side, count: int) -> float:
    """Milliseconds from the end of a container until a client sees the one that takes its place running."""
    before = side.running(2)
    victim = side.process(min(before))
    return timed(lambda: os.kill(victim, signal.SIGKILL), lambda: len(after := side.running(2)) == count and after != before)


def timed(begin, is_done) -> float:
    time.sleep(1)
    began = time.perf_counter()
    begin()
    await_(is_done, "what is measured")
    return (time.perf_counter() - began) * 1000


def await_(is_done, what: str):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"within {PATIENCE_SECONDS} s there was not: {what}")
        time.sleep(LOOK_SECONDS)


def text(results: dict) -> str:
    rows = []
    for what, sides in results["took_ms"].items():
        for side, values in sides.items():
            ratio = results["ratio"][what] if side == "Berth" else None
            of_swarm = f"{ratio['ratio']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]" if ratio else ""
            goal = f"{GOALS[what][0]}, aim {GOALS[what][1]}" if ratio else ""
            name = WORDS[what].format(**results["counts"])
            rows.append([name, side, f"{statistics.median(values):,.0f}", f"{min(values):,.0f}", str(len(values)), of_swarm, goal])
    at = results["machine"]
    loaded = "loaded" if results["busy_before"] > QUIET else "quiet"
    head = (
        f"Commit {results['commit']}, {results['date']}, {at['cores']} cores of {at['cpu']}, Linux {at['kernel']};"
        f" {results['busy_before']:.0%} busy with other work before the start ({loaded})."
    )
    return f"{head}\n\n{table(['what', '', 'p50 ms', 'min ms', 'samples', 'of Swarm [95 %]', 'goal'], rows)}\n"


def progress(what: str):
    print(f"\r\x1b[Kbench: {what}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
