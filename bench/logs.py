"""Logs: how fast they come in and are read again, and one container's lines against Docker's `local` driver: `bench/run.sh --only logs`."""

import argparse
import contextlib
import datetime
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import engine
import machine
import statistic
from launch import IMAGE, Berth, settle
from report import table

RESULTS = Path(__file__).parent / "results"
WIDTH = 100
GOALS = {"put": 1_000_000, "lines": 1.5}
# Between two looks at whether all lines are there.
LOOK_SECONDS = 0.002


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="the folder of the release binaries")
    parser.add_argument("--samples", type=int, default=15)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="a few samples: whether it works, not how fast")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    samples, lines, batches = (2, 100_000, 5) if arguments.quick else (arguments.samples, arguments.lines, 100)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="berth-logs-", dir="/var/tmp", ignore_cleanup_errors=True)))
        folder.chmod(0o755)
        archive = folder / "demo.tar"
        subprocess.check_call([arguments.programs / "berth-demo", "pack", archive])
        results = {
            "date": datetime.date.today().isoformat(),
            "machine": machine.describe(folder),
            "busy_before": machine.busy(3),
            "lines": lines,
            "store": store(arguments.programs, folder, 1 if arguments.quick else 5, batches),
        }
        for name in ("docker", "berth"):
            (folder / name).mkdir()
        docker = stack.enter_context(engine.docker(folder / "docker"))
        docker.load(archive)
        berth = stack.enter_context(Berth.started(arguments.programs, folder / "berth", archive))
        results["drivers"] = drivers(docker, berth, samples, lines)
    print(text(results))
    if not arguments.quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "logs.json").write_text(json.dumps(results, indent=1) + "\n")


def store(programs: Path, folder: Path, rounds: int, batches: int) -> dict[str, list[dict]]:
    """What one process does: PutLogEvents, FilterLogEvents, queries. Each round begins with an empty folder."""
    found: dict[str, list[dict]] = {}
    for round in range(rounds):
        print(f"\rbench: the store, {round + 1} of {rounds}", end="", file=sys.stderr, flush=True)
        settle()
        program = programs / "examples" / "logs_service"
        lines = subprocess.check_output([program, folder / f"store-{round}", str(batches)], text=True).splitlines()
        for line in map(json.loads, lines):
            found.setdefault(line["what"], []).append(line)
    print(file=sys.stderr)
    return found


def drivers(docker, berth, samples: int, lines: int) -> dict:
    """Seconds from the start until all lines are in the log: Docker, Berth, Docker, ... each after a quiet moment."""
    container = {
        "name": "main",
        "image": IMAGE,
        "command": ["flood", str(lines), "--width", str(WIDTH)],
        "memory": 64,
        "essential": True,
        "logConfiguration": {"logDriver": "json-file"},
    }
    berth.ecs.call("RegisterTaskDefinition", family="flood", networkMode="host", containerDefinitions=[container])
    took: dict[str, list[float]] = {"Docker": [], "Berth": []}
    for number in range(samples + 1):
        print(f"\rbench: lines {number} of {samples}", end="", file=sys.stderr, flush=True)
        for name, side in (("Docker", lambda: by_docker(docker, lines)), ("Berth", lambda: by_berth(berth, lines))):
            settle()
            seconds = side()
            # The first is no sample: it unpacks, loads, connects.
            if number:
                took[name].append(seconds)
    print(file=sys.stderr)
    rates = {name: [lines / seconds for seconds in values] for name, values in took.items()}
    return {"lines_per_second": rates, "ratio": statistic.ratio([rates["Berth"]], [rates["Docker"]])}


def by_docker(docker, lines: int) -> float:
    host = {"NetworkMode": "host", "LogConfig": {"Type": "local", "Config": {}}}
    command = ["flood", str(lines), "--width", str(WIDTH)]
    made = docker.call("POST", "/containers/create", {"Image": IMAGE, "Cmd": command, "HostConfig": host})
    began = time.perf_counter()
    docker.call("POST", f"/containers/{made['Id']}/start")
    # It answers once the output is in the log.
    docker.call("POST", f"/containers/{made['Id']}/wait")
    took = time.perf_counter() - began
    docker.remove(made["Id"])
    return took


def by_berth(berth, lines: int) -> float:
    began = time.perf_counter()
    answer = berth.ecs.call("RunTask", taskDefinition="flood")
    if answer["failures"]:
        raise RuntimeError(f"RunTask: {answer['failures']}")
    arn = answer["tasks"][0]["taskArn"]
    log = berth.data / "agent" / "logs" / arn.rsplit("/", 1)[1] / "main" / "json.log"
    last = f'{{"log":"{lines} '.encode()
    while not ends_with(log, last):
        time.sleep(LOOK_SECONDS)
    took = time.perf_counter() - began
    while berth.ecs.call("DescribeTasks", tasks=[arn])["tasks"][0]["lastStatus"] != "STOPPED":
        time.sleep(LOOK_SECONDS)
    return took


def ends_with(log: Path, last: bytes) -> bool:
    """Whether the last record of a log begins so."""
    with contextlib.suppress(OSError), open(log, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 1000))
        records = file.read().splitlines()
        return bool(records) and records[-1].startswith(last)
    return False


def text(results: dict) -> str:
    def middle(values: list[float]) -> float:
        return sorted(values)[len(values) // 2]

    rows = []
    for what, rounds in results["store"].items():
        events, mega = ([one[unit] / one["seconds"] for one in rounds] for unit in ("events", "bytes"))
        rows.append([what, f"{middle(events):,.0f}", f"{middle(mega) / 1e6:,.0f}", f"{min(events):,.0f}", str(len(rounds))])
    drivers_ = results["drivers"]
    lines = [
        [name, f"{middle(values):,.0f}", f"{min(values):,.0f}", f"{max(values):,.0f}", str(len(values))]
        for name, values in drivers_["lines_per_second"].items()
    ]
    ratio = drivers_["ratio"]
    parts = [
        f"{results['date']}, {results['machine']['cores']} cores of {results['machine']['cpu']}, Linux {results['machine']['kernel']},"
        f" data on {results['machine']['file_system']}; {results['busy_before']:.0%} busy with other work before the start.",
        "In one process, four callers, batches of 10,000 events of about 70 bytes (medians):",
        table(["", "events/s", "MB/s", "min events/s", "rounds"], rows),
        f"Goal: at least {GOALS['put']:,} events/s into the store.",
        f"One container's {results['lines']:,} lines of {WIDTH} bytes, start to end, Docker's `local` driver and Berth's `json-file`:",
        table(["", "lines/s", "min", "max", "samples"], lines),
        f"Ratio of medians: {ratio['ratio']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}] (goal: at least {GOALS['lines']}).",
    ]
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
