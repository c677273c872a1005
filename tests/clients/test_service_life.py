"""The life of a service as its clients see it: tasks come and go, deployments end, waiters agree. One agent reports for all tasks."""

import pytest

from agent import Agent
from conftest import CONTAINER
from deadline import eventually

# The state is there before a waiter looks; it looks once.
AT_ONCE = {"Delay": 1, "MaxAttempts": 1}


class Life:
    """A service, and the instance that its tasks are on."""

    def __init__(self, ecs, cluster, family):
        self.ecs, self.cluster, self.family = ecs, cluster, family
        self.agent = Agent(ecs, cluster).register(cpu=65536, memory=65536)

    def create(self, **members):
        call = {"cluster": self.cluster, "serviceName": "web", "taskDefinition": self.family} | members
        given = {key: value for key, value in call.items() if value is not None}
        return self.ecs.create_service(**given)["service"]

    def update(self, **members):
        return self.ecs.update_service(cluster=self.cluster, service="web", **members)["service"]

    def told(self):
        return self.ecs.describe_services(cluster=self.cluster, services=["web"])["services"][0]

    def tasks(self, status="RUNNING"):
        arns = self.ecs.list_tasks(cluster=self.cluster, serviceName="web", desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster=self.cluster, tasks=arns, include=["TAGS"])["tasks"] if arns else []

    def report(self):
        """The agent does what it is told."""
        for task in self.tasks():
            if task["lastStatus"] == "PENDING":
                self.agent.runs(task["taskArn"])
        for task in self.tasks("STOPPED"):
            if task["lastStatus"] != "STOPPED":
                self.agent.stops(task["taskArn"])

    def until(self, holds, what):
        """Reports until it holds of the service, and answers the service."""

        def ask():
            self.report()
            told = self.told()
            return told if holds(told) else None

        return eventually(ask, what, within=60)

    def is_stable(self):
        return self.until(is_stable, "a stable service")

    def deployment(self, told):
        arns = [told["currentServiceDeployment"]]
        return self.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]


def is_stable(told):
    (primary, *others) = told["deployments"]
    return not others and told["runningCount"] == told["desiredCount"] and primary["rolloutState"] == "COMPLETED"


@pytest.fixture
def life(ecs, cluster, family):
    return Life(ecs, cluster, family)


def test_service_becomes_stable_and_the_waiter_agrees(ecs, cluster, life):
    life.create(desiredCount=3)
    told = life.is_stable()
    ecs.get_waiter("services_stable").wait(cluster=cluster, services=["web"], WaiterConfig=AT_ONCE)
    (primary,) = told["deployments"]
    assert (told["runningCount"], told["pendingCount"], primary["runningCount"]) == (3, 0, 3)
    assert life.deployment(told)["status"] == "SUCCESSFUL"
    messages = [event["message"] for event in told["events"]]
    assert any("has started" in message for message in messages)
    assert "(service web) has reached a steady state." in messages
    created = [event["createdAt"] for event in told["events"]]
    assert created == sorted(created, reverse=True)


def test_tasks_carry_their_service_and_its_tags(life, cluster):
    blue = {"key": "team", "value": "blue"}
    made = life.create(desiredCount=1, tags=[blue], propagateTags="SERVICE", enableECSManagedTags=True)
    life.is_stable()
    (task,) = life.tasks()
    assert (task["group"], task["startedBy"]) == ("service:web", made["deployments"][0]["id"])
    tags = {tag["key"]: tag["value"] for tag in task["tags"]}
    assert tags == {"team": "blue", "aws:ecs:clusterName": cluster, "aws:ecs:serviceName": "web"}


def test_deleted_service_becomes_inactive_and_the_waiter_agrees(ecs, cluster, life):
    life.create(desiredCount=2)
    life.is_stable()
    assert ecs.delete_service(cluster=cluster, service="web", force=True)["service"]["status"] == "DRAINING"
    life.until(lambda told: told["status"] == "INACTIVE", "an inactive service")
    ecs.get_waiter("services_inactive").wait(cluster=cluster, services=["web"], WaiterConfig=AT_ONCE)
    assert life.tasks() == []
    again = life.create(desiredCount=0)
    assert (again["status"], again["events"]) == ("ACTIVE", [])


