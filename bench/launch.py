"""From RunTask to RUNNING, against Docker Engine's create and start: one interleaved run. `make bench` calls it through bench/run.sh."""

import argparse
import contextlib
import datetime
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import engine
import machine
import servers
import statistic
from report import table
from signed import Ecs

RESULTS = Path(__file__).parent / "results"
IMAGE = "berth-demo:latest"
COMMAND = ["wait"]
# A sample begins when the machine has been quiet for so long, so that none pays for the clean-up of the one before.
QUIET_SECONDS = 0.15
# Between two looks of a client that waits for its task.
LOOK_SECONDS = 0.001
IDLE_TASKS = 20
GOALS = {"host": 0.5, "memory": 0.5}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="the folder of the release binaries")
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--quick", action="store_true", help="a few samples: whether it works, not how fast")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    samples = 5 if arguments.quick else arguments.samples
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="berth-launch-", dir="/var/tmp", ignore_cleanup_errors=True)))
        folder.chmod(0o755)
        archive = folder / "demo.tar"
        subprocess.check_call([arguments.programs / "berth-demo", "pack", archive])
        results = {
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
        results["launch"] = launches(docker, berth, arguments.programs, folder, samples)
        results["steps_ms"] = berth.steps()
        results["memory"] = memory(docker, berth, 5 if arguments.quick else IDLE_TASKS)
    print(text(results))
    if not arguments.quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "launch.json").write_text(json.dumps(results, indent=1) + "\n")


