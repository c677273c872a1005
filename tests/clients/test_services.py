"""Services: what is made and shown of them, what changes, and what is refused. Their clusters have no instances, so that nothing runs."""

import pytest

from agent import Agent
from conftest import CONTAINER

ACCOUNT = "arn:aws:ecs:us-east-1:000000000000"
BLUE = {"key": "team", "value": "blue"}
ZONES = {"type": "spread", "field": "attribute:ecs.availability-zone"}


@pytest.fixture
def make(ecs, cluster, family):
    """Makes a service in the test's cluster."""

    def call(service="web", **members):
        members = {"desiredCount": 2, "taskDefinition": family} | members
        given = {key: value for key, value in members.items() if value is not None}
        return ecs.create_service(cluster=cluster, serviceName=service, **given)["service"]

    return call


@pytest.fixture
def told(ecs, cluster):
    """What is told of a service."""
    return lambda name="web", **members: ecs.describe_services(cluster=cluster, services=[name], **members)["services"][0]


def test_new_service_shows_what_was_given_and_the_defaults(make, told, cluster, family):
    made = make(tags=[BLUE])
    assert made["serviceArn"] == f"{ACCOUNT}:service/{cluster}/web"
    assert made["clusterArn"] == f"{ACCOUNT}:cluster/{cluster}"
    assert (made["serviceName"], made["status"], made["desiredCount"]) == ("web", "ACTIVE", 2)
    assert (made["runningCount"], made["pendingCount"], made["launchType"]) == (0, 0, "EC2")
    assert made["taskDefinition"] == f"{ACCOUNT}:task-definition/{family}:1"
    assert made["deploymentConfiguration"] == {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    }
    assert (made["schedulingStrategy"], made["deploymentController"]) == ("REPLICA", {"type": "ECS"})
    assert (made["propagateTags"], made["enableECSManagedTags"], made["enableExecuteCommand"]) == ("NONE", False, False)
    assert made["availabilityZoneRebalancing"] == "ENABLED"
    assert made["createdBy"] == "arn:aws:iam::000000000000:root"
    assert (made["loadBalancers"], made["events"], made["tags"]) == ([], [], [BLUE])
    assert "taskSets" not in made and "tags" not in told()
    assert told(include=["TAGS"])["tags"] == [BLUE]


def test_new_service_has_a_primary_deployment(make, family):
    made = make()
    (deployment,) = made["deployments"]
    assert deployment["id"].startswith("ecs-svc/") and len(deployment["id"]) == len("ecs-svc/") + 19
    assert (deployment["status"], deployment["rolloutState"], deployment["failedTasks"]) == ("PRIMARY", "IN_PROGRESS", 0)
    assert deployment["taskDefinition"] == made["taskDefinition"] and deployment["desiredCount"] == 2
    assert deployment["rolloutStateReason"] == f"ECS deployment {deployment['id']} in progress."
    assert f":service-deployment/{made['clusterArn'].rsplit('/', 1)[1]}/web/" in made["currentServiceDeployment"]
    (revision,) = made["currentServiceRevisions"]
    assert ":service-revision/" in revision["arn"] and revision["requestedTaskCount"] == 2


def test_every_field_comes_back(ecs, make, told):
    given = {
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "maximumPercent": 150,
            "minimumHealthyPercent": 50,
            "alarms": {"alarmNames": ["busy"], "enable": False, "rollback": False},
            "bakeTimeInMinutes": 3,
            "strategy": "ROLLING",
            "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]}],
        },
        "placementConstraints": [{"type": "distinctInstance"}, {"type": "memberOf", "expression": "attribute:disk == ssd"}],
        "placementStrategy": [ZONES, {"type": "binpack", "field": "memory"}],
        "healthCheckGracePeriodSeconds": 30,
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "enableExecuteCommand": True,
        "availabilityZoneRebalancing": "ENABLED",
    }
    make(**given)
    seen = told()
    assert {key: seen[key] for key in given} == given


def test_daemon_has_its_own_defaults(make):
    made = make(schedulingStrategy="DAEMON", desiredCount=None)
    configuration = made["deploymentConfiguration"]
    assert (configuration["minimumHealthyPercent"], configuration["maximumPercent"]) == (0, 100)
    assert (made["schedulingStrategy"], made["availabilityZoneRebalancing"]) == ("DAEMON", "DISABLED")


