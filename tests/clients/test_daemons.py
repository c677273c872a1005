"""Daemons as their clients see them: their task definitions, what is made, told and refused, and their life with two agents that report for
all tasks."""

import pytest

from agent import Agent
from deadline import eventually

ACCOUNT = "arn:aws:ecs:us-east-1:000000000000"
GROUP = "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:1:autoScalingGroupName/blue"
BLUE = {"key": "team", "value": "blue"}
CONTAINER = {"name": "main", "image": "busybox", "cpu": 128, "memory": 64}
ELSEWHERE = "arn:aws:ecs:eu-north-1:000000000000"


@pytest.fixture
def definition(ecs, name):
    """The ARN of a daemon task definition of the test's own."""
    answer = ecs.register_daemon_task_definition(family=name, containerDefinitions=[CONTAINER])
    return answer["daemonTaskDefinitionArn"]


@pytest.fixture
def provider(ecs, name):
    """The ARN of a capacity provider of the test's own, of which its cluster is."""
    settings = {"autoScalingGroupArn": GROUP}
    made = ecs.create_capacity_provider(name=f"{name}-nodes", autoScalingGroupProvider=settings)["capacityProvider"]
    return made["capacityProviderArn"]


@pytest.fixture
def place(ecs, cluster, provider):
    """The ARN of the test's cluster, associated with its provider and with FARGATE."""
    ecs.put_cluster_capacity_providers(
        cluster=cluster, capacityProviders=[provider, "FARGATE"], defaultCapacityProviderStrategy=[]
    )
    return f"{ACCOUNT}:cluster/{cluster}"


@pytest.fixture
def call(place, definition, provider):
    """The members of a call that makes a daemon."""
    return {
        "daemonName": "watch",
        "clusterArn": place,
        "daemonTaskDefinitionArn": definition,
        "capacityProviderArns": [provider],
    }


def register(ecs, cluster, provider, **members):
    """An instance of the provider, and its agent."""
    group = [{"name": "berth.capacity-provider", "value": provider.rsplit("/", 1)[1]}]
    return Agent(ecs, cluster).register(attributes=group, **members)


def whole(operation, member, **members):
    """A list from all of its pages: botocore has no paginators of these."""
    page = operation(**members)
    found = page[member]
    while "nextToken" in page:
        page = operation(nextToken=page["nextToken"], **members)
        found += page[member]
    return found


class Life:
    """A daemon, and agents that do what they are told."""

    def __init__(self, ecs, cluster, arn, agent):
        self.ecs, self.cluster, self.arn, self.agent = ecs, cluster, arn, agent

    def told(self):
        return self.ecs.describe_daemon(daemonArn=self.arn)["daemon"]

    def tasks(self, status="RUNNING"):
        arns = self.ecs.list_tasks(cluster=self.cluster, daemonName="watch", desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster=self.cluster, tasks=arns, include=["TAGS"])["tasks"] if arns else []

    def report(self):
        for task in self.tasks():
            if task["lastStatus"] == "PENDING":
                self.agent.runs(task["taskArn"])
        for task in self.tasks("STOPPED"):
            if task["lastStatus"] != "STOPPED":
                self.agent.stops(task["taskArn"])

    def until(self, holds, what):
        def ask():
            self.report()
            return holds()

        return eventually(ask, what, within=60)

    def deployment(self, arn=None):
        arns = [arn or self.told()["deploymentArn"]]
        (found,) = self.ecs.describe_daemon_deployments(daemonDeploymentArns=arns)["daemonDeployments"]
        return found

    def is_there(self, count):
        self.until(lambda: self.deployment()["status"] == "SUCCESSFUL", "a deployment that is done")
        assert len(self.tasks()) == count
        return self.told()


@pytest.fixture
def life(ecs, cluster, provider, call):
    agent = register(ecs, cluster, provider)
    register(ecs, cluster, provider)
    made = ecs.create_daemon(**call, tags=[BLUE], propagateTags="DAEMON", enableECSManagedTags=True)
    return Life(ecs, cluster, made["daemonArn"], agent)


