"""Logs of containers: events of several lines, modes, and more of them than any buffer holds."""

import os
import re

from deadline import eventually
from node import NUMBERS, awslogs

# Bytes that a container prints: 1 GB with BERTH_FLOOD_BYTES=1000000000.
FLOOD = int(os.environ.get("BERTH_FLOOD_BYTES", 30_000_000))
WIDTH = 100


def with_options(**options):
    """The options of awslogs, with these beside them."""
    log = awslogs(f"/e2e/logs/{next(NUMBERS)}")
    log["options"] |= {name.replace("_", "-"): value for name, value in options.items()}
    return log


def arrives(node, text, log, expected):
    """Sees to it that a text that a container says becomes these events."""
    arn = node.launch(node.define({"command": ["say", text], "logConfiguration": log}))
    node.awaits(arn, "STOPPED")
    eventually(lambda: node.lines(log["options"]["awslogs-group"], arn) == expected, f"{expected[0][:30]} and so on")


def test_stack_trace_is_one_event(node):
    text = "2026-01-02 03:04:05 boom\n  at a\n  at b\n2026-01-02 03:04:06 fine\n"
    expected = ["2026-01-02 03:04:05 boom\n  at a\n  at b\n", "2026-01-02 03:04:06 fine\n"]
    arrives(node, text, with_options(awslogs_datetime_format="%Y-%m-%d %H:%M:%S"), expected)
    arrives(node, text, with_options(awslogs_multiline_pattern="^\\d{4}-"), expected)


def test_pattern_that_is_none_stops_the_task_with_its_reason(node):
    log = with_options(awslogs_multiline_pattern="(")
    arn = node.launch(node.define({"command": ["say", "x"], "logConfiguration": log}))
    task = eventually(lambda: next((task for task in [node.task(arn)] if task["lastStatus"] == "STOPPED"), None), "its end")
    assert "could not parse awslogs-multiline-pattern" in task["containers"][0]["reason"]


def numbers(node, group, arn):
    return [int(found[0]) for found in (re.match(r"\d+", line) for line in node.lines(group, arn)) if found]


def flooded(node, log, lines):
    arn = node.launch(node.define({"command": ["flood", str(lines), "--width", str(WIDTH)], "logConfiguration": log}))
    node.awaits(arn, "STOPPED", within=600)
    return arn


def test_container_that_waits_for_its_log_loses_no_line(node):
    log, lines = with_options(mode="blocking"), FLOOD // WIDTH
    arn = flooded(node, log, lines)
    group = log["options"]["awslogs-group"]
    eventually(lambda: count(node, group) == lines, "all lines", within=600)
    if lines <= 1_000_000:
        assert numbers(node, group, arn) == list(range(1, lines + 1))


def count(node, group):
    """How many events a group has, by a query."""
    found = node.logs.start_query(logGroupName=group, startTime=0, endTime=2**32, queryString="stats count(*) as n")

    def ended():
        answer = node.logs.get_query_results(queryId=found["queryId"])
        return answer if answer["status"] == "Complete" else None

    results = eventually(ended, "the end of the query", within=60)["results"]
    return int(results[0][0]["value"]) if results else 0


def test_container_that_does_not_wait_runs_to_its_end_whatever_is_taken(node):
    log, lines = with_options(mode="non-blocking", max_buffer_size="1m"), FLOOD // WIDTH
    arn = flooded(node, log, lines)
    assert node.task(arn)["containers"][0]["exitCode"] == 0
    # What is lost is lost in pieces of the stream, so that lines around them may be cut.
    seen = eventually(lambda: numbers(node, log["options"]["awslogs-group"], arn), "lines", within=60)
    assert seen[0] == 1 and len(seen) <= lines


def test_mode_of_the_account_holds_where_a_definition_has_none(node):
    def mode(value):
        node.ecs.put_account_setting_default(name="defaultLogDriverMode", value=value)

    log = with_options()
    mode("blocking")
    try:
        lines = FLOOD // WIDTH
        flooded(node, log, lines)
        # Far more than the buffer of the other mode holds: had it not waited, lines would be missing.
        eventually(lambda: count(node, log["options"]["awslogs-group"]) == lines, "all lines", within=120)
    finally:
        mode("non-blocking")


def test_line_that_is_longer_than_an_event_arrives_in_pieces(node):
    # An event has 262,118 bytes at most, and no character is cut.
    arrives(node, "é" * 200_000, with_options(), ["é" * 131_059, "é" * 68_941])