def test_same_service_twice_is_one(make, refused, ecs, cluster, family):
    first, second = make(), make()
    assert (first["createdAt"], first["deployments"][0]["id"]) == (second["createdAt"], second["deployments"][0]["id"])
    for other in [{"desiredCount": 3}, {"healthCheckGracePeriodSeconds": 1}, {"tags": [BLUE]}]:
        call = {"cluster": cluster, "serviceName": "web", "taskDefinition": family, "desiredCount": 2} | other
        assert refused(ecs.create_service, **call) == (
            "InvalidParameterException",
            "Creation of service was not idempotent.",
        )


def test_same_token_makes_a_service_once(make, refused, ecs, cluster, family):
    make(clientToken="once")
    ecs.update_service(cluster=cluster, service="web", desiredCount=5)
    assert make(clientToken="once")["desiredCount"] == 5
    call = {"cluster": cluster, "serviceName": "web", "taskDefinition": family, "desiredCount": 3, "clientToken": "once"}
    assert refused(ecs.create_service, **call)[1] == "Creation of service was not idempotent."


def test_services_are_described_by_name_and_arn_and_missed_by_arn(ecs, make, cluster):
    arn = make()["serviceArn"]
    answer = ecs.describe_services(cluster=cluster, services=["web", arn, "absent"])
    assert [service["serviceArn"] for service in answer["services"]] == [arn, arn]
    assert answer["failures"] == [{"arn": f"{ACCOUNT}:service/{cluster}/absent", "reason": "MISSING"}]


def test_services_are_listed_by_name_in_pages(ecs, make, cluster):
    for number in range(12):
        make(f"s{number:02}", desiredCount=0)
    first = ecs.list_services(cluster=cluster)
    assert [arn.rsplit("/", 1)[1] for arn in first["serviceArns"]] == [f"s{number:02}" for number in range(10)]
    second = ecs.list_services(cluster=cluster, nextToken=first["nextToken"])
    assert [arn.rsplit("/", 1)[1] for arn in second["serviceArns"]] == ["s10", "s11"] and "nextToken" not in second
    pages = ecs.get_paginator("list_services").paginate(cluster=cluster, PaginationConfig={"PageSize": 5})
    assert sum(len(page["serviceArns"]) for page in pages) == 12


def test_services_are_listed_by_launch_type_and_scheduling(ecs, make, cluster):
    make("copies", desiredCount=0)
    make("everywhere", schedulingStrategy="DAEMON", desiredCount=None)

    def names(**filters):
        return [arn.rsplit("/", 1)[1] for arn in ecs.list_services(cluster=cluster, **filters)["serviceArns"]]

    assert names(schedulingStrategy="DAEMON") == ["everywhere"]
    assert names(launchType="EC2") == ["copies", "everywhere"] and names(launchType="FARGATE") == []
    assert names(resourceManagementType="CUSTOMER") == ["copies", "everywhere"]
    assert names(resourceManagementType="ECS") == []


def test_scaling_makes_no_deployment(ecs, make, cluster):
    before = make()["deployments"][0]["id"]
    after = ecs.update_service(cluster=cluster, service="web", desiredCount=7)["service"]
    assert after["desiredCount"] == 7
    assert [deployment["id"] for deployment in after["deployments"]] == [before]


def test_what_changes_without_a_deployment(ecs, make, cluster):
    before = make()["deployments"][0]["id"]
    changes = {
        "deploymentConfiguration": {"minimumHealthyPercent": 0},
        "placementConstraints": [{"type": "distinctInstance"}],
        "placementStrategy": [ZONES],
        "healthCheckGracePeriodSeconds": 9,
        "enableECSManagedTags": True,
        "propagateTags": "TASK_DEFINITION",
        "enableExecuteCommand": True,
        "availabilityZoneRebalancing": "DISABLED",
    }
    after = ecs.update_service(cluster=cluster, service="web", **changes)["service"]
    configuration = after.pop("deploymentConfiguration")
    assert (configuration["minimumHealthyPercent"], configuration["maximumPercent"]) == (0, 200)
    assert {key: after[key] for key in changes if key in after} == {
        key: value for key, value in changes.items() if key != "deploymentConfiguration"
    }
    assert [deployment["id"] for deployment in after["deployments"]] == [before]
    cleared = ecs.update_service(cluster=cluster, service="web", placementConstraints=[], placementStrategy=[])["service"]
    assert (cleared["placementConstraints"], cleared["placementStrategy"]) == ([], [])


def test_another_definition_is_deployed_and_the_same_is_not(ecs, make, cluster, family):
    first = make()["deployments"][0]["id"]
    same = ecs.update_service(cluster=cluster, service="web", taskDefinition=f"{family}:1")["service"]
    assert same["deployments"][0]["id"] == first
    ecs.register_task_definition(family=family, networkMode="host", containerDefinitions=[CONTAINER | {"cpu": 64}])
    after = ecs.update_service(cluster=cluster, service="web", taskDefinition=family)["service"]
    assert after["taskDefinition"].endswith(f"{family}:2")
    assert after["deployments"][0]["id"] != first and after["deployments"][0]["status"] == "PRIMARY"