def test_task_definition_is_told_as_it_was_registered(ecs, name):
    container = CONTAINER | {
        "essential": True,
        "privileged": True,
        "user": "1000",
        "command": ["watch"],
        "mountPoints": [{"sourceVolume": "logs", "containerPath": "/logs", "readOnly": True}],
        "linuxParameters": {"capabilities": {"add": ["NET_ADMIN"], "drop": []}, "initProcessEnabled": True},
        "healthCheck": {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3},
        "restartPolicy": {"enabled": True, "restartAttemptPeriod": 60},
    }
    given = {"cpu": "256", "memory": "128", "volumes": [{"name": "logs", "host": {"sourcePath": "/var/log"}}]}
    made = ecs.register_daemon_task_definition(family=name, containerDefinitions=[container], tags=[BLUE], **given)
    arn = f"{ACCOUNT}:daemon-task-definition/{name}:1"
    assert made["daemonTaskDefinitionArn"] == arn
    for named in [arn, name, f"{name}:1"]:
        told = ecs.describe_daemon_task_definition(daemonTaskDefinition=named)["daemonTaskDefinition"]
        assert (told["daemonTaskDefinitionArn"], told["family"], told["revision"]) == (arn, name, 1)
    assert (told["status"], told["registeredBy"]) == ("ACTIVE", "arn:aws:iam::000000000000:root")
    assert {key: told[key] for key in given} == given
    (seen,) = told["containerDefinitions"]
    assert {key: seen[key] for key in container} == container
    assert "portMappings" not in seen and "networkMode" not in told and "deleteRequestedAt" not in told
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [BLUE]


def test_task_definitions_have_families_of_their_own(ecs, refused, name, family, definition):
    assert definition.endswith(f"/{name}:1")
    assert ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]["containerDefinitions"][0]["image"] == "busybox"
    families = ecs.list_task_definition_families(familyPrefix=name)["families"]
    arns = ecs.list_task_definitions(familyPrefix=name)["taskDefinitionArns"]
    assert (families, len(arns)) == ([name], 1)
    assert all("daemon" not in text for text in ecs.list_task_definition_families()["families"] + ecs.list_task_definitions()["taskDefinitionArns"])
    for text in [definition, f"daemon:{name}", f"daemon:{name}:1"]:
        assert refused(ecs.describe_task_definition, taskDefinition=text)[0] in {"ClientException", "InvalidParameterException"}
    assert refused(ecs.run_task, taskDefinition=definition)[0] == "InvalidParameterException"


def test_task_definitions_are_listed_by_family_and_status(ecs, refused, name):
    for family, revisions in [(f"{name}-a", 2), (f"{name}-b", 1), (f"{name}c", 1)]:
        for _ in range(revisions):
            ecs.register_daemon_task_definition(family=family, containerDefinitions=[CONTAINER])
    ecs.delete_daemon_task_definition(daemonTaskDefinition=f"{name}-a:1")

    def listed(**members):
        found = whole(ecs.list_daemon_task_definitions, "daemonTaskDefinitions", maxResults=1, **members)
        return [one["arn"].rsplit("/", 1)[1].removeprefix(name) for one in found]

    assert listed(familyPrefix=name) == ["-a:2", "-b:1", "c:1"]
    assert listed(familyPrefix=f"{name}-", sort="DESC") == ["-b:1", "-a:2"]
    assert listed(familyPrefix=f"{name}-", status="ALL") == ["-a:1", "-a:2", "-b:1"]
    assert listed(family=f"{name}-a", status="DELETE_IN_PROGRESS") == ["-a:1"]
    assert listed(family=f"{name}-a", status="ALL", revision="LAST_REGISTERED") == ["-a:2"]
    assert listed(family=name) == []
    (found,) = ecs.list_daemon_task_definitions(family=f"{name}-a", status="DELETE_IN_PROGRESS")["daemonTaskDefinitions"]
    assert found["deleteRequestedAt"] >= found["registeredAt"]
    assert refused(ecs.list_daemon_task_definitions, family="a", familyPrefix="a")[0] == "InvalidParameterException"
    assert refused(ecs.list_daemon_task_definitions, family="a:b")[0] == "ClientException"
    assert refused(ecs.list_daemon_task_definitions, maxResults=101)[0] == "InvalidParameterException"


