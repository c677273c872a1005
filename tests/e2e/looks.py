"""Several looks at the inside of one task, each by a container of it: a launch is what costs."""

from node import NUMBERS, awslogs


def looks(launch, node, containers, **task):
    """Runs containers to their end in one task; what each said, and how it stands then, by name. `launch` takes containers and the task's own
    members."""
    group = f"/e2e/looks-{next(NUMBERS)}"
    given = [{"name": name, "essential": False, "logConfiguration": awslogs(group)} | container for name, container in containers.items()]
    # A task ends with its essential container: this one waits for all others.
    ended = [{"containerName": name, "condition": "COMPLETE"} for name in containers]
    arn = launch(*given, {"name": "last", "command": ["exit", "0"], "dependsOn": ended}, **task)
    task = node.awaits(arn, "STOPPED", within=120)
    found = {container["name"]: container for container in task["containers"]}
    assert found.pop("last").get("exitCode") == 0, task
    return {name: node.lines(group, arn, name) for name in containers}, found
