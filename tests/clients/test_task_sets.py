"""Task sets of services that others deploy. Their clusters have no instances, so that nothing runs."""

import pytest

ACCOUNT = "arn:aws:ecs:us-east-1:000000000000"


@pytest.fixture
def service(ecs, cluster):
    """A service that others deploy, and that wants ten tasks."""
    call = {"cluster": cluster, "serviceName": "web", "desiredCount": 10, "deploymentController": {"type": "EXTERNAL"}}
    ecs.create_service(**call)
    return {"cluster": cluster, "service": "web"}


@pytest.fixture
def make(ecs, service, family):
    """Makes a task set of that service."""
    return lambda **members: ecs.create_task_set(**service, **{"taskDefinition": family} | members)["taskSet"]


def percent(value):
    return {"value": value, "unit": "PERCENT"}


def test_task_set_is_made_and_described(ecs, service, make, family):
    made = make(externalId="green", scale=percent(25.5), tags=[{"key": "team", "value": "blue"}])
    assert made["taskSetArn"] == f"{ACCOUNT}:task-set/{service['cluster']}/web/{made['id']}"
    assert made["id"].startswith("ecs-svc/") and made["status"] == "ACTIVE"
    assert (made["externalId"], made["scale"], made["computedDesiredCount"]) == ("green", percent(25.5), 3)
    assert (made["launchType"], made["runningCount"], made["stabilityStatus"]) == ("EC2", 0, "STABILIZING")
    assert made["taskDefinition"] == f"{ACCOUNT}:task-definition/{family}:1"
    tags = made.pop("tags")
    answer = ecs.describe_task_sets(**service)
    assert [one["id"] for one in answer["taskSets"]] == [made["id"]] and "tags" not in answer["taskSets"][0]
    assert ecs.describe_task_sets(**service, include=["TAGS"])["taskSets"][0]["tags"] == tags
    assert ecs.list_tags_for_resource(resourceArn=made["taskSetArn"])["tags"] == tags
    shown = ecs.describe_services(cluster=service["cluster"], services=["web"])["services"][0]
    assert [one["id"] for one in shown["taskSets"]] == [made["id"]]


def test_named_task_sets_are_described_or_missed(ecs, service, make):
    arn, other = make()["taskSetArn"], make()["id"]
    answer = ecs.describe_task_sets(**service, taskSets=[other, arn, "ecs-svc/0000000000000000000"])
    assert [one["taskSetArn"] for one in answer["taskSets"]][1] == arn and answer["taskSets"][0]["id"] == other
    assert answer["failures"] == [{"arn": "ecs-svc/0000000000000000000", "reason": "MISSING"}]


def test_same_token_makes_a_task_set_once(make, refused, ecs, service, family):
    first = make(clientToken="once")
    assert make(clientToken="once")["id"] == first["id"]
    code, _ = refused(ecs.create_task_set, **service, taskDefinition=family, clientToken="once", externalId="x")
    assert code == "InvalidParameterException"


def test_scale_of_a_task_set_changes(ecs, service, make):
    made = make()
    assert (made["scale"], made["computedDesiredCount"]) == (percent(0.0), 0)
    after = ecs.update_task_set(**service, taskSet=made["id"], scale=percent(100))["taskSet"]
    assert (after["scale"], after["computedDesiredCount"]) == (percent(100.0), 10)


def test_one_task_set_is_primary(ecs, service, make):
    blue, green = make()["id"], make()["id"]
    for chosen in (blue, green):
        told = ecs.update_service_primary_task_set(**service, primaryTaskSet=chosen)["taskSet"]
        assert (told["id"], told["status"]) == (chosen, "PRIMARY")
    statuses = {one["id"]: one["status"] for one in ecs.describe_task_sets(**service)["taskSets"]}
    assert statuses == {blue: "ACTIVE", green: "PRIMARY"}


