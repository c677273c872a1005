"""Capacity providers: named groups of nodes, and the two that every account has."""

import pytest

from agent import Agent

ACCOUNT = "arn:aws:ecs:us-east-1:000000000000"
GROUP = "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:1:autoScalingGroupName/blue"
BLUE = {"key": "team", "value": "blue"}


@pytest.fixture
def make(ecs):
    """Makes a provider."""

    def call(provider, group=GROUP, **members):
        settings = {"autoScalingGroupArn": group} | members.pop("settings", {})
        answer = ecs.create_capacity_provider(name=provider, autoScalingGroupProvider=settings, **members)
        return answer["capacityProvider"]

    return call


def in_group(provider):
    """What a node of the group registers with."""
    return [{"name": "berth.capacity-provider", "value": provider}]


def item(provider, weight=1, base=0):
    return {"capacityProvider": provider, "weight": weight, "base": base}


def use(ecs, cluster, *providers, default=()):
    return ecs.put_cluster_capacity_providers(
        cluster=cluster, capacityProviders=list(providers), defaultCapacityProviderStrategy=list(default)
    )["cluster"]


def test_provider_is_made_changed_and_deleted(ecs, make, name):
    made = make(name, tags=[BLUE], settings={"managedScaling": {"status": "ENABLED", "targetCapacity": 90}})
    assert made["capacityProviderArn"] == f"{ACCOUNT}:capacity-provider/{name}"
    assert (made["name"], made["status"], made["updateStatus"]) == (name, "ACTIVE", "CREATE_COMPLETE")
    assert (made["type"], made["tags"]) == ("EC2_AUTOSCALING", [BLUE])
    assert made["autoScalingGroupProvider"] == {
        "autoScalingGroupArn": GROUP,
        "managedScaling": {"status": "ENABLED", "targetCapacity": 90},
        "managedTerminationProtection": "DISABLED",
        "managedDraining": "ENABLED",
    }
    update = {"managedDraining": "DISABLED"}
    changed = ecs.update_capacity_provider(name=name, autoScalingGroupProvider=update)["capacityProvider"]
    assert changed["updateStatus"] == "UPDATE_COMPLETE"
    assert changed["autoScalingGroupProvider"] == made["autoScalingGroupProvider"] | update
    gone = ecs.delete_capacity_provider(capacityProvider=made["capacityProviderArn"])["capacityProvider"]
    assert (gone["status"], gone["updateStatus"]) == ("INACTIVE", "DELETE_COMPLETE")
    answer = ecs.describe_capacity_providers(capacityProviders=[name])
    assert answer["failures"] == [{"arn": name, "reason": "MISSING"}] and answer["capacityProviders"] == []


def test_providers_are_described(ecs, make, cluster, name):
    make(name, tags=[BLUE])
    use(ecs, cluster, name, "FARGATE")
    own, spot = ecs.describe_capacity_providers(capacityProviders=[name, "FARGATE_SPOT"], include=["TAGS"])["capacityProviders"]
    assert own["tags"] == [BLUE] and (spot["type"], spot["status"]) == ("FARGATE_SPOT", "ACTIVE")
    of_cluster = ecs.describe_capacity_providers(cluster=cluster)
    assert [provider["name"] for provider in of_cluster["capacityProviders"]] == ["FARGATE", name]
    assert of_cluster["capacityProviders"][1]["tags"] == []
    foreign = ecs.describe_capacity_providers(cluster=cluster, capacityProviders=["FARGATE_SPOT"])
    assert foreign["failures"][0]["reason"] == "MISSING"


