"""The agent of a container instance, as far as the ECS API sees it: it registers, and it reports what tasks do."""

from datetime import datetime, timezone

# What every agent registers with Docker's API at hand; definitions of plain containers require some of it.
CAPABILITIES = [
    *(f"com.amazonaws.ecs.capability.docker-remote-api.1.{minor}" for minor in range(17, 33)),
    "com.amazonaws.ecs.capability.logging-driver.json-file",
    "com.amazonaws.ecs.capability.logging-driver.awslogs",
    "com.amazonaws.ecs.capability.privileged-container",
    "com.amazonaws.ecs.capability.ecr-auth",
    "ecs.capability.execution-role-awslogs",
    "ecs.capability.container-ordering",
    "ecs.capability.task-cpu-mem-limit",
    "ecs.capability.network.container-port-range",
]


def now():
    return datetime.now(timezone.utc)


class Agent:
    """One container instance, registered and reported for through boto3."""

    def __init__(self, ecs, cluster):
        self.ecs = ecs
        self.cluster = cluster
        self.instance = None

    def register(self, cpu=4096, memory=8192, tcp=(22, 2375), udp=(), attributes=(), **members):
        """Registers as the official agent does, and answers itself."""
        sent = [{"name": name} for name in CAPABILITIES] + list(attributes)
        answer = self.ecs.register_container_instance(
            cluster=self.cluster,
            attributes=sent,
            totalResources=[
                {"name": "CPU", "type": "INTEGER", "integerValue": cpu},
                {"name": "MEMORY", "type": "INTEGER", "integerValue": memory},
                {"name": "PORTS", "type": "STRINGSET", "stringSetValue": [str(port) for port in tcp]},
                {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": [str(port) for port in udp]},
            ],
            **members,
        )
        self.instance = answer["containerInstance"]["containerInstanceArn"]
        return self

    def describe(self):
        answer = self.ecs.describe_container_instances(cluster=self.cluster, containerInstances=[self.instance])
        return answer["containerInstances"][0]

    def remaining(self):
        """What is left on the instance, by resource; of ports those that are taken, as AWS shows them."""
        return {resource["name"]: value(resource) for resource in self.describe()["remainingResources"]}

    def report(self, task, status=None, *containers, **members):
        """Sends one SubmitTaskStateChange."""
        if status:
            members["status"] = status
        return self.ecs.submit_task_state_change(
            cluster=self.cluster, task=task, containers=list(containers), **members
        )

    def runs(self, *tasks):
        """Reports that the tasks' container runs."""
        for task in tasks:
            self.report(task, "RUNNING", change("RUNNING"), pullStartedAt=now(), pullStoppedAt=now())

    def stops(self, *tasks, exit_code=0):
        """Reports that the tasks' container ended."""
        for task in tasks:
            self.report(task, "STOPPED", change("STOPPED", exitCode=exit_code), executionStoppedAt=now())


def change(status, container="main", **members):
    """What an agent says of one container."""
    return {"containerName": container, "status": status, **members}


def value(resource):
    if resource["type"] == "STRINGSET":
        return sorted(int(port) for port in resource.get("stringSetValue", []))
    return resource["integerValue"]
