"""kill -9 of any part at any moment of a task's life: nothing is lost, doubled or left."""

import pytest

from deadline import eventually
from node import awslogs, pause

LINES = 20
# One task from RunTask to its end takes some 300 ms; its parts die so long after the call. What dies often is started again ever later,
# so there are few; agent and runtime have tests of their own for every step between two of these.
MOMENTS = [0.0, 0.01, 0.025, 0.05, 0.15, 0.3]
EXPECTED = [f"line {number} of {LINES}" for number in range(1, LINES + 1)]


@pytest.fixture(scope="module")
def node(binary, tmp_path_factory):
    """A machine of this module's own: its parts die often."""
    from node import Node

    node = Node(binary, tmp_path_factory.mktemp("faults") / "data")
    try:
        yield node.start().with_image()
    finally:
        node.end()


@pytest.fixture(scope="module")
def family(node):
    return node.define(
        {"command": ["count", str(LINES), "--every", "10", "--exit", "7"], "logConfiguration": awslogs("/e2e/faults"), "stopTimeout": 2}
    )


def survives(node, family, victim, moment):
    """Runs a task, kills a part of it after a moment, and describes how the task ended."""
    # A control plane that is killed may take the call with it: the token makes it safe to repeat.
    arn = node.launch(family)
    pause(moment)
    node.kill_one(victim)

    def ended():
        try:
            task = node.task(arn)
        except Exception:  # The server is being started again.
            return None
        return task if task["lastStatus"] == "STOPPED" else None

    task = eventually(ended, f"the end of the task whose {victim} was killed after {moment} s", within=60)
    return task


@pytest.mark.parametrize("victim", ["server", "agent", "launcher"])
def test_nothing_is_lost_when_a_part_dies(node, family, victim):
    for moment in MOMENTS:
        task = survives(node, family, victim, moment)
        container = task["containers"][0]
        if victim == "launcher" and "exitCode" not in container:
            # It died with the order in its hands: then that is said, and nothing ran.
            assert container["reason"].startswith("CannotCreateContainerError"), (moment, container)
            continue
        assert container.get("exitCode") == 7, (victim, moment, container, task.get("stoppedReason"))
        lines = eventually(
            lambda: (found := node.lines("/e2e/faults", task["taskArn"])) and len(found) >= LINES and found,
            f"all lines of the task whose {victim} was killed after {moment} s",
        )
        assert lines == EXPECTED, (victim, moment)
    eventually(node.is_clean, f"nothing left: {node.leftovers()}", within=60)


@pytest.mark.parametrize("victim", ["maker", "shim"])
def test_task_whose_shim_dies_ends_with_a_reason_and_leaves_nothing(node, family, victim):
    for moment in MOMENTS + [0.005, 0.015, 0.02, 0.03, 0.04]:
        task = survives(node, family, victim, moment)
        container = task["containers"][0]
        assert container.get("exitCode") == 7 or container.get("reason"), (moment, container)
    eventually(node.is_clean, f"nothing left: {node.leftovers()}", within=60)


@pytest.mark.parametrize("victim", ["server", "agent", "launcher"])
def test_running_tasks_go_on_while_a_part_dies(node, victim):
    arn = node.launch(node.define({"command": ["wait"]}))
    node.awaits(arn, "RUNNING")
    # RUNNING is said before the shim becomes the program that holds the container.
    shims = eventually(node.shims, "a shim that holds it")
    before = node.children().get(victim)
    node.kill_one(victim)
    eventually(lambda: node.children().get(victim) not in (None, before) or victim == "launcher", f"another {victim}")
    eventually(lambda: responds(node, arn), "the control plane answers")
    assert node.shims() == shims
    node.ecs.stop_task(task=arn)
    assert node.awaits(arn, "STOPPED", within=60)["containers"][0]["exitCode"] == 143
    eventually(node.is_clean, f"nothing left: {node.leftovers()}", within=60)


@pytest.mark.parametrize("victim", ["server", "agent", "launcher"])
def test_stop_goes_on_when_a_part_dies(node, victim):
    """One container ends as soon as it is asked, one only when its time is over: the part dies before, between and about the end of that."""
    family = node.define(
        {"command": ["serve", "0"], "logConfiguration": awslogs("/e2e/stopping")}, {"name": "stubborn", "command": ["wait", "--stubborn"], "stopTimeout": 2}
    )
    for moment in [0.0, 0.1, 1.0, 2.0]:
        arn = node.launch(family)
        node.awaits(arn, "RUNNING", within=60)
        eventually(lambda: node.lines("/e2e/stopping", arn), "who listens to signals", within=60)
        node.ecs.stop_task(task=arn)
        pause(moment)
        node.kill_one(victim)

        def ended():
            task = answered(lambda: node.task(arn))
            return task if task and task["lastStatus"] == "STOPPED" else None

        task = eventually(ended, f"the end of the task whose {victim} was killed {moment} s after it was to stop", within=90)
        codes = {container["name"]: container.get("exitCode") for container in task["containers"]}
        assert codes == {"main": 0, "stubborn": 137}, (moment, task)
        words = lambda: (found := answered(lambda: node.lines("/e2e/stopping", arn))) and len(found) > 1 and found  # noqa: E731
        lines = eventually(words, "its last words", within=60)
        assert lines[1:] == ["signal 15: goodbye"], (moment, lines)
    eventually(node.is_clean, f"nothing left: {node.leftovers()}", within=60)


def answered(ask):
    """What is answered; nothing while the server is being started again."""
    try:
        return ask()
    except Exception:
        return None


def responds(node, arn):
    try:
        return node.task(arn)["lastStatus"] == "RUNNING"
    except Exception:  # The server is being started again.
        return False