def test_providers_are_described_in_pages(ecs, make, name):
    for number in range(3):
        make(f"{name}-{number}")
    listed, token = [], {}
    while True:
        page = ecs.describe_capacity_providers(maxResults=2, **token)
        listed += [provider["name"] for provider in page["capacityProviders"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert listed == sorted(listed) and {"FARGATE", "FARGATE_SPOT", f"{name}-0", f"{name}-2"} <= set(listed)


def test_provider_is_tagged_as_other_resources_are(ecs, make, name):
    arn = make(name)["capacityProviderArn"]
    ecs.tag_resource(resourceArn=arn, tags=[BLUE])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [BLUE]
    ecs.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == []


def test_tasks_go_to_the_group_of_their_provider(ecs, make, cluster, family, name):
    blue, green = f"{name}-blue", f"{name}-green"
    nodes = {}
    for provider in (blue, green):
        make(provider)
        nodes[provider] = Agent(ecs, cluster).register(attributes=in_group(provider))
        assert nodes[provider].describe()["capacityProviderName"] == provider
    Agent(ecs, cluster).register()
    use(ecs, cluster, blue, green, default=[item(blue)])
    strategy = [item(blue, 1), item(green, 2)]
    tasks = ecs.run_task(cluster=cluster, taskDefinition=family, count=6, capacityProviderStrategy=strategy)["tasks"]
    placed = [(task["capacityProviderName"], task["containerInstanceArn"]) for task in tasks]
    assert sorted(placed) == sorted([(blue, nodes[blue].instance)] * 2 + [(green, nodes[green].instance)] * 4)
    (task,) = ecs.run_task(cluster=cluster, taskDefinition=family)["tasks"]
    assert task["capacityProviderName"] == blue


def test_service_shows_its_strategy_and_keeps_its_provider_in_use(ecs, make, cluster, family, name, refused):
    make(name)
    use(ecs, cluster, name)
    service = {"cluster": cluster, "serviceName": "web", "taskDefinition": family, "desiredCount": 1}
    made = ecs.create_service(**service, capacityProviderStrategy=[item(name)])["service"]
    assert made["capacityProviderStrategy"] == [item(name)] and "launchType" not in made
    remove = {"cluster": cluster, "capacityProviders": [], "defaultCapacityProviderStrategy": []}
    assert refused(ecs.put_cluster_capacity_providers, **remove)[0] == "ResourceInUseException"
    ecs.delete_service(cluster=cluster, service="web", force=True)
    assert use(ecs, cluster)["capacityProviders"] == []


def test_provider_of_a_cluster_is_not_deleted(ecs, make, cluster, name, refused):
    make(name)
    use(ecs, cluster, name)
    code, text = refused(ecs.delete_capacity_provider, capacityProvider=name)
    assert code == "ClientException" and f"associated with cluster: {cluster}" in text
    use(ecs, cluster)
    ecs.delete_capacity_provider(capacityProvider=name)


def test_strategies_do_not_mix_fargate_with_groups(ecs, make, cluster, name, refused):
    make(name)
    use(ecs, cluster, name, "FARGATE")
    mixed = [item(name), item("FARGATE")]
    code, text = refused(ecs.run_task, cluster=cluster, taskDefinition="any", capacityProviderStrategy=mixed)
    assert code == "InvalidParameterException"
    members = {"cluster": cluster, "capacityProviders": [name, "FARGATE"], "defaultCapacityProviderStrategy": mixed}
    code, text = refused(ecs.put_cluster_capacity_providers, **members)
    assert code == "InvalidParameterException" and "cannot contain a mix" in text


SETTINGS = {"autoScalingGroupArn": GROUP}


@pytest.mark.parametrize(
    "members, code, text",
    [
        ({"name": "aws-mine"}, "InvalidParameterException", "aws"),
        ({"name": "Fargate2"}, "InvalidParameterException", "fargate"),
        ({"name": "no name"}, "InvalidParameterException", "name is invalid"),
        ({"autoScalingGroupProvider": {"autoScalingGroupArn": ""}}, "InvalidParameterException", "cannot be empty"),
        (
            {"autoScalingGroupProvider": SETTINGS | {"managedScaling": {"targetCapacity": 101}}},
            "InvalidParameterException",
            "targetCapacity",
        ),
        (
            {"autoScalingGroupProvider": SETTINGS | {"managedTerminationProtection": "ENABLED"}},
            "InvalidParameterException",
            "you must enable managed scaling",
        ),
        ({"cluster": "default"}, "InvalidParameterException", "managedInstancesProvider"),
    ],
)
def test_provider_that_cannot_be_is_refused(ecs, name, refused, members, code, text):
    said = refused(ecs.create_capacity_provider, **{"name": name, "autoScalingGroupProvider": SETTINGS} | members)
    assert said[0] == code and text in said[1], said


def test_what_is_there_or_is_not_is_refused(ecs, make, name, refused):
    make(name)
    code, text = refused(ecs.create_capacity_provider, name=name, autoScalingGroupProvider=SETTINGS)
    assert code == "ClientException" and "already exists" in text
    template = {"ec2InstanceProfileArn": "p", "networkConfiguration": {}}
    managed = {"infrastructureRoleArn": "r", "instanceLaunchTemplate": template}
    for operation in (ecs.create_capacity_provider, ecs.update_capacity_provider):
        assert refused(operation, name=name + "-m", managedInstancesProvider=managed)[0] == "UnsupportedFeatureException"
    for operation, member in [(ecs.update_capacity_provider, "name"), (ecs.delete_capacity_provider, "capacityProvider")]:
        code, text = refused(operation, **{member: "absent"})
        assert code == "InvalidParameterException" and "'absent' was not found" in text
    assert refused(ecs.delete_capacity_provider, capacityProvider="FARGATE")[0] == "ClientException"
    assert refused(ecs.describe_capacity_providers, cluster="absent")[0] == "ClusterNotFoundException"
    assert refused(ecs.describe_capacity_providers, maxResults=11)[0] == "InvalidParameterException"