class Berth:
    """A running installation with its agent."""

    name = "Berth"

    def __init__(self, programs: Path, data: Path, log: Path, up: int):
        self.berth, self.data, self.log, self.up = str(programs / "berth"), data, log, up
        environment = json.loads(subprocess.check_output([self.berth, "env", "--json", "--data-dir", data]))
        self.address = json.loads((data / "run.json").read_text())["listen"]
        self.ecs = Ecs(self.address, environment)

    @classmethod
    @contextlib.contextmanager
    def started(cls, programs: Path, folder: Path, archive: Path):
        program, data, log_path = str(programs / "berth"), folder / "data", folder / "berth.log"
        with open(log_path, "wb") as log:
            options = ["--listen", "127.0.0.1:0", "--data-dir", data, "--log-format", "json", "--log-level", "info,berth_agent=debug"]
            process = subprocess.Popen([program, "up", *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            with servers.ended(process):
                servers.await_start(process, (data / "run.json").exists, log_path)
                address = json.loads((data / "run.json").read_text())["listen"]
                servers.await_start(process, lambda: servers.answers(f"http://{address}/_berth/health"), log_path)
                self = cls(programs, data, log_path, process.pid)
                servers.await_start(process, lambda: self.ecs.call("ListContainerInstances")["containerInstanceArns"], log_path)
                subprocess.check_call([program, "image", "import", archive, "--data-dir", data], stdout=subprocess.DEVNULL)
                yield self
        finally:
            subprocess.call([program, "down", "--data-dir", data], stdout=subprocess.DEVNULL)

    def define(self, network: str):
        container = {"name": "main", "image": IMAGE, "command": COMMAND, "memory": 64, "essential": True, "stopTimeout": 2}
        self.ecs.call("RegisterTaskDefinition", family=f"launch-{network}", networkMode=network, containerDefinitions=[container])

    def launch(self, network: str) -> str:
        """Runs a task; answers when a client sees it RUNNING."""
        answer = self.ecs.call("RunTask", taskDefinition=f"launch-{network}")
        if answer["failures"]:
            raise RuntimeError(f"RunTask: {answer['failures']}")
        arn = answer["tasks"][0]["taskArn"]
        while (task := self.ecs.call("DescribeTasks", tasks=[arn])["tasks"][0])["lastStatus"] != "RUNNING":
            if task["lastStatus"] == "STOPPED":
                raise RuntimeError(f"the task stopped: {task.get('stoppedReason')} {task['containers']}")
            time.sleep(LOOK_SECONDS)
        return arn

    def remove(self, arn: str):
        self.ecs.call("StopTask", task=arn)
        while self.ecs.call("DescribeTasks", tasks=[arn])["tasks"][0]["lastStatus"] != "STOPPED":
            time.sleep(LOOK_SECONDS * 5)

    def processes(self) -> list[int]:
        """All of it, without what runs in containers."""
        ours = [pid for pid in engine.below(self.up) if engine.command(pid).startswith("berth")]
        shims = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit() and self.is_shim(folder)]
        return sorted(set(ours + shims))

    def is_shim(self, folder: Path) -> bool:
        with contextlib.suppress(OSError):
            return "berth-shim" in (folder / "exe").readlink().name and str(self.data) in (folder / "cmdline").read_text()
        return False

    def steps(self) -> dict[str, float]:
        """Milliseconds of each step: what the control plane's calls take by its metrics (means), what the agent does by its log (medians)."""
        server = servers.Server(self.name, self.address, [], {})
        calls = {"RunTask": 0.0, "DescribeTasks": 0.0}
        for (operation, _), (seconds, count) in server.steps().items():
            if operation in calls:
                calls[operation] += seconds / max(1.0, count) * 1000
        seen: dict[str, list[float]] = {}
        for line in self.log.read_text().splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                fields = event.get("fields", event)
                if "step" in fields and "micros" in fields:
                    seen.setdefault(f"agent: {fields['step']}", []).append(float(fields["micros"]) / 1000)
        return {f"call: {name}": took for name, took in calls.items()} | {name: statistics.median(took) for name, took in seen.items()}


def launches(docker, berth, programs: Path, folder: Path, samples: int) -> dict:
    """Docker, Berth, floor, Docker, ... each after a quiet moment."""
    took = {"Docker": [], "Berth": [], "floor": []}
    berth.define("host")
    for side, arguments in ((docker, (IMAGE, COMMAND, "host")), (berth, ("host",))):
        # The first is no sample: it unpacks, loads, connects.
        side.remove(side.launch(*arguments))
    for number in range(samples):
        print(f"\rbench: launch {number + 1} of {samples}", end="", file=sys.stderr, flush=True)
        for side, arguments in ((docker, (IMAGE, COMMAND, "host")), (berth, ("host",))):
            settle()
            began = time.perf_counter()
            made = side.launch(*arguments)
            took[side.name].append((time.perf_counter() - began) * 1000)
            side.remove(made)
        settle()
        took["floor"].append(floor(programs, folder))
    print(file=sys.stderr)
    ratio = statistic.ratio([took["Berth"]], [took["Docker"]])
    return {"took_ms": took, "ratio": ratio}


def floor(programs: Path, folder: Path) -> float:
    """Milliseconds for the same kernel work by hand: cgroups, namespaces, overlay, pivot_root, exec."""
    return float(subprocess.check_output([programs / "examples" / "floor", folder / "floor", programs / "berth-demo"], stderr=subprocess.DEVNULL))


def settle():
    while machine.busy(QUIET_SECONDS) > 0.25:
        pass


def pss(pids: list[int]) -> int:
    """Bytes of memory that are theirs alone, and their share of what is not."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024
    return total


def memory(docker, berth, count: int) -> dict:
    """What idle tasks add to the processes that hold them."""
    growth = {}
    for side, arguments in ((docker, (IMAGE, COMMAND, "host")), (berth, ("host",))):
        settle()
        before = pss(side.processes())
        made = [side.launch(*arguments) for _ in range(count)]
        settle()
        growth[side.name] = {"before": before, "per_task": (pss(side.processes()) - before) / count, "processes": len(side.processes())}
        for one in made:
            side.remove(one)
    return growth | {"ratio": growth["Berth"]["per_task"] / growth["Docker"]["per_task"], "tasks": count}


def text(results: dict) -> str:
    launch, memory_ = results["launch"], results["memory"]

    def line(name: str, values: list[float]) -> list[str]:
        cut = statistics.quantiles(values, n=100, method="inclusive")
        return [name, f"{statistics.median(values):.1f}", f"{cut[98]:.1f}", f"{min(values):.1f}", str(len(values))]

    rows = [line(name, values) for name, values in launch["took_ms"].items()]
    ratio = launch["ratio"]
    steps = results["steps_ms"]
    on_the_way = sum(took for name, took in steps.items() if name != "call: DescribeTasks")
    rest = {"rest: hub, sockets, the client's looks": statistics.median(launch["took_ms"]["Berth"]) - on_the_way}
    parts = [
        f"{results['date']}, {results['machine']['cores']} cores of {results['machine']['cpu']}, Linux {results['machine']['kernel']},"
        f" data on {results['machine']['file_system']}; {results['busy_before']:.0%} busy with other work before the start.",
        "RunTask to RUNNING as a client sees it, warm image, host network; Docker Engine's create and start with `--network host`:",
        table(["", "p50 ms", "p99 ms", "min ms", "samples"], rows),
        f"Ratio of medians to Docker: {ratio['ratio']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}] (goal: at most {GOALS['host']}).",
        "Where Berth's milliseconds go (medians):",
        table(["step", "ms"], [[name, f"{value:.2f}"] for name, value in (steps | rest).items()]),
        f"Memory (PSS) of the processes that hold {memory_['tasks']} idle tasks, per task:",
        table(
            ["", "KiB per task", "MiB before"],
            [[name, f"{memory_[name]['per_task'] / 1024:,.0f}", f"{memory_[name]['before'] / 2**20:.1f}"] for name in ("Docker", "Berth")],
        ),
        f"Ratio: {memory_['ratio']:.2f} (goal: at most {GOALS['memory']}, aim 0.15).",
    ]
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