def test_task_definition_that_is_deleted_serves_no_new_daemon(ecs, refused, call, definition):
    assert ecs.delete_daemon_task_definition(daemonTaskDefinition=definition)["daemonTaskDefinitionArn"] == definition
    told = ecs.describe_daemon_task_definition(daemonTaskDefinition=definition)["daemonTaskDefinition"]
    assert (told["status"], "deleteRequestedAt" in told) == ("DELETE_IN_PROGRESS", True)
    assert refused(ecs.create_daemon, **call)[0] == "ClientException"
    assert refused(ecs.delete_daemon_task_definition, daemonTaskDefinition=definition)[0] == "ClientException"


def test_task_definitions_are_refused_as_others_are(ecs, refused, name):
    call = ecs.register_daemon_task_definition
    assert refused(call, family="a b", containerDefinitions=[CONTAINER]) == (
        "ClientException",
        "Family contains invalid characters.",
    )
    assert refused(call, family=name, containerDefinitions=[])[0] == "ClientException"
    assert refused(call, family=name, containerDefinitions=[CONTAINER], tags=[{"key": "aws:a", "value": ""}])[0] == "InvalidParameterException"
    for operation in [ecs.describe_daemon_task_definition, ecs.delete_daemon_task_definition]:
        code, message = refused(operation, daemonTaskDefinition=f"{name}:7")
        assert code == "ClientException" and "not found" in message
        assert refused(operation, daemonTaskDefinition=f"{ELSEWHERE}:daemon-task-definition/{name}:1")[0] == "InvalidParameterException"
        assert refused(operation, daemonTaskDefinition=f"{ACCOUNT}:task-definition/{name}:1")[0] == "InvalidParameterException"
    assert refused(ecs.delete_daemon_task_definition, daemonTaskDefinition=name) == ("ClientException", "Revision is missing.")


def test_new_daemon_without_instances_is_there_at_once(ecs, call, cluster, provider, definition):
    made = ecs.create_daemon(**call)
    assert made["daemonArn"] == f"{ACCOUNT}:daemon/{cluster}/watch"
    assert made["deploymentArn"].startswith(f"{ACCOUNT}:daemon-deployment/{cluster}/watch/")
    assert made["status"] == "ACTIVE"
    told = ecs.describe_daemon(daemonArn=made["daemonArn"])["daemon"]
    assert (told["clusterArn"], told["deploymentArn"]) == (f"{ACCOUNT}:cluster/{cluster}", made["deploymentArn"])
    (revision,) = told["currentRevisions"]
    assert revision["arn"].startswith(f"{ACCOUNT}:daemon-revision/{cluster}/watch/")
    assert (revision["totalRunningCount"], revision["capacityProviders"]) == (0, [{"arn": provider, "runningCount": 0}])

    def deployment():
        (found,) = ecs.describe_daemon_deployments(daemonDeploymentArns=[made["deploymentArn"]])["daemonDeployments"]
        return found if found["status"] == "SUCCESSFUL" else None

    found = eventually(deployment, "a deployment that is done", within=60)
    assert found["statusReason"] == "Deployment completed successfully."
    assert found["deploymentConfiguration"] == {"drainPercent": 25.0, "alarms": {"alarmNames": [], "enable": False}, "bakeTimeInMinutes": 0}
    assert found["circuitBreaker"] == {"failureCount": 0, "status": "MONITORING_COMPLETE", "threshold": 3}
    assert (found["alarms"]["status"], found["sourceDaemonRevisions"]) == ("DISABLED", [])
    target = found["targetDaemonRevision"]
    assert (target["arn"], target["totalRunningInstanceCount"], target["totalDrainingInstanceCount"]) == (revision["arn"], 0, 0)
    answer = ecs.describe_daemon_revisions(daemonRevisionArns=[revision["arn"]])
    (seen,) = answer["daemonRevisions"]
    assert (seen["daemonArn"], seen["daemonTaskDefinitionArn"]) == (made["daemonArn"], definition)
    assert seen["containerImages"] == [{"containerName": "main", "image": "busybox"}]
    assert (seen["propagateTags"], seen["enableECSManagedTags"], seen["enableExecuteCommand"]) == ("NONE", False, False)