def test_deployment_by_force_has_a_new_revision_of_the_same(ecs, make, cluster):
    before = make()
    after = ecs.update_service(cluster=cluster, service="web", forceNewDeployment=True)["service"]
    assert after["taskDefinition"] == before["taskDefinition"]
    for member in ("currentServiceDeployment", "currentServiceRevisions"):
        assert after[member] != before[member]


def test_scaled_service_is_not_deleted_without_force(ecs, make, cluster, refused):
    make()
    assert refused(ecs.delete_service, cluster=cluster, service="web") == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )
    gone = ecs.delete_service(cluster=cluster, service="web", force=True)["service"]
    assert (gone["status"], gone["desiredCount"]) == ("DRAINING", 0)
    assert ecs.list_services(cluster=cluster)["serviceArns"] == []


def test_service_of_no_tasks_is_deleted(ecs, make, cluster):
    make(desiredCount=0)
    make("everywhere", schedulingStrategy="DAEMON", desiredCount=None)
    for service in ("web", "everywhere"):
        assert ecs.delete_service(cluster=cluster, service=service)["service"]["status"] == "DRAINING"


def test_cluster_counts_its_services_and_goes_after_them(ecs, make, cluster, refused):
    make()
    described = ecs.describe_clusters(clusters=[cluster], include=["STATISTICS"])["clusters"][0]
    assert described["activeServicesCount"] == 1
    statistics = {item["name"]: item["value"] for item in described["statistics"]}
    assert (statistics["activeEC2ServiceCount"], statistics["activeFargateServiceCount"]) == ("1", "0")
    assert refused(ecs.delete_cluster, cluster=cluster) == (
        "ClusterContainsServicesException",
        "The Cluster cannot be deleted while Services are active.",
    )
    ecs.delete_service(cluster=cluster, service="web", force=True)
    assert ecs.delete_cluster(cluster=cluster)["cluster"]["activeServicesCount"] == 0


def test_service_is_tagged_as_other_resources_are(ecs, make):
    arn = make(tags=[BLUE])["serviceArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "test"}])
    ecs.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "stage", "value": "test"}]


def test_service_that_others_deploy_has_no_deployment(ecs, make, cluster, family, refused):
    made = make(deploymentController={"type": "EXTERNAL"}, taskDefinition=None)
    assert (made["deployments"], made["taskSets"], "taskDefinition" in made) == ([], [], False)
    assert ecs.update_service(cluster=cluster, service="web", desiredCount=4)["service"]["desiredCount"] == 4
    code, text = refused(ecs.update_service, cluster=cluster, service="web", taskDefinition=family)
    assert code == "InvalidParameterException" and "Unable to update task definition on services" in text
    code, text = refused(
        ecs.create_service,
        cluster=cluster,
        serviceName="other",
        desiredCount=1,
        taskDefinition=family,
        deploymentController={"type": "EXTERNAL"},
    )
    assert code == "InvalidParameterException" and "taskDefinition cannot be given" in text


