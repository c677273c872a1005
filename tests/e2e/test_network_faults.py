"""Parts that die while networks are made and destroyed, and many tasks in a row: nothing of them stays."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deadline import eventually
from network import awsvpc, bindings, is_idle, mounts, page, traces
from node import Node, pause

# A thousand takes some minutes: BERTH_LAUNCHES=1000.
LAUNCHES = int(os.environ.get("BERTH_LAUNCHES", "160"))
AT_ONCE = 8


@pytest.fixture(scope="module")
def node(binary, tmp_path_factory):
    """A machine of this module's own: its parts die often."""
    node = Node(binary, tmp_path_factory.mktemp("network") / "data")
    try:
        yield node.start().with_image()
    finally:
        node.end()


@pytest.fixture(scope="module")
def families(node):
    """A task for each kind of network that is over at once, as what RunTask is given."""
    published = {"command": ["exit", "0"], "portMappings": [{"containerPort": 80}, {"containerPortRange": "90-93"}]}
    return [
        {"taskDefinition": node.define({"command": ["exit", "0"]}, networkMode="awsvpc"), "networkConfiguration": awsvpc(node)},
        {"taskDefinition": node.define(published, networkMode="bridge")},
    ]


def leaves_nothing(node):
    eventually(lambda: node.is_clean() and is_idle(node), f"nothing left: {node.leftovers()} {traces(node)}", within=60)


def ends(node, arn):
    def ended():
        try:
            return node.task(arn)["lastStatus"] == "STOPPED"
        except Exception:  # The server is being started again.
            return False

    eventually(ended, f"the end of {arn}", within=90)


@pytest.mark.parametrize("victim", ["agent", "server", "launcher"])
def test_slots_are_neither_lost_nor_left_when_a_part_dies(node, families, victim):
    for moment in (0.0, 0.005, 0.01, 0.02, 0.04, 0.08):
        arns = [node.ecs.run_task(**family)["tasks"][0]["taskArn"] for family in families * 2]
        pause(moment)
        node.kill_one(victim)
        for arn in arns:
            ends(node, arn)
    leaves_nothing(node)


def test_network_of_a_running_task_outlives_the_agent(node):
    ports = [{"containerPort": 80}, {"containerPort": 80, "hostPort": 18091}]
    arn = node.launch(node.define({"command": ["serve", "80"], "portMappings": ports}, networkMode="bridge"))
    before = bindings(node.awaits(arn, "RUNNING"))
    urls = [f"http://127.0.0.1:{binding['hostPort']}/" for binding in before]
    agent = node.agent_pid()
    node.kill_one("agent")
    for url in urls:
        assert "Hello" in page(url), "without the agent as well"
    eventually(lambda: node.agent_pid() not in (None, agent) and node.is_connected(), "another agent", within=60)
    for url in urls:
        assert "Hello" in page(url)
    assert bindings(node.task(arn)) == before
    # The new agent holds the port.
    other = node.finishes({"command": ["serve", "18091"]})
    assert other["containers"][0]["exitCode"] == 1
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")
    leaves_nothing(node)


def descriptors(node):
    return len(list(Path(f"/proc/{node.agent_pid()}/fd").iterdir()))


def test_many_launches_leave_nothing(node, families):
    def run(number):
        client = node.client("ecs")
        for _ in range(LAUNCHES // AT_ONCE):
            arn = client.run_task(**families[number % len(families)])["tasks"][0]["taskArn"]
            eventually(lambda arn=arn: client.describe_tasks(tasks=[arn])["tasks"][0]["lastStatus"] == "STOPPED", "its end", within=60)
        return number

    def launch_all():
        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert len(list(pool.map(run, range(AT_ONCE)))) == AT_ONCE
        leaves_nothing(node)
        return mounts(node), {folder: len(list(folder.iterdir())) for folder in node.cgroups()}

    first = launch_all()
    held = descriptors(node)
    assert launch_all()[1] == first[1]
    # The slots that are ready change, their number does not.
    eventually(lambda: len(mounts(node)) == len(first[0]), "as many mounts as before")
    eventually(lambda: descriptors(node) <= held + AT_ONCE, f"no more open files than {held} and a few", within=60)