def test_daemon_is_no_service(ecs, refused, call, cluster):
    ecs.create_daemon(**call)
    assert ecs.list_services(cluster=cluster)["serviceArns"] == []
    (told,) = ecs.describe_clusters(clusters=[cluster])["clusters"]
    assert told["activeServicesCount"] == 0
    answer = ecs.describe_services(cluster=cluster, services=["watch"])
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]
    assert refused(ecs.describe_services, cluster=cluster, services=["daemon:watch"])[0] == "InvalidParameterException"
    assert refused(ecs.delete_cluster, cluster=cluster)[0] == "ClusterContainsServicesException"
    put = {"cluster": cluster, "capacityProviders": [], "defaultCapacityProviderStrategy": []}
    assert refused(ecs.put_cluster_capacity_providers, **put)[0] == "ResourceInUseException"


def test_same_token_makes_a_daemon_once(ecs, refused, call):
    first = ecs.create_daemon(**call, clientToken="once")
    again = ecs.create_daemon(**call, clientToken="once")
    assert again["deploymentArn"] == first["deploymentArn"]
    message = "Creation of daemon was not idempotent."
    assert refused(ecs.create_daemon, **call, clientToken="once", enableECSManagedTags=True) == ("InvalidParameterException", message)
    assert refused(ecs.create_daemon, **call) == ("InvalidParameterException", message)


def test_daemons_are_listed_by_cluster_and_provider(ecs, refused, call, place, provider, name):
    arns = [ecs.create_daemon(**call | {"daemonName": f"{number}-watch"})["daemonArn"] for number in range(3)]
    other = ecs.create_capacity_provider(name=f"{name}-other", autoScalingGroupProvider={"autoScalingGroupArn": GROUP})

    def listed(**members):
        return [found["daemonArn"] for found in whole(ecs.list_daemons, "daemonSummariesList", maxResults=2, **members)]

    assert listed(clusterArn=place) == arns
    assert listed(capacityProviderArns=[provider]) == arns
    assert set(arns) <= set(listed())
    assert listed(clusterArn=place, capacityProviderArns=[other["capacityProvider"]["capacityProviderArn"]]) == []
    (found, *_) = ecs.list_daemons(clusterArn=place)["daemonSummariesList"]
    assert (found["status"], found["createdAt"] <= found["updatedAt"]) == ("ACTIVE", True)
    assert refused(ecs.list_daemons, clusterArn=f"{ACCOUNT}:cluster/absent")[0] == "ClusterNotFoundException"
    assert refused(ecs.list_daemons, capacityProviderArns=["absent"])[0] == "InvalidParameterException"


def test_daemons_and_their_definitions_are_tagged(ecs, refused, call, cluster, definition):
    arn = ecs.create_daemon(**call, tags=[BLUE])["daemonArn"]
    for tagged in [arn, definition]:
        ecs.tag_resource(resourceArn=tagged, tags=[{"key": "owner", "value": "me"}])
        ecs.untag_resource(resourceArn=tagged, tagKeys=["team"])
        assert ecs.list_tags_for_resource(resourceArn=tagged)["tags"] == [{"key": "owner", "value": "me"}]
    for absent in [f"{ACCOUNT}:daemon/{cluster}/absent", f"{ACCOUNT}:daemon-task-definition/absent:1"]:
        assert refused(ecs.list_tags_for_resource, resourceArn=absent)[0] == "InvalidParameterException"
        assert refused(ecs.tag_resource, resourceArn=absent, tags=[BLUE])[0] == "ResourceNotFoundException"


