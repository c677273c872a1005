"""What both servers hold and are asked: the same, through the public API alone."""

import json

from servers import Server

CLUSTER = "bench"
FAMILY = "bench"
CONTAINER = "app"
INSTANCES = 13
TASKS = 100
PER_CALL = 10
FAMILIES = 1000

TARGET = "AmazonEC2ContainerServiceV20141113"


def definition(family: str) -> dict:
    """A task definition as people write them: one container, a published port, an environment."""
    return {
        "family": family,
        "networkMode": "bridge",
        "requiresCompatibilities": ["EC2"],
        "containerDefinitions": [
            {
                "name": CONTAINER,
                "image": "registry.example.com/team/app:2024-11-05",
                "cpu": 1,
                "memory": 8,
                "essential": True,
                "command": ["serve", "--port", "8080"],
                "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
                "environment": [
                    {"name": "LOG_LEVEL", "value": "info"},
                    {"name": "DATABASE_HOST", "value": "db.internal.example.com"},
                    {"name": "WORKERS", "value": "4"},
                ],
            }
        ],
    }


def runnable(family: str) -> dict:
    """The same for tasks to be run: without what their node would have to find room for."""
    given = definition(family)
    containers = [{name: value for name, value in one.items() if name != "portMappings"} for one in given["containerDefinitions"]]
    return given | {"networkMode": "host", "containerDefinitions": containers}


def seed(server: Server) -> list[str]:
    """A cluster with instances and tasks; returns the tasks' ARNs."""
    ecs = server.client()
    ecs.create_cluster(clusterName=CLUSTER)
    for machine in machines(server):
        ecs.register_container_instance(
            cluster=CLUSTER,
            instanceIdentityDocument=json.dumps({"instanceId": machine}),
            totalResources=[
                {"name": "CPU", "type": "INTEGER", "integerValue": 4096},
                {"name": "MEMORY", "type": "INTEGER", "integerValue": 7482},
                {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22", "2375", "2376", "51678", "51679"]},
                {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": []},
            ],
        )
    ecs.register_task_definition(**runnable(FAMILY))
    arns = []
    for _ in range(TASKS // PER_CALL):
        answer = ecs.run_task(**run_task())
        if len(answer["tasks"]) != PER_CALL:
            raise RuntimeError(f"only {len(answer['tasks'])} of {PER_CALL} tasks were placed: {answer['failures']}")
        arns += [task["taskArn"] for task in answer["tasks"]]
    return arns


def machines(server: Server) -> list[str]:
    """EC2 ids of the machines that register. moto takes only those of its own EC2."""
    if server.name != "moto":
        return [f"i-{number:017x}" for number in range(INSTANCES)]
    ec2 = server.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=INSTANCES, MaxCount=INSTANCES)
    return [instance["InstanceId"] for instance in made["Instances"]]


def run_task() -> dict:
    return {"cluster": CLUSTER, "taskDefinition": FAMILY, "count": PER_CALL, "launchType": "EC2"}


def running(arn: str, number: int) -> dict:
    """What an agent reports of a task that came up. moto has no such call: its tasks claim to run at once."""
    binding = {"bindIP": "0.0.0.0", "containerPort": 8080, "hostPort": 32768 + number % 28000, "protocol": "tcp"}
    container = {
        "containerName": CONTAINER,
        "status": "RUNNING",
        "runtimeId": f"{number:064x}",
        "imageDigest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "networkBindings": [binding],
    }
    return {"cluster": CLUSTER, "task": arn, "status": "RUNNING", "containers": [container]}


def bodies(operation: str, arns: list[str]) -> list[dict]:
    """The requests of one operation, sent in turn."""
    match operation:
        case "ListTasks":
            return [{"cluster": CLUSTER}]
        case "DescribeTasks":
            return [{"cluster": CLUSTER, "tasks": (arns + arns)[at : at + 10]} for at in range(len(arns))]
        case "RegisterTaskDefinition":
            return [definition(f"bench-{number}") for number in range(FAMILIES)]
        case _:
            raise ValueError(operation)
