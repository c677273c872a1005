"""The tables that `make bench` prints, in Markdown, so that docs/performance.md can take them as they are."""

# A machine busier than this before the start counts as loaded.
QUIET = 0.15
GOALS = {"ListTasks": 30, "DescribeTasks": 30, "RegisterTaskDefinition": 5}
STEPS = ["read", "authenticate", "decode", "authorise", "validate", "run", "encode"]


def table(head: list[str], rows: list[list[str]]) -> str:
    """Columns padded, so that the table reads well also where nothing renders it."""
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"

    return "\n".join([line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)])


def speeds(operations: dict) -> str:
    head = ["operation", "goal", "ratio to moto [95 %]", "met", "CPU ratio", "of floor", "Berth/s", "moto/s", "floor/s"]
    rows = []
    for name, result in operations.items():
        sides, ratio = result["sides"], result["ratio"]
        rows.append(
            [
                name,
                f"≥ {GOALS[name]} ×",
                f"{ratio['ratio']:.1f} × [{ratio['low']:.1f}, {ratio['high']:.1f}]",
                "yes" if ratio["low"] >= GOALS[name] else "no",
                f"{sides['moto']['server_cpu_us'] / sides['berth']['server_cpu_us']:.1f} ×",
                f"{result['of_floor']['ratio']:.2f}",
                *(f"{sides[side]['per_second']:,.0f}" for side in ("berth", "moto", "floor")),
            ]
        )
    return table(head, rows)


def latencies(operations: dict) -> str:
    head = ["operation", "server", "p50 ms", "p99 ms", "server CPU µs/request", "client CPU µs/request", "answer bytes"]
    head += ["cores busy with others", "requests", "samples"]
    rows = [
        [
            name,
            server,
            f"{side['p50_ms']:.2f}",
            f"{side['p99_ms']:.2f}",
            f"{side['server_cpu_us']:,.1f}",
            f"{side['client_cpu_us']:,.1f}",
            f"{side['body_bytes']:,}",
            f"{side['others_busy_cores']:.2f}",
            f"{side['requests']:,}",
            f"{side['samples']}",
        ]
        for name, result in operations.items()
        for server, side in result["sides"].items()
    ]
    return table(head, rows)


def steps(operations: dict) -> str:
    head = ["operation", *(f"{step} µs" for step in STEPS), "sum"]
    rows = []
    for name, result in operations.items():
        means = [result["steps_us"].get(step, 0.0) for step in STEPS]
        rows.append([name, *(f"{mean:.1f}" for mean in means), f"{sum(means):.1f}"])
    return table(head, rows)


def memory(result: dict) -> str:
    head = ["10,000 tasks", "bytes per task", "MiB before", "MiB after"]
    rows = [
        [row["what"], f"{row['per_task']:,.0f}", f"{row['before'] / 2**20:.1f}", f"{row['after'] / 2**20:.1f}"]
        for row in result["growth"]
    ]
    return table(head, rows)


def text(results: dict) -> str:
    machine, append = results["machine"], results["durable_append_us"]
    parts = [
        f"{results['date']}, {machine['cores']} cores of {machine['cpu']}, Linux {machine['kernel']}, data on {machine['file_system']};"
        f" {results['busy_before']:.0%} busy with other work before the start ({'loaded' if results['busy_before'] > QUIET else 'quiet'});"
        f" {results['connections']} connections, {results['rounds']} rounds.",
        speeds(results["operations"]),
        latencies(results["operations"]),
        "Where a lone request's time goes in Berth (one connection, by its own metrics; `run` of a write waits for the disk):",
        steps(results["operations"]),
        f"Durable append of 4 KiB on the same disk: p50 {append['p50']:.0f} µs, p99 {append['p99']:.0f} µs.",
        "Resident memory, grown by tasks that RunTask made (goal: at most 2,048 bytes per task, aim 600):",
        memory(results["memory"]),
        "The store alone (`crates/store/examples/measure.rs`):",
        "```\n" + results["memory"]["store"] + "\n```",
    ]
    return "\n\n".join(parts)
