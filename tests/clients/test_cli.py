"""The AWS CLI, as a user has it: pointed here by `berth env` and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent import Agent
from conftest import CONTAINER
from installation import SURROUNDINGS

AWS = Path(sys.executable).with_name("aws")


class Cli:
    """The AWS CLI in a home of its own, so that no configuration of this machine's user counts."""

    def __init__(self, berth, home):
        self.environment = SURROUNDINGS | berth.environment() | {"HOME": str(home), "AWS_PAGER": ""}

    def run(self, *arguments):
        return subprocess.run(
            [AWS, *map(str, arguments)], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def __call__(self, *arguments):
        """The JSON that a successful call prints."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture
def aws(berth, tmp_path):
    return Cli(berth, tmp_path)


def test_task_from_a_file_to_its_end(aws, ecs, name, tmp_path):
    """What the first page of every tutorial does."""
    assert aws("sts", "get-caller-identity")["Arn"] == "arn:aws:iam::000000000000:root"
    assert aws("ecs", "create-cluster", "--cluster-name", name)["cluster"]["status"] == "ACTIVE"
    definition = tmp_path / "task.json"
    definition.write_text(
        json.dumps(
            {
                "family": name,
                "networkMode": "host",
                "containerDefinitions": [
                    {"name": "main", "image": "busybox", "command": ["sleep", "60"], "memory": 64, "essential": True}
                ],
            }
        )
    )
    registered = aws("ecs", "register-task-definition", "--cli-input-json", f"file://{definition}")
    assert registered["taskDefinition"]["revision"] == 1
    agent = Agent(ecs, name).register()
    started = aws("ecs", "run-task", "--cluster", name, "--task-definition", name, "--count", 2, "--started-by", "me")
    tasks = [task["taskArn"] for task in started["tasks"]]
    assert len(tasks) == 2 and started["failures"] == []

    agent.runs(*tasks)
    aws("ecs", "wait", "tasks-running", "--cluster", name, "--tasks", *tasks)
    described = aws("ecs", "describe-tasks", "--cluster", name, "--tasks", *tasks, "--include", "TAGS")
    assert {task["lastStatus"] for task in described["tasks"]} == {"RUNNING"}
    stopped = aws("ecs", "stop-task", "--cluster", name, "--task", tasks[0], "--reason", "enough")
    assert stopped["task"]["stoppedReason"] == "enough"
    agent.stops(*tasks)
    aws("ecs", "wait", "tasks-stopped", "--cluster", name, "--tasks", *tasks)
    over = aws("ecs", "list-tasks", "--cluster", name, "--desired-status", "STOPPED", "--output", "json")
    assert sorted(over["taskArns"]) == sorted(tasks)


def test_lists_in_pages_and_parts(aws, ecs, family):
    for _ in range(4):
        ecs.register_task_definition(family=family, networkMode="host", containerDefinitions=[CONTAINER])
    listing = ["ecs", "list-task-definitions", "--family-prefix", family]
    whole = aws(*listing)["taskDefinitionArns"]
    assert len(whole) == 5
    assert aws(*listing, "--page-size", 2)["taskDefinitionArns"] == whole
    first = aws(*listing, "--max-items", 3, "--page-size", 2)
    rest = aws(*listing, "--starting-token", first["NextToken"])
    assert first["taskDefinitionArns"] + rest["taskDefinitionArns"] == whole
    newest = aws(*listing, "--sort", "DESC", "--max-items", 1, "--query", "taskDefinitionArns[0]")
    assert newest == whole[-1]


def test_refusal_is_shown_with_its_code_and_text(aws):
    done = aws.run("ecs", "describe-tasks", "--cluster", "no-such-cluster", "--tasks", "0" * 32)
    assert done.returncode in {254, 255}
    assert "(ClusterNotFoundException) when calling the DescribeTasks operation: Cluster not found." in done.stderr


def test_operation_that_is_not_built_is_shown_by_name(aws):
    done = aws.run("ecs", "describe-express-gateway-service", "--service-arn", "web")
    assert done.returncode in {254, 255}
    assert "NotImplementedException" in done.stderr and "DescribeExpressGatewayService" in done.stderr


def test_short_hands_of_the_cli_work(aws, name):
    created = aws(
        "ecs",
        "create-cluster",
        "--cluster-name",
        name,
        "--settings",
        "name=containerInsights,value=enabled",
        "--tags",
        "key=team,value=blue",
        "--capacity-providers",
        "FARGATE",
        "FARGATE_SPOT",
        "--default-capacity-provider-strategy",
        "capacityProvider=FARGATE,weight=1,base=1",
    )["cluster"]
    assert created["tags"] == [{"key": "team", "value": "blue"}]
    assert created["settings"] == [{"name": "containerInsights", "value": "enabled"}]
    west = aws("ecs", "list-clusters", "--region", "eu-central-1")
    assert west["clusterArns"] == []
    assert aws("ecs", "delete-cluster", "--cluster", name)["cluster"]["status"] == "INACTIVE"
