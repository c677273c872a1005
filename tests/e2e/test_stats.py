"""What tasks use: measured on the node, told by telemetry, seen with `berth stats` and `berth inspect`."""

import json
import urllib.request

from deadline import eventually

SLOW = 60
MAIN = {"name": "main", "command": ["eat", "40"], "stopTimeout": 2}
WEB = {"name": "web", "command": ["serve", "8080"], "portMappings": [{"containerPort": 8080, "hostPort": 0}], "stopTimeout": 2}
# Nobody keeps what it says, so it never waits.
BUSY = {"name": "busy", "command": ["flood", "1000000000000"], "logConfiguration": {"logDriver": "none"}, "stopTimeout": 2}


def stats(node, *arguments):
    return json.loads(node.run("stats", "--json", *arguments).stdout)["tasks"]


def used(node, arn):
    """What the containers of a task use, by name."""
    return {container["name"]: container for task in stats(node, arn) for container in task["containers"]}


def test_stats_show_what_containers_use(node):
    arn = node.launch(node.define(MAIN, WEB, BUSY, networkMode="bridge"))
    task = node.awaits(arn, "RUNNING")

    def all_there():
        found = used(node, arn)
        return found if found.keys() == {"main", "web", "busy"} and found["busy"]["cpuUnits"] > 50 else None

    found = eventually(all_there, "what three containers use", SLOW)
    assert 40 <= found["main"]["memoryMiB"] < 64, found
    assert found["main"]["cpuUnits"] < found["busy"]["cpuUnits"], found
    assert all(container["pids"] >= 1 and container["writtenBytes"] >= 0 for container in found.values()), found

    web = next(container for container in task["containers"] if container["name"] == "web")
    port = web["networkBindings"][0]["hostPort"]
    before = found["web"]
    for _ in range(20):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            answer.read()
    # A request of this client has more than 100 bytes, and the same goes for an answer.
    more = eventually(
        lambda: (now := used(node, arn).get("web")) and now["receivedBytes"] - before["receivedBytes"] > 2000 and now,
        "the bytes of twenty requests",
        SLOW,
    )
    assert more["sentBytes"] - before["sentBytes"] > 2000, more
    assert used(node, arn)["main"]["receivedBytes"] < more["receivedBytes"], "each container of a bridge has a network of its own"

    past = stats(node, arn, "--past")[0]["containers"][0]["past"]
    assert len(past) >= 2 and past == sorted(past, key=lambda moment: moment["at"])
    lines = node.run("stats", arn.rsplit("/", 1)[1][:12]).stdout.splitlines()
    assert len(lines) == 4 and "/ 64 MiB" in lines[1], lines
    assert "NET IN / OUT" in node.run("inspect", arn).stdout

    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")
    assert arn not in {task["taskArn"] for task in stats(node)}, "what has stopped uses nothing"
    refused = node.run("stats", arn, check=False)
    assert refused.returncode == 1 and "has stopped" in refused.stderr


def test_stats_of_a_task_with_its_own_network_add_up(node):
    """The interface is the task's: its containers have equal parts."""
    subnets = node.environment()["BERTH_SUBNETS"].split(",")
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    family = node.define({"command": ["serve", "8080"]}, {"name": "other", "command": ["wait"]}, networkMode="awsvpc")
    arn = node.launch(family, networkConfiguration=network)
    task = node.awaits(arn, "RUNNING")
    details = {detail["name"]: detail["value"] for detail in task["attachments"][0]["details"]}
    with urllib.request.urlopen(f"http://{details['privateIPv4Address']}:8080/", timeout=30) as answer:
        answer.read()

    def both():
        found = used(node, arn)
        return found if len(found) == 2 and found["main"].get("receivedBytes", 0) > 0 else None

    found = eventually(both, "what came in", SLOW)
    assert abs(found["main"]["receivedBytes"] - found["other"]["receivedBytes"]) < 2, found
    node.ecs.stop_task(task=arn)
