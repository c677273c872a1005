"""The whole machine ends and comes back."""

import uuid

from deadline import eventually
from node import awslogs


def test_up_takes_over_what_runs(fresh):
    node = fresh().start().with_image()
    arn = node.launch(node.define({"command": ["count", "200", "--every", "40", "--exit", "7"], "logConfiguration": awslogs("/e2e/over")}))
    node.awaits(arn, "RUNNING")
    node.terminate()
    eventually(node.shims, "tasks go on without the system")
    node.start()
    task = node.awaits(arn, "STOPPED", within=60)
    assert task["containers"][0]["exitCode"] == 7
    expected = [f"line {number} of 200" for number in range(1, 201)]
    assert eventually(lambda: (found := node.lines("/e2e/over", arn)) == expected and found, "every line once")


def test_task_that_ends_while_nobody_looks_tells_its_exit_code(fresh):
    node = fresh().start().with_image()
    arn = node.launch(node.define({"command": ["count", "20", "--every", "20", "--exit", "9"], "logConfiguration": awslogs("/e2e/alone")}))
    node.awaits(arn, "RUNNING")
    node.kill()
    eventually(lambda: not node.shims(), "the end of the container")
    node.start()
    assert node.awaits(arn, "STOPPED")["containers"][0]["exitCode"] == 9
    eventually(lambda: len(node.lines("/e2e/alone", arn)) == 20, "all lines")


def test_tasks_end_with_the_machine_and_the_node_comes_back(fresh, tmp_path):
    node = fresh().start().with_image()
    family = node.define({"command": ["wait"]})
    arn = node.launch(family)
    node.awaits(arn, "RUNNING")
    instances = node.ecs.list_container_instances()["containerInstanceArns"]
    node.kill_all()
    boot = tmp_path / "boot_id"
    boot.write_text(f"{uuid.uuid4()}\n")
    script = f'mount --bind {boot} /proc/sys/kernel/random/boot_id && exec "$@"'
    node.start(before=["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"])
    task = node.awaits(arn, "STOPPED")
    assert "restarted" in str(task["containers"][0].get("reason")) + str(task.get("stoppedReason")), task
    assert node.ecs.list_container_instances()["containerInstanceArns"] == instances
    eventually(node.is_clean, f"nothing left: {node.leftovers()}")
    again = node.launch(family)
    node.awaits(again, "RUNNING")


def test_down_leaves_nothing(fresh):
    node = fresh().start().with_image()
    for _ in range(3):
        node.awaits(node.launch(node.define({"command": ["wait"]})), "RUNNING")
    assert node.down().returncode == 0
    assert node.is_clean(), node.leftovers()
    assert node.up.wait(timeout=30) == 0


def test_down_cleans_up_after_a_dead_system(fresh):
    node = fresh().start().with_image()
    node.awaits(node.launch(node.define({"command": ["wait"]})), "RUNNING")
    node.kill()
    assert not node.is_clean()
    assert node.down("--purge", "--yes").returncode == 0
    assert not node.folder.exists()
