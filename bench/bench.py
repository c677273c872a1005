"""Berth against moto_server: one interleaved run. `make bench` calls it through bench/run.sh; docs/performance.md explains it."""

import argparse
import contextlib
import datetime
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
import report
import servers
import statistic
import workload
from load import CONNECTIONS, Client

RESULTS = Path(__file__).parent / "results"
# Seconds measured in a round. moto is slow: it needs longer to show as many requests.
SECONDS = {"berth": 3.0, "moto": 4.0, "floor": 2.0}
# Tasks before memory is first read, so that what a process sets up once is not counted, and tasks that are counted.
FIRST, COUNTED = 1_000, 10_000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="the folder of the release binaries")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one short round: whether it works, not how fast")
    arguments = parser.parse_args()
    # A signal must reach the clean-up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    client = Client(arguments.programs)
    with tempfile.TemporaryDirectory(prefix="berth-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        # The server runs as a user of its own, who must get through to its data.
        folder.chmod(0o755)
        results = {
            "date": datetime.date.today().isoformat(),
            "machine": machine.describe(folder),
            "busy_before": machine.busy(3),
            "connections": CONNECTIONS,
            "rounds": 1 if arguments.quick else arguments.rounds,
            "durable_append_us": machine.durable_append_us(folder),
        }
        pace = 0.2 if arguments.quick else 1.0
        results["operations"] = speed(arguments.programs, folder, client, results["rounds"], pace)
        results["memory"] = memory(arguments.programs, folder, client)
    print(report.text(results))
    if not arguments.quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "latest.json").write_text(json.dumps(results, indent=1) + "\n")


def progress(text: str):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def speed(programs: Path, folder: Path, client: Client, rounds: int, pace: float) -> dict:
    """Every operation on all servers in turn, round after round."""
    results = {}
    with contextlib.ExitStack() as stack:
        berth = stack.enter_context(servers.berth(programs, fresh(folder, "speed")))
        moto = stack.enter_context(servers.moto(folder))
        arns = {server.name: workload.seed(server) for server in (berth, moto)}
        ecs = berth.client()
        for number, arn in enumerate(arns["berth"]):
            ecs.submit_task_state_change(**workload.running(arn, number))
        for operation in report.GOALS:
            bodies = {name: workload.bodies(operation, tasks) for name, tasks in arns.items()}
            length = client.load(berth, operation, bodies["berth"][:1])["body_bytes"]
            with servers.floor(programs, length, berth.environment) as floor:
                bodies["floor"] = bodies["berth"]
                sides = {server.name: [] for server in (berth, moto, floor)}
                for round in range(rounds):
                    progress(f"{operation}, round {round + 1} of {rounds}")
                    for server in (berth, moto, floor):
                        seconds = SECONDS[server.name] * pace
                        sides[server.name].append(client.load(server, operation, bodies[server.name], seconds))
            results[operation] = compare(sides)
            before = berth.steps()
            client.load(berth, operation, bodies["berth"], pace, connections=1)
            results[operation]["steps_us"] = step_means(operation, before, berth.steps())
    return results


def compare(sides: dict[str, list[dict]]) -> dict:
    rates = {name: [one["slices"] for one in reports] for name, reports in sides.items()}
    return {
        "sides": {name: statistic.side(reports) for name, reports in sides.items()},
        "ratio": statistic.ratio(rates["berth"], rates["moto"]),
        "of_floor": statistic.ratio(rates["berth"], rates["floor"]),
        "rounds": sides,
    }


def step_means(operation: str, before: dict, after: dict) -> dict[str, float]:
    """Mean microseconds of each step of an operation between two readings of the metrics."""
    means = {}
    for (of, step), (seconds, count) in after.items():
        if of == operation:
            earlier_seconds, earlier_count = before.get((of, step), (0.0, 0.0))
            means[step] = (seconds - earlier_seconds) / max(1.0, count - earlier_count) * 1e6
    return means


def memory(programs: Path, folder: Path, client: Client) -> dict:
    """What tasks add to the resident memory of fresh servers, and to the store alone."""
    growth = []

    def note(what: str, before: int, server: servers.Server):
        after = server.resident_bytes()
        growth.append({"what": what, "before": before, "after": after, "per_task": (after - before) / COUNTED})

    def run(server: servers.Server, tasks: int):
        calls = tasks // workload.PER_CALL
        made = client.load(server, "RunTask", [workload.run_task()] * calls)
        if made["requests"] != calls:
            raise RuntimeError(f"{made['requests']} of {calls} calls were made")

    with servers.berth(programs, fresh(folder, "memory")) as server:
        progress(f"{COUNTED:,} tasks in Berth")
        workload.seed(server)
        run(server, FIRST)
        before = server.resident_bytes()
        run(server, COUNTED)
        note("Berth, PENDING", before, server)
        arns = [arn for page in server.client().get_paginator("list_tasks").paginate(cluster=workload.CLUSTER) for arn in page["taskArns"]]
        expect(len(arns), workload.TASKS + FIRST + COUNTED)
        client.load(server, "SubmitTaskStateChange", [workload.running(arn, number) for number, arn in enumerate(arns)])
        note("Berth, RUNNING", before, server)
    with servers.moto(folder) as server:
        progress(f"{COUNTED:,} tasks in moto")
        workload.seed(server)
        run(server, FIRST)
        before = server.resident_bytes()
        run(server, COUNTED)
        note("moto", before, server)
    progress("the store alone")
    store = subprocess.check_output([str((programs / "examples/measure").resolve())], cwd=folder, text=True).strip()
    return {"growth": growth, "store": store}


def expect(found: int, wanted: int):
    if found != wanted:
        raise RuntimeError(f"{found} tasks where {wanted} were expected")


def fresh(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


if __name__ == "__main__":
    main()