def test_what_a_daemon_cannot_be_is_refused_by_both_calls(ecs, refused, call, place, definition, provider, name):
    arn = ecs.create_daemon(**call)["daemonArn"]
    update = {"daemonArn": arn, "daemonTaskDefinitionArn": definition, "capacityProviderArns": [provider]}
    secret = CONTAINER | {"secrets": [{"name": "KEY", "valueFrom": f"arn:aws:ssm:us-east-1:000000000000:parameter/{name}"}]}
    role = "arn:aws:iam::000000000000:role/agent"
    unbuilt = ecs.register_daemon_task_definition(family=f"{name}-secret", containerDefinitions=[secret], executionRoleArn=role)
    wrong = [
        ({"capacityProviderArns": []}, "InvalidParameterException"),
        ({"capacityProviderArns": ["FARGATE"]}, "InvalidParameterException"),
        ({"capacityProviderArns": [f"{ACCOUNT}:capacity-provider/absent"]}, "InvalidParameterException"),
        ({"capacityProviderArns": [provider, provider]}, "InvalidParameterException"),
        ({"daemonTaskDefinitionArn": f"{ACCOUNT}:daemon-task-definition/absent:1"}, "ClientException"),
        ({"daemonTaskDefinitionArn": unbuilt["daemonTaskDefinitionArn"]}, "UnsupportedFeatureException"),
        ({"deploymentConfiguration": {"drainPercent": 0.5}}, "InvalidParameterException"),
        ({"deploymentConfiguration": {"bakeTimeInMinutes": 5}}, "UnsupportedFeatureException"),
        ({"deploymentConfiguration": {"alarms": {"alarmNames": ["busy"], "enable": True}}}, "UnsupportedFeatureException"),
        ({"enableExecuteCommand": True}, "UnsupportedFeatureException"),
    ]
    for members, code in wrong:
        assert refused(ecs.create_daemon, **call | {"daemonName": "other"} | members)[0] == code, members
        assert refused(ecs.update_daemon, **update | members)[0] == code, members
    assert refused(ecs.create_daemon, **call | {"daemonName": "a b"})[0] == "InvalidParameterException"
    assert refused(ecs.create_daemon, **call | {"clusterArn": "absent"})[0] == "ClusterNotFoundException"
    assert [found["daemonArn"] for found in ecs.list_daemons(clusterArn=place)["daemonSummariesList"]] == [arn]


def test_daemon_that_is_not_there_is_not_found(ecs, refused, cluster, definition, provider):
    update = {"daemonTaskDefinitionArn": definition, "capacityProviderArns": [provider]}
    for operation, members in [
        (ecs.describe_daemon, {}),
        (ecs.update_daemon, update),
        (ecs.delete_daemon, {}),
        (ecs.list_daemon_deployments, {}),
    ]:
        is_list = operation == ecs.list_daemon_deployments
        absent = "InvalidParameterException" if is_list else "DaemonNotFoundException"
        assert refused(operation, daemonArn=f"{ACCOUNT}:daemon/{cluster}/absent", **members)[0] == absent
        assert refused(operation, daemonArn=f"{ACCOUNT}:daemon/absent/watch", **members)[0] == "ClusterNotFoundException"
        for other in ["watch", f"{ACCOUNT}:service/{cluster}/watch", f"{ELSEWHERE}:daemon/{cluster}/watch"]:
            assert refused(operation, daemonArn=other, **members)[0] == "InvalidParameterException"
    missing = f"{ACCOUNT}:daemon-deployment/{cluster}/watch/0123456789abcdef0123456789abcdef"
    answer = ecs.describe_daemon_deployments(daemonDeploymentArns=[missing])
    assert (answer["daemonDeployments"], answer["failures"]) == ([], [{"arn": missing, "reason": "MISSING"}])
    missing = f"{ACCOUNT}:daemon-revision/{cluster}/watch/0123456789012345678"
    answer = ecs.describe_daemon_revisions(daemonRevisionArns=[missing])
    assert (answer["daemonRevisions"], answer["failures"]) == ([], [{"arn": missing, "reason": "MISSING"}])
    for operation, member in [
        (ecs.describe_daemon_deployments, "daemonDeploymentArns"),
        (ecs.describe_daemon_revisions, "daemonRevisionArns"),
    ]:
        for wrong in [[], ["watch"], [f"{ACCOUNT}:daemon/{cluster}/watch"], [missing] * 21]:
            assert refused(operation, **{member: wrong})[0] == "InvalidParameterException"