def test_deleted_task_set_without_tasks_is_gone(ecs, service, make, refused):
    made = make(scale=percent(50))["id"]
    code, text = refused(ecs.delete_task_set, **service, taskSet=made)
    assert code == "InvalidParameterException" and "scaled above 0" in text
    assert ecs.delete_task_set(**service, taskSet=made, force=True)["taskSet"]["status"] == "DRAINING"
    assert ecs.describe_task_sets(**service)["taskSets"] == []
    primary = make()["id"]
    ecs.update_service_primary_task_set(**service, primaryTaskSet=primary)
    assert "primary" in refused(ecs.delete_task_set, **service, taskSet=primary)[1]


def test_service_goes_with_its_task_sets_by_force(ecs, service, make, refused):
    make()
    ecs.update_service(**service, desiredCount=0)
    assert "task sets" in refused(ecs.delete_service, **service)[1]
    assert ecs.delete_service(**service, force=True)["service"]["taskSets"] == []


def test_five_task_sets_are_the_most(ecs, service, make, family, refused):
    for _ in range(5):
        make()
    assert refused(ecs.create_task_set, **service, taskDefinition=family)[0] == "LimitExceededException"


ABSENT = "ecs-svc/0000000000000000000"
OPERATIONS = {
    "create_task_set": {"taskDefinition": "any"},
    "update_task_set": {"taskSet": ABSENT, "scale": percent(1)},
    "delete_task_set": {"taskSet": ABSENT},
    "describe_task_sets": {},
    "update_service_primary_task_set": {"primaryTaskSet": ABSENT},
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_not_there_is_not_found(ecs, service, refused, operation):
    call, members = getattr(ecs, operation), OPERATIONS[operation]
    cluster = service["cluster"]
    assert refused(call, cluster="absent", service="web", **members)[0] == "ClusterNotFoundException"
    assert refused(call, cluster=cluster, service="absent", **members)[0] == "ServiceNotFoundException"
    if {"taskSet", "primaryTaskSet"} & set(members):
        assert refused(call, **service, **members)[0] == "TaskSetNotFoundException"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_service_that_deploys_by_itself_has_no_task_sets(ecs, cluster, family, refused, operation):
    ecs.create_service(cluster=cluster, serviceName="own", desiredCount=0, taskDefinition=family)
    code, text = refused(getattr(ecs, operation), cluster=cluster, service="own", **OPERATIONS[operation])
    assert code == "InvalidParameterException" and "EXTERNAL deployment controller" in text
    ecs.delete_service(cluster=cluster, service="own")
    code, text = refused(getattr(ecs, operation), cluster=cluster, service="own", **OPERATIONS[operation])
    assert (code, text) == ("ServiceNotActiveException", "Service was not ACTIVE.")


def test_task_sets_that_cannot_be_are_refused(ecs, service, family, refused, berth, name):
    call = {**service, "taskDefinition": family}
    for members, code in [
        ({"taskDefinition": "none"}, "InvalidParameterException"),
        ({"taskDefinition": "a b"}, "ClientException"),
        ({"loadBalancers": [{"containerPort": 80}]}, "UnsupportedFeatureException"),
        ({"scale": percent(101)}, "InvalidParameterException"),
        ({"externalId": "x" * 256}, "InvalidParameterException"),
        ({"launchType": "FARGATE"}, "InvalidParameterException"),
    ]:
        assert refused(ecs.create_task_set, **call | members)[0] == code, members
    container = {"name": "main", "image": "busybox"}
    ecs.register_task_definition(
        family=name + "-fargate",
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=[container],
    )
    subnets = berth.environment()["BERTH_SUBNETS"].split(",")
    fargate = {
        "taskDefinition": name + "-fargate",
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}},
        "platformVersion": "0.9",
    }
    assert refused(ecs.create_task_set, **call | fargate)[0] == "PlatformUnknownException"
    fargate["platformVersion"] = "1.4.0"
    assert ecs.create_task_set(**call | fargate)["taskSet"]["platformVersion"] == "1.4.0"
