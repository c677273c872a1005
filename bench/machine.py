"""What the machine is and does beside the benchmark."""

import os
import platform
import statistics
import subprocess
import time
from pathlib import Path


def describe(folder: Path) -> dict:
    cpu = next(line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line)
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "file_system": subprocess.check_output(["findmnt", "-no", "FSTYPE", "-T", str(folder)], text=True).strip(),
    }


def busy(seconds: float) -> float:
    """How much of all cores' time other work takes: 0 to 1, over a time in which this process sleeps."""

    def times() -> tuple[int, int]:
        fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(fields) - fields[3] - fields[4], sum(fields)

    before = times()
    time.sleep(seconds)
    after = times()
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def durable_append_us(folder: Path, count: int = 200) -> dict:
    """Microseconds to append 4 KiB and fdatasync: what one durable write costs without grouping."""
    block = os.urandom(4096)
    file = os.open(folder / "append", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        took = []
        for _ in range(count):
            began = time.perf_counter()
            os.write(file, block)
            os.fdatasync(file)
            took.append((time.perf_counter() - began) * 1e6)
    finally:
        os.close(file)
        os.unlink(folder / "append")
    return {"p50": statistics.median(took), "p99": statistics.quantiles(took, n=100)[98]}
