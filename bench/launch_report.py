"""The tables of launches, in Markdown, so that docs/performance.md can take them as they are."""

import statistics

from report import QUIET, table

# At most so much of Docker's, and what is aimed at; of rates, at least so many times.
GOALS = {"p50": (0.25, 0.15), "p99": 0.35, "rate": 10, "memory": (0.5, 0.15)}


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def interval(ratio: dict) -> str:
    return f"{ratio['ratio']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]"


def latency(name: str, result: dict) -> list[list[str]]:
    """A row for each side."""
    rows = []
    for side, values in result["took_ms"].items():
        of_docker, tail = "", ""
        if side == "Berth":
            of_docker = interval(result["ratio"])
            tail = f"{percentile(values, 99) / percentile(result['took_ms']['Docker'], 99):.2f}"
        figures = [f"{statistics.median(values):.1f}", f"{percentile(values, 99):.1f}", f"{min(values):.1f}", str(len(values))]
        rows.append([name, side, *figures, of_docker, tail])
    return rows


def steps(result: dict) -> str:
    rows = [[name, f"{step['at']:.2f}", f"{step['took']:.2f}"] for name, step in result["steps"].items()]
    return table(["step", "at ms", "took ms"], rows)


def text(results: dict) -> str:
    named = {f"RunTask to RUNNING, {network}": result for network, result in results["launch"].items()}
    named["request to first byte, published port"] = results["first_byte"]
    named["stop to stopped"] = results["stop"]
    rows = [row for name, result in named.items() for row in latency(name, result)]
    parallel, memory, crowd = results["parallel"], results["memory"], results["crowd"]
    rates = {side: statistics.median(values) for side, values in parallel["per_second"].items()}
    middle = {name: statistics.median(values) for name, values in crowd["took_ms"].items()}
    at, goals = results["machine"], GOALS
    loaded = "loaded" if results["busy_before"] > QUIET else "quiet"
    parts = [
        f"Commit {results['commit']}, {results['date']}, {at['cores']} cores of {at['cpu']}, Linux {at['kernel']}, data on"
        f" {at['file_system']}; {results['busy_before']:.0%} busy with other work before the start ({loaded}).",
        table(["from, to", "", "p50 ms", "p99 ms", "min ms", "samples", "p50 of Docker's [95 %]", "p99 of Docker's"], rows),
        f"Goals: p50 at most {goals['p50'][0]} of Docker's, aim {goals['p50'][1]}; p99 at most {goals['p99']}.",
        f"{parallel['clients']} clients in parallel: Docker {rates['Docker']:.1f}/s, Berth {rates['Berth']:.1f}/s,"
        f" {interval(parallel['ratio'])} times (goal: at least {goals['rate']}).",
        f"Beside {crowd['tasks']} idle tasks: {middle['crowd']:.1f} ms instead of {middle['alone']:.1f},"
        f" {interval(crowd['ratio'])} times.",
        f"Memory (PSS) of the processes that hold {memory['tasks']} idle tasks, per task: Docker"
        f" {memory['Docker']['per_task'] / 1024:,.0f} KiB, Berth {memory['Berth']['per_task'] / 1024:,.0f} KiB,"
        f" {memory['ratio']:.2f} of it (goal: at most {goals['memory'][0]}, aim {goals['memory'][1]}).",
    ]
    for network, result in results["launch"].items():
        parts += [f"Where Berth's milliseconds go, {network} (medians by `berth trace`):", steps(result)]
    return "\n\n".join(parts)
