"""An image with one gzip layer of some 35,000 files, taken in and unpacked: Berth against buildah, in turns, on a tmpfs."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import machine
from statistic import ratio

ROUNDS = 9
MEMORY = Path("/dev/shm")


def timed(command: list) -> tuple[float, float]:
    """Seconds of the clock and of processors that a command takes."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(list(map(str, command)), check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    took, after = time.perf_counter() - began, os.times()
    return took, after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--programs", type=Path, required=True, help="the folder with examples/unpack")
    arguments.add_argument("--quick", action="store_true", help="three rounds: does it work at all?")
    given = arguments.parse_args()
    unpack, rounds = given.programs / "examples" / "unpack", 3 if given.quick else ROUNDS
    place = Path(tempfile.mkdtemp(prefix="berth-unpack-", dir=MEMORY))
    try:
        layout = place / "layout"
        made = subprocess.run([unpack, "layout", layout], check=True, capture_output=True, text=True).stdout.split()
        files, megabytes = int(made[0]), int(made[1]) / 1e6
        policy = place / "policy.json"
        policy.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
        store = ["--root", place / "buildah", "--runroot", place / "run", "--storage-driver", "overlay"]
        sides = {
            "berth": lambda: [unpack, "once", layout, place / "berth"],
            "buildah": lambda: ["buildah", *store, "pull", "--quiet", "--signature-policy", policy, f"oci:{layout}"],
        }
        busy = machine.busy(1.0)
        took = {side: [] for side in sides}
        for _ in range(rounds):
            for side, command in sides.items():
                took[side].append(timed(command()))
                for folder in ("berth", "buildah", "run"):
                    shutil.rmtree(place / folder, ignore_errors=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    rates = {side: [[megabytes / clock] for clock, _ in all] for side, all in took.items()}
    cpu = {side: [[megabytes / used] for _, used in all] for side, all in took.items()}
    print(f"{files} files, {megabytes:.0f} MB of tar in one gzip layer, tmpfs, {rounds} rounds in turns; {busy:.0%} busy before the start\n")
    print("|         | MB/s | MB per processor second |\n|---|---|---|")
    for side in sides:
        middle = [median(rate for round in of[side] for rate in round) for of in (rates, cpu)]
        print(f"| {side} | {middle[0]:.0f} | {middle[1]:.0f} |")
    clock, used = ratio(rates["berth"], rates["buildah"]), ratio(cpu["berth"], cpu["buildah"])
    for what, found in (("clock", clock), ("processor", used)):
        print(f"{what}: {found['ratio']:.2f} times buildah, 95 % interval {found['low']:.2f} to {found['high']:.2f}")
    met = clock["low"] >= 1.5
    print(f"goal (at least 1.5 times buildah): {'met' if met else 'NOT met'}")
    sys.exit(0 if met or given.quick else 1)


if __name__ == "__main__":
    main()
