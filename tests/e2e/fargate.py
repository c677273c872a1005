"""A machine as somebody sees it who runs tasks on Fargate."""

from node import NUMBERS, awslogs

ROLE = "arn:aws:iam::000000000000:role/execution"
# By default a task has no less; its containers say nothing of their own.
TASK = {
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": ROLE,
}


class Fargate:
    """The machine as somebody sees it who runs tasks on Fargate."""

    def __init__(self, node):
        self.node = node
        subnets = node.environment()["BERTH_SUBNETS"].split(",")
        self.how = {"launchType": "FARGATE", "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}}}

    def define(self, *containers, **task):
        family = f"fargate-{next(NUMBERS)}"
        whole = [{"name": "main", "image": "berth-demo:latest", "essential": True} | container for container in containers]
        self.node.ecs.register_task_definition(family=family, containerDefinitions=whole, **(TASK | task))
        return family

    def launch(self, *containers, **task):
        return self.node.launch(self.define(*containers, **task), **self.how)

    def runs(self, *containers, **task):
        arn = self.launch(*containers, **task)
        self.node.awaits(arn, "RUNNING")
        return arn

    def says(self, command, **container):
        group = f"/fargate/{next(NUMBERS)}"
        arn = self.launch({"command": command, "logConfiguration": awslogs(group)} | container)
        task = self.node.awaits(arn, "STOPPED")
        lines = self.node.lines(group, arn)
        assert lines, task
        return lines

    def stop(self, arn):
        self.node.ecs.stop_task(task=arn)
        return self.node.awaits(arn, "STOPPED")