def test_each_instance_of_the_provider_has_one_task(ecs, cluster, provider, definition, life):
    other = Agent(ecs, cluster).register()
    told = life.is_there(2)
    (revision,) = told["currentRevisions"]
    assert (revision["totalRunningCount"], revision["capacityProviders"]) == (2, [{"arn": provider, "runningCount": 2}])
    tasks = life.tasks()
    assert other.instance not in [task["containerInstanceArn"] for task in tasks]
    assert len({task["containerInstanceArn"] for task in tasks}) == 2
    for task in tasks:
        assert (task["group"], task["taskDefinitionArn"]) == ("daemon:watch", definition)
        assert task["capacityProviderName"] == provider.rsplit("/", 1)[1]
        tags = {tag["key"]: tag["value"] for tag in task["tags"]}
        assert tags == {"team": "blue", "aws:ecs:clusterName": cluster, "aws:ecs:daemonName": "watch"}
    register(ecs, cluster, provider)
    life.until(lambda: life.told()["currentRevisions"][0]["totalRunningCount"] == 3, "a task on the new instance")
    ecs.stop_task(cluster=cluster, task=life.tasks()[0]["taskArn"])
    life.until(lambda: len(life.tasks()) == 3 and {task["lastStatus"] for task in life.tasks()} == {"RUNNING"}, "a task in its place")


def test_update_replaces_the_tasks_a_few_at_a_time(ecs, cluster, provider, definition, life):
    before = life.is_there(2)
    family = definition.rsplit("/", 1)[1].split(":")[0]
    made = ecs.register_daemon_task_definition(family=family, containerDefinitions=[CONTAINER | {"cpu": 64}])
    newer = made["daemonTaskDefinitionArn"]
    answer = ecs.update_daemon(daemonArn=life.arn, daemonTaskDefinitionArn=newer, capacityProviderArns=[provider])
    assert (answer["status"], answer["daemonArn"]) == ("ACTIVE", life.arn)
    assert answer["updatedAt"] >= answer["createdAt"] and answer["deploymentArn"] != before["deploymentArn"]
    record = life.deployment(answer["deploymentArn"])
    assert record["sourceDaemonRevisions"][0]["arn"] == before["currentRevisions"][0]["arn"]
    told = life.is_there(2)
    assert {task["taskDefinitionArn"] for task in life.tasks()} == {newer}
    # What the update did not say has its default again.
    assert all(task["tags"] == [] for task in life.tasks())
    (revision,) = told["currentRevisions"]
    assert life.deployment()["targetDaemonRevision"]["arn"] == revision["arn"] != before["currentRevisions"][0]["arn"]
    listed = ecs.list_daemon_deployments(daemonArn=life.arn)["daemonDeployments"]
    assert [one["daemonDeploymentArn"] for one in listed] == [answer["deploymentArn"], before["deploymentArn"]]
    assert {one["status"] for one in listed} == {"SUCCESSFUL"}
    assert listed[0]["targetDaemonRevisionArn"] == revision["arn"]
    assert ecs.list_daemon_deployments(daemonArn=life.arn, status=["STOPPED"])["daemonDeployments"] == []
    # botocore sends whole seconds.
    assert ecs.list_daemon_deployments(daemonArn=life.arn, createdAt={"before": listed[1]["createdAt"]})["daemonDeployments"] == []