def test_new_revision_replaces_the_old_one(ecs, life, family):
    life.create(desiredCount=2)
    before = life.is_stable()
    ecs.register_task_definition(family=family, networkMode="host", containerDefinitions=[CONTAINER | {"cpu": 64}])
    life.update(taskDefinition=family)
    told = life.is_stable()
    assert {task["taskDefinitionArn"].rsplit(":", 1)[1] for task in life.tasks()} == {"2"}
    record = life.deployment(told)
    assert record["status"] == "SUCCESSFUL"
    assert [source["arn"] for source in record["sourceServiceRevisions"]] == [before["currentServiceRevisions"][0]["arn"]]


def test_deployment_that_is_stopped_is_taken_back(ecs, life, family):
    life.create(desiredCount=1)
    before = life.is_stable()
    # No instance has as much.
    ecs.register_task_definition(family=family, networkMode="host", containerDefinitions=[CONTAINER | {"cpu": 99999}])
    deployed = life.update(taskDefinition=family)["currentServiceDeployment"]
    ecs.stop_service_deployment(serviceDeploymentArn=deployed)
    told = life.until(lambda told: is_stable(told) and told["taskDefinition"] == before["taskDefinition"], "a rollback")
    assert told["currentServiceDeployment"] == deployed
    record = life.deployment(told)
    assert record["status"] == "ROLLBACK_SUCCESSFUL"
    assert record["rollback"]["serviceRevisionArn"] == before["currentServiceRevisions"][0]["arn"]


def test_protected_task_outlives_its_service_growing_smaller(ecs, cluster, life):
    life.create(desiredCount=2)
    life.is_stable()
    kept, other = [task["taskArn"] for task in life.tasks()]
    answer = ecs.update_task_protection(cluster=cluster, tasks=[kept], protectionEnabled=True, expiresInMinutes=5)
    (protected,) = answer["protectedTasks"]
    assert (protected["taskArn"], protected["protectionEnabled"]) == (kept, True)
    life.update(desiredCount=1)
    life.until(lambda told: told["runningCount"] == 1, "one task")
    assert [task["taskArn"] for task in life.tasks()] == [kept]
    answer = ecs.get_task_protection(cluster=cluster, tasks=[kept, other])
    assert answer["protectedTasks"] == [protected]
    assert [(failure["arn"], failure["reason"]) for failure in answer["failures"]] == [(other, "TASK_NOT_VALID")]
    (free,) = ecs.update_task_protection(cluster=cluster, tasks=[kept], protectionEnabled=False)["protectedTasks"]
    assert free == {"taskArn": kept, "protectionEnabled": False}


def test_no_more_tasks_are_protected_than_are_wanted(ecs, cluster, life):
    life.create(desiredCount=2)
    life.is_stable()
    arns = [task["taskArn"] for task in life.tasks()]
    ecs.update_task_protection(cluster=cluster, tasks=arns[:1], protectionEnabled=True)
    life.update(desiredCount=1)
    # The task that is not protected may go at any moment.
    answer = ecs.update_task_protection(cluster=cluster, tasks=arns[1:], protectionEnabled=True)
    assert answer["protectedTasks"] == []
    assert answer["failures"][0]["reason"] in {"DEPLOYMENT_BLOCKED", "TASK_NOT_VALID"}


def test_daemon_has_a_task_on_each_instance(ecs, cluster, life):
    Agent(ecs, cluster).register()
    life.create(schedulingStrategy="DAEMON")
    told = life.until(lambda told: told["runningCount"] == 2, "two tasks")
    assert told["desiredCount"] == 2
    assert len({task["containerInstanceArn"] for task in life.tasks()}) == 2


def test_task_set_has_its_share_of_the_tasks(ecs, cluster, life, family):
    life.create(taskDefinition=None, desiredCount=4, deploymentController={"type": "EXTERNAL"})
    service = {"cluster": cluster, "service": "web"}
    half = {"value": 50.0, "unit": "PERCENT"}
    made = ecs.create_task_set(**service, taskDefinition=family, scale=half)["taskSet"]["id"]

    def the_set(told):
        return next((one for one in told["taskSets"] if one["id"] == made), None)

    steady = life.until(lambda told: the_set(told)["stabilityStatus"] == "STEADY_STATE", "a steady task set")
    assert (the_set(steady)["runningCount"], steady["runningCount"]) == (2, 2)
    assert {task["startedBy"] for task in life.tasks()} == {made}
    ecs.delete_task_set(**service, taskSet=made, force=True)
    life.until(lambda told: the_set(told) is None and told["runningCount"] == 0, "no task set")