# What CreateService refuses: members, code, and a part of the text.
REFUSED = [
    ({"taskDefinition": "none"}, "InvalidParameterException", "TaskDefinition not found."),
    ({"taskDefinition": "a b"}, "ClientException", "Family contains invalid characters."),
    ({"taskDefinition": None}, "InvalidParameterException", "taskDefinition is required"),
    ({"desiredCount": None}, "InvalidParameterException", "desiredCount is required"),
    ({"desiredCount": -1}, "InvalidParameterException", "desiredCount must be 0 or more"),
    ({"service": "no name"}, "InvalidParameterException", "Service must match"),
    ({"schedulingStrategy": "DAEMON"}, "InvalidParameterException", "does not support a desired count"),
    (
        {"schedulingStrategy": "DAEMON", "desiredCount": None, "placementStrategy": [ZONES]},
        "InvalidParameterException",
        "does not support placement strategies",
    ),
    (
        {"schedulingStrategy": "DAEMON", "desiredCount": None, "deploymentController": {"type": "EXTERNAL"}},
        "InvalidParameterException",
        "EXTERNAL deployment controller",
    ),
    ({"deploymentController": {"type": "CODE_DEPLOY"}}, "UnsupportedFeatureException", "CODE_DEPLOY"),
    ({"launchType": "FARGATE"}, "InvalidParameterException", "does not support launch_type FARGATE"),
    ({"platformVersion": "LATEST"}, "InvalidParameterException", "platform version must be null"),
    (
        {"launchType": "EC2", "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
        "InvalidParameterException",
        "both a launch type and capacity provider strategy",
    ),
    (
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0"]}}},
        "InvalidParameterException",
        "not valid for the given networkMode",
    ),
    ({"role": "ecsServiceRole"}, "InvalidParameterException", "role"),
    ({"healthCheckGracePeriodSeconds": -1}, "InvalidParameterException", "healthCheckGracePeriodSeconds"),
    ({"placementConstraints": [{"type": "memberOf", "expression": "a ="}]}, "InvalidParameterException", "constraint"),
    ({"placementConstraints": [{"type": "distinctInstance"}] * 11}, "InvalidParameterException", "Too many"),
    ({"placementStrategy": [{"type": "binpack", "field": "disk"}]}, "InvalidParameterException", "strategy"),
    (
        {"deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 100}},
        "InvalidParameterException",
        "will block deployments",
    ),
    (
        {
            "deploymentConfiguration": {"minimumHealthyPercent": 0, "maximumPercent": 100},
            "availabilityZoneRebalancing": "ENABLED",
        },
        "InvalidParameterException",
        "maximumPercent of 100",
    ),
    ({"deploymentConfiguration": {"strategy": "BLUE_GREEN"}}, "UnsupportedFeatureException", "strategy BLUE_GREEN"),
    ({"loadBalancers": [{"containerPort": 80}]}, "UnsupportedFeatureException", "loadBalancers"),
    ({"serviceRegistries": [{"registryArn": "r"}]}, "UnsupportedFeatureException", "serviceRegistries"),
    ({"serviceConnectConfiguration": {"enabled": True}}, "UnsupportedFeatureException", "serviceConnectConfiguration"),
    ({"volumeConfigurations": [{"name": "v"}]}, "UnsupportedFeatureException", "volumeConfigurations"),
    ({"tags": [{"key": "aws:x", "value": ""}]}, "InvalidParameterException", "reserved"),
    ({"cluster": "no-such-cluster"}, "ClusterNotFoundException", "Cluster not found."),
]


@pytest.mark.parametrize("members, code, text", REFUSED)
def test_what_cannot_be_is_refused(ecs, cluster, family, refused, members, code, text):
    members = {"desiredCount": 1, "taskDefinition": family, "cluster": cluster} | members
    given = {key: value for key, value in members.items() if value is not None}
    said = refused(ecs.create_service, serviceName=given.pop("service", "web"), **given)
    assert said[0] == code and text in said[1], said


def test_switched_off_and_empty_ask_for_nothing(make):
    make(loadBalancers=[], serviceRegistries=[], serviceConnectConfiguration={"enabled": False}, volumeConfigurations=[])


def test_what_is_not_there_is_not_found(ecs, cluster, refused):
    for operation in (ecs.update_service, ecs.delete_service):
        assert refused(operation, cluster=cluster, service="absent") == ("ServiceNotFoundException", "Service not found.")
        assert refused(operation, cluster="absent", service="web")[0] == "ClusterNotFoundException"
    for operation, members in [
        (ecs.describe_services, {"services": ["web"]}),
        (ecs.list_services, {}),
    ]:
        assert refused(operation, cluster="absent", **members) == ("ClusterNotFoundException", "Cluster not found.")
    assert refused(ecs.list_tasks, cluster=cluster, serviceName="absent")[0] == "ServiceNotFoundException"


def test_deleted_service_does_not_change(ecs, make, cluster, refused):
    make()
    ecs.delete_service(cluster=cluster, service="web", force=True)
    assert refused(ecs.update_service, cluster=cluster, service="web", desiredCount=1) == (
        "ServiceNotActiveException",
        "Service was not ACTIVE.",
    )


def test_names_of_others_are_refused(ecs, cluster, refused):
    for service, text in {
        f"{ACCOUNT}:service/other/web": "Identifier is for cluster other",
        f"{ACCOUNT}:cluster/{cluster}": "is not a service",
        "no name": "Service must match",
    }.items():
        for operation in (ecs.update_service, ecs.delete_service):
            code, said = refused(operation, cluster=cluster, service=service)
            assert code == "InvalidParameterException" and text in said
    assert refused(ecs.describe_services, services=[])[1] == "Services cannot be empty."
    assert "maxResults" in refused(ecs.list_services, cluster=cluster, maxResults=101)[1]
    assert refused(ecs.describe_services, services=["x"] * 11)[1] == "service names can have at most 10 items."


@pytest.fixture
def fargate(ecs, berth, name):
    """A definition for Fargate, and a network for it."""
    family = name + "-fargate"
    container = {"name": "main", "image": "busybox"}
    ecs.register_task_definition(
        family=family,
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=[container],
    )
    subnets = berth.environment()["BERTH_SUBNETS"].split(",")
    return family, {"awsvpcConfiguration": {"subnets": subnets}}


def test_fargate_service_has_a_platform_and_a_network(berth, make, fargate):
    family, network = fargate
    made = make(taskDefinition=family, launchType="FARGATE", networkConfiguration=network)
    assert (made["launchType"], made["platformVersion"], made["platformFamily"]) == ("FARGATE", "LATEST", "Linux")
    shown = made["networkConfiguration"]["awsvpcConfiguration"]
    assert shown["subnets"] == network["awsvpcConfiguration"]["subnets"] and shown["assignPublicIp"] == "DISABLED"
    assert shown["securityGroups"] == [berth.environment()["BERTH_SECURITY_GROUP"]]
    assert made["deployments"][0]["networkConfiguration"] == made["networkConfiguration"]


def test_fargate_refuses_what_it_does_not_have(ecs, cluster, fargate, refused):
    family, network = fargate
    members = {"cluster": cluster, "serviceName": "web", "desiredCount": 1, "taskDefinition": family, "launchType": "FARGATE"}
    assert "Network Configuration must be provided" in refused(ecs.create_service, **members)[1]
    members["networkConfiguration"] = network
    assert refused(ecs.create_service, **members, platformVersion="0.9")[0] == "PlatformUnknownException"
    constraint = [{"type": "distinctInstance"}]
    assert "not supported with FARGATE" in refused(ecs.create_service, **members, placementConstraints=constraint)[1]
    daemon = members | {"schedulingStrategy": "DAEMON"}
    del daemon["desiredCount"]
    assert "FARGATE launch type" in refused(ecs.create_service, **daemon)[1]


def test_strategy_is_shown_instead_of_a_launch_type_and_changes_by_force(ecs, make, cluster, fargate, refused):
    ecs.put_cluster_capacity_providers(
        cluster=cluster, capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    family, network = fargate
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    made = make(taskDefinition=family, capacityProviderStrategy=spot, networkConfiguration=network)
    assert made["capacityProviderStrategy"] == spot and "launchType" not in made
    plain = [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]
    code, text = refused(ecs.update_service, cluster=cluster, service="web", capacityProviderStrategy=plain)
    assert code == "InvalidParameterException" and "you must force a new deployment" in text
    after = ecs.update_service(cluster=cluster, service="web", capacityProviderStrategy=plain, forceNewDeployment=True)
    assert after["service"]["capacityProviderStrategy"] == plain


def test_update_checks_what_it_changes(ecs, make, cluster, fargate, refused):
    make()
    family, _ = fargate
    for members, code in [
        ({"taskDefinition": "none"}, "InvalidParameterException"),
        ({"taskDefinition": "a b"}, "ClientException"),
        ({"taskDefinition": family}, "InvalidParameterException"),
        ({"desiredCount": -1}, "InvalidParameterException"),
        ({"placementConstraints": [{"type": "memberOf", "expression": "("}]}, "InvalidParameterException"),
        ({"loadBalancers": [{"containerPort": 80}]}, "UnsupportedFeatureException"),
        ({"deploymentController": {"type": "EXTERNAL"}}, "UnsupportedFeatureException"),
        ({"deploymentConfiguration": {"maximumPercent": 100}}, "InvalidParameterException"),
    ]:
        assert refused(ecs.update_service, cluster=cluster, service="web", **members)[0] == code, members


def test_platform_version_of_a_fargate_service_is_checked(ecs, make, cluster, fargate, refused):
    family, network = fargate
    make(taskDefinition=family, launchType="FARGATE", networkConfiguration=network)
    update = {"cluster": cluster, "service": "web"}
    assert refused(ecs.update_service, **update, platformVersion="0.9")[0] == "PlatformUnknownException"
    assert ecs.update_service(**update, platformVersion="1.4.0")["service"]["platformVersion"] == "1.4.0"


def test_there_are_no_namespaces(ecs, refused):
    code, text = refused(ecs.list_services_by_namespace, namespace="internal")
    assert (code, text) == ("NamespaceNotFoundException", "The namespace internal was not found.")
    assert refused(ecs.list_services_by_namespace, namespace="internal", maxResults=0)[0] == "InvalidParameterException"


def test_tasks_are_listed_by_service(ecs, make, cluster):
    make(desiredCount=0)
    Agent(ecs, cluster).register()
    assert ecs.list_tasks(cluster=cluster, serviceName="web")["taskArns"] == []