def test_update_on_top_of_another_stops_that(ecs, life, definition, provider):
    first = life.is_there(2)
    update = {"daemonArn": life.arn, "daemonTaskDefinitionArn": definition, "capacityProviderArns": [provider]}
    second = ecs.update_daemon(**update)["deploymentArn"]
    third = ecs.update_daemon(**update)["deploymentArn"]
    stopped = life.deployment(second)
    assert (stopped["status"], stopped["statusReason"]) == ("STOPPED", "Daemon deployment was superseded by a newer deployment.")
    assert life.is_there(2)["deploymentArn"] == third != first["deploymentArn"]


def test_tasks_of_daemons_are_nobody_elses(ecs, refused, cluster, family, life):
    life.is_there(2)
    (task, _) = life.tasks()
    answer = ecs.update_task_protection(cluster=cluster, tasks=[task["taskArn"]], protectionEnabled=True)
    assert [failure["reason"] for failure in answer["failures"]] == ["TASK_NOT_VALID"]
    code, message = refused(ecs.run_task, cluster=cluster, taskDefinition=family, group="daemon:watch")
    assert (code, message) == ("InvalidParameterException", "Invalid namespace for group.")
    listed = ecs.list_tasks(cluster=cluster, family=family)["taskArns"]
    assert listed == []


def test_deleted_daemon_stops_its_tasks_and_its_name_is_free_again(ecs, refused, cluster, provider, definition, call, life):
    life.is_there(2)
    stop = {"daemonArn": life.arn}
    ecs.update_container_instances_state(cluster=cluster, containerInstances=[life.agent.instance], status="DRAINING")
    life.until(lambda: len(life.tasks()) == 1, "no task on the instance that drains")
    gone = ecs.delete_daemon(**stop)
    assert (gone["daemonArn"], gone["status"]) == (life.arn, "DELETE_IN_PROGRESS")
    # Its task has not stopped yet.
    update = {"daemonArn": life.arn, "daemonTaskDefinitionArn": definition, "capacityProviderArns": [provider]}
    for operation, members in [(ecs.delete_daemon, stop), (ecs.update_daemon, update)]:
        assert refused(operation, **members) == ("DaemonNotActiveException", "Daemon was not ACTIVE.")
    assert ecs.describe_daemon(**stop)["daemon"]["status"] == "DELETE_IN_PROGRESS"
    life.until(lambda: life.tasks() == [], "no task that is meant to run")
    eventually(lambda: is_gone(ecs, life.arn), "a daemon that is gone", within=60)
    again = ecs.create_daemon(**call)
    assert (again["daemonArn"], again["status"]) == (life.arn, "ACTIVE")


def is_gone(ecs, arn):
    try:
        ecs.describe_daemon(daemonArn=arn)
    except ecs.exceptions.DaemonNotFoundException:
        return True
    return False


def test_node_may_not(node, refused, cluster, call, definition, provider):
    arn = f"{ACCOUNT}:daemon/{cluster}/watch"
    update = {"daemonArn": arn, "daemonTaskDefinitionArn": definition, "capacityProviderArns": [provider]}
    for operation, members in [
        (node.create_daemon, call),
        (node.update_daemon, update),
        (node.delete_daemon, {"daemonArn": arn}),
        (node.describe_daemon, {"daemonArn": arn}),
        (node.list_daemons, {}),
        (node.list_daemon_deployments, {"daemonArn": arn}),
        (node.describe_daemon_deployments, {"daemonDeploymentArns": [arn]}),
        (node.describe_daemon_revisions, {"daemonRevisionArns": [arn]}),
        (node.register_daemon_task_definition, {"family": "a", "containerDefinitions": [CONTAINER]}),
        (node.describe_daemon_task_definition, {"daemonTaskDefinition": definition}),
        (node.delete_daemon_task_definition, {"daemonTaskDefinition": definition}),
        (node.list_daemon_task_definitions, {}),
    ]:
        assert refused(operation, **members)[0] == "AccessDeniedException"
